package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.DataPathDigest;
import dev.tweed.operator.policy.DataPathDigest.Observed;
import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReportDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeChoresTest {
  private static final NodeFacts NODE = TestCluster.facts("n1", "now");
  private static final NetworkFacts SELECTS = network(PodNetworkSpec.ofPools(List.of()), false);
  private static final NetworkFacts GOES = network(PodNetworkSpec.ofPools(List.of()), true);

  private static SubnetFacts subnet(String uid, String cidr, String nodeUID) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setUid(uid);
    subnet.getMetadata().setGeneration(2L);
    subnet.setSpec(new NodeSubnetSpec("default", "n1", nodeUID, cidr, List.of("192.0.2.1"), null));
    return Facts.of(subnet);
  }

  /** Its firewall blocks, and the data path is in place. */
  private static ReportDigest programmed(String owner, Observed... about) {
    return report(
        owner, new DataPathDigest(false, true, "HostFirewallBlocks", 1450, List.of(about)));
  }

  private static ReportDigest report(String owner, DataPathDigest dataPath) {
    return new ReportDigest(
        owner, List.of(), dataPath, List.of(), 0, ReachDigest.NONE, "", List.of());
  }

  private static List<NodeFacts> networkUp(ReportDigest report, SubnetFacts... subnets) {
    return plan(NodeNetwork.NOT_YET, List.of(SELECTS), report, subnets).networkUp();
  }

  private static NodeChores plan(
      NodeNetwork connection,
      List<NetworkFacts> networks,
      ReportDigest report,
      SubnetFacts... subnets) {
    return plan(new NodeConnection(connection, "boot-2"), networks, report, subnets);
  }

  private static NodeChores plan(
      NodeConnection connection,
      List<NetworkFacts> networks,
      ReportDigest report,
      SubnetFacts... subnets) {
    return NodeChores.plan(
        new ClusterView(
            networks,
            List.of(NODE),
            Map.of(NODE.name(), connection),
            Arrays.asList(subnets),
            List.of(),
            Map.of("n1", report),
            List.of(),
            Map.of()));
  }

  @Test
  void whatWasSaidBeforeTheNodeWasBootedDoesNotConnectIt() {
    SubnetFacts block = subnet("uid", "10.244.1.0/24", "now");
    ReportDigest before = ofBoot("boot-1");
    ReportDigest after = ofBoot("boot-2");

    // A node that was up is no more, until its daemon has said so again
    assertThat(plan(NodeNetwork.UP, List.of(SELECTS), before, block).networkRebooted())
        .containsExactly(NODE);
    assertThat(plan(NodeNetwork.NOT_YET, List.of(SELECTS), before, block).networkUp()).isEmpty();
    assertThat(plan(NodeNetwork.NOT_YET, List.of(SELECTS), after, block).networkUp())
        .containsExactly(NODE);
    assertThat(plan(NodeNetwork.UP, List.of(SELECTS), after, block).networkRebooted()).isEmpty();

    // Who does not tell a boot is believed, and what others say stands
    assertThat(plan(NodeNetwork.UP, List.of(SELECTS), ofBoot(""), block).networkRebooted())
        .isEmpty();
    assertThat(
            plan(new NodeConnection(NodeNetwork.UP, ""), List.of(SELECTS), before, block)
                .networkRebooted())
        .isEmpty();
    assertThat(plan(NodeNetwork.AVAILABLE, List.of(SELECTS), before, block).networkRebooted())
        .isEmpty();
  }

  private static ReportDigest ofBoot(String id) {
    ReportDigest report = programmed("now", new Observed("uid", 2));
    return new ReportDigest(
        report.owner(),
        report.blocks(),
        report.dataPath(),
        List.of(),
        0,
        ReachDigest.NONE,
        id,
        List.of());
  }

  private static SubnetFacts released(SubnetFacts subnet) {
    return new SubnetFacts(
        subnet.name(),
        subnet.uid(),
        subnet.version(),
        subnet.generation(),
        subnet.created(),
        subnet.spec(),
        subnet.labels(),
        Optional.of(Instant.EPOCH),
        subnet.deleting(),
        subnet.unread());
  }

  private static NetworkFacts network(PodNetworkSpec spec, boolean deleting) {
    return new NetworkFacts("default", "uid", 1, Instant.EPOCH, deleting, false, spec, List.of());
  }

  @Test
  void aNodeThatNoPodNetworkSelectsAnyMoreGetsNoNewPods() {
    SubnetFacts block = subnet("uid", "10.244.1.0/24", "now");
    ReportDigest report = programmed("now", new Observed("uid", 2));

    // One that stays stays up, and so does one whose NodeSubnet was lost for a moment
    assertThat(plan(NodeNetwork.UP, List.of(SELECTS), report, block).networkLeaving()).isEmpty();
    assertThat(plan(NodeNetwork.UP, List.of(SELECTS), report).networkLeaving()).isEmpty();

    // One that has left, or whose network is gone or going, does not
    assertThat(plan(NodeNetwork.UP, List.of(), report, released(block)).networkLeaving())
        .containsExactly(NODE);
    assertThat(plan(NodeNetwork.UP, List.of(), report).networkLeaving()).containsExactly(NODE);
    assertThat(plan(NodeNetwork.UP, List.of(GOES), report).networkLeaving()).containsExactly(NODE);

    // What somebody else says stands
    assertThat(plan(NodeNetwork.AVAILABLE, List.of(), report).networkLeaving()).isEmpty();

    // And its daemon's word, which is of its running pods, does not bring it back
    NodeChores leaving = plan(NodeNetwork.LEAVING, List.of(), report, released(block));
    assertThat(leaving.networkUp()).isEmpty();
    assertThat(leaving.networkLeft()).isEmpty();

    // But that it is selected again does
    assertThat(plan(NodeNetwork.LEAVING, List.of(SELECTS), report, block).networkUp())
        .containsExactly(NODE);
  }

  @Test
  void whenTheNodeHasNothingOfOursAnyMoreNothingIsSaidOfIt() {
    ReportDigest serving =
        new ReportDigest(
            "now",
            List.of("10.244.1.0/24"),
            DataPathDigest.NONE,
            List.of(),
            0,
            ReachDigest.NONE,
            "",
            List.of());

    assertThat(plan(NodeNetwork.LEAVING, List.of(), serving).networkLeft()).isEmpty();
    assertThat(plan(NodeNetwork.LEAVING, List.of(), programmed("now")).networkLeft())
        .containsExactly(NODE);
    assertThat(plan(NodeNetwork.LEAVING, List.of(), programmed("before")).networkLeft()).isEmpty();
  }

  @Test
  void aNodeIsConnectedWhenItsDaemonSaysSoOfTheNodeSubnetsThereAre() {
    SubnetFacts v4 = subnet("uid-4", "10.244.1.0/24", "now");
    SubnetFacts v6 = subnet("uid-6", "fd00::/64", "now");
    Observed ofV4 = new Observed("uid-4", 2);

    assertThat(networkUp(programmed("now", ofV4), v4)).containsExactly(NODE);
    assertThat(networkUp(programmed("now", ofV4, new Observed("uid-6", 3)), v4, v6))
        .containsExactly(NODE);

    // Not of an earlier spec, of an earlier object of the name, of one of two, or of none
    assertThat(networkUp(programmed("now", new Observed("uid-4", 1)), v4)).isEmpty();
    assertThat(networkUp(programmed("now", new Observed("before", 2)), v4)).isEmpty();
    assertThat(networkUp(programmed("now", ofV4), v4, v6)).isEmpty();
    assertThat(networkUp(programmed("now", ofV4))).isEmpty();
    assertThat(networkUp(programmed("now"), v4)).isEmpty();
    assertThat(networkUp(report("now", new DataPathDigest(false, false, "", 0, List.of(ofV4))), v4))
        .isEmpty();
  }

  @Test
  void whatTheDaemonOfTheNodeBeforeSaidDoesNotConnectTheOneOfThatNameNow() {
    Observed about = new Observed("uid", 2);

    // The block is still that of the Node before, or the report is
    assertThat(networkUp(programmed("before", about), subnet("uid", "10.244.1.0/24", "before")))
        .isEmpty();
    assertThat(networkUp(programmed("now", about), subnet("uid", "10.244.1.0/24", "before")))
        .isEmpty();
    assertThat(networkUp(programmed("before", about), subnet("uid", "10.244.1.0/24", "now")))
        .isEmpty();
  }
}
