package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.EventFilter;
import dev.tweed.dataplane.plan.HostRoutes;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.NodeFacts;
import dev.tweed.dataplane.plan.NodeStatePlanner;
import dev.tweed.dataplane.plan.Plan;
import dev.tweed.dataplane.plan.ProbeFacts;
import dev.tweed.dataplane.plan.ProbeState;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.socket.NfTablesSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriftDetectorTest {

  private static final int OWN_PORT = 5;
  private static final int OWN_NF_PORT = 7;
  private static final Marks MARKS = new Marks("tweed:", new RouteProtocol(116));

  /** Netlink protocols number their ports by themselves: another's may be that of our routes. */
  @ParameterizedTest
  @CsvSource({"5, true", "7, false", "0, true"})
  void ownChangesOfTheFilterAreToldByThePortOfTheirSocket(int port, boolean news) {
    DriftDetector lookout = lookout();

    assertThat(
            lookout.isNews(
                new NetlinkEvent.NftablesChanged(
                    Set.of(new NetlinkEvent.NftPlace("tweed-tunnel", "")), 0, "", port)))
        .isEqualTo(news);
  }

  private static DriftDetector lookout() {
    DriftDetector lookout =
        new DriftDetector(
            OWN_PORT,
            () -> OWN_NF_PORT,
            new RulesReader(new NftReader(new NfTablesSocket())),
            new BridgePorts(),
            new RouteNews(),
            new WayCache(address -> Optional.empty(), () -> 0));
    ClusterSnapshot snapshot = Example.vxlan().snapshot();
    NodeFacts facts =
        new NodeFacts(List.of(), List.of(), Map.of(), ProbeFacts.NONE, HostRoutes.NONE);
    Plan plan = new NodeStatePlanner(MARKS).plan(snapshot, facts, Set.of());
    lookout.lookFor(
        new EventFilter(MARKS, snapshot, plan, List.of()),
        List.of(),
        new ActualState(
            List.of(),
            List.of(),
            Map.of(),
            Map.of(),
            List.of(),
            List.of(),
            new ProbeState(List.of(), List.of(), Set.of(), List.of(), List.of()),
            Map.of(),
            new NftListing.Absent(),
            new TunnelFilterListing.Absent()),
        -1);
    return lookout;
  }
}
