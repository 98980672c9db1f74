package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.ip.IpAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TunnelFilterDiffTest {

  private static final Example EXAMPLE = Example.vxlan().with(Example.peer(2), Example.peer(3));

  private final Machine machine = Machine.with("192.0.2.1/24");

  @Test
  void filterComesBeforeTheTunnelWithAllPeers() {
    List<StateChange> changes = machine.diff(machine.plan(EXAMPLE.snapshot()).desired());

    int tunnel =
        changes.indexOf(
            changes.stream()
                .filter(StateChange.CreateTunnel.class::isInstance)
                .findFirst()
                .orElseThrow());
    assertThat(changes.subList(0, tunnel))
        .contains(
            new StateChange.PutTunnelFilter(filter("192.0.2.2", "192.0.2.3"), Change.Action.ADDED));
  }

  @Test
  void peersComeBeforeTheirEntriesAndGoAfterThem() {
    machine.sync(EXAMPLE.snapshot());

    List<StateChange> changes =
        machine.diff(
            machine.plan(EXAMPLE.with(Example.peer(3), Example.peer(4)).snapshot()).desired());

    assertThat(changes.getFirst()).isEqualTo(new StateChange.AddTunnelPeers(ips("192.0.2.4")));
    assertThat(changes.getLast()).isEqualTo(new StateChange.RemoveTunnelPeers(ips("192.0.2.2")));
    assertThat(changes).allMatch(StateChange::concernsPeer);
  }

  @Test
  void anotherNetworkIsAnotherTableAtOnce() {
    machine.sync(EXAMPLE.snapshot());

    assertThat(diff(new TunnelFilter(8472, 7, ips("192.0.2.2"))))
        .containsExactly(
            new StateChange.PutTunnelFilter(
                new TunnelFilter(8472, 7, ips("192.0.2.2")), Change.Action.CHANGED));
  }

  @Test
  void ofATableThatCannotBeReadNothingIsSaid() {
    machine.filter = new TunnelFilterListing.Unreadable("no nf_tables");

    assertThat(diff(filter("192.0.2.2"))).isEmpty();
  }

  @Test
  void withoutATunnelAndWhereTheHostsFirewallIsUnmanagedThereIsNone() {
    machine.sync(EXAMPLE.snapshot());

    for (var snapshot :
        List.of(EXAMPLE.with(new Backend.HostGateway()).snapshot(), unfiltered(EXAMPLE))) {
      assertThat(machine.diff(machine.plan(snapshot).desired()))
          .contains(new StateChange.RemoveTunnelFilter());
    }
  }

  private static dev.tweed.dataplane.ClusterSnapshot unfiltered(Example example) {
    var snapshot = example.snapshot();
    NetworkParameters network = snapshot.network();
    return new dev.tweed.dataplane.ClusterSnapshot(
        new NetworkParameters(
            network.name(),
            network.backend(),
            network.mtu(),
            network.bridgeName(),
            network.hairpin(),
            network.masquerade(),
            network.podCidrs(),
            network.sysctls(),
            false,
            network.probes(),
            TranslatedAddresses.NONE,
            false),
        snapshot.self(),
        snapshot.peers());
  }

  @Test
  void whatIsRememberedLetsInAndShutsOutNobody() {
    machine.sync(EXAMPLE.snapshot());

    List<StateChange> changes =
        machine.diff(
            machine.plan(EXAMPLE.with(Example.peer(3), Example.peer(4)).remembered()).desired());

    assertThat(changes)
        .contains(new StateChange.AddTunnelPeers(ips("192.0.2.4")))
        .noneMatch(StateChange.RemoveTunnelPeers.class::isInstance);
  }

  @Test
  void peersThatAreRefusedAreNotLetIn() {
    Example example =
        EXAMPLE.with(
            Example.peer(2),
            new dev.tweed.dataplane.Peer(
                "n9",
                dev.tweed.ip.IpPrefix.parse("172.16.0.0/24"),
                List.of(Example.ip(9)),
                Example.mac(9)));

    assertThat(machine.plan(example.snapshot()).desired().tunnelFilter())
        .contains(filter("192.0.2.2"));
  }

  @Test
  void strangersAreToldAndNodesThatJoinedMeanwhileAreNone() {
    TunnelFilterListing listing =
        new TunnelFilterListing.Present(
            Machine.found(TunnelFilterCompiler.content(filter())),
            ips(),
            ips("192.0.2.2", "198.51.100.9", "198.51.100.10", "2001:db8::9", "2001:db8::8"),
            5);

    assertThat(
            TunnelStrangerPlanner.plan(
                Optional.of(filter("192.0.2.2")), listing, ips("203.0.113.1")))
        .get()
        .satisfies(
            finding -> {
              assertThat(finding.isBlocking()).isFalse();
              assertThat(finding.message())
                  .contains(
                      "came from 198.51.100.9, 198.51.100.10, 2001:db8::8 and others in the last",
                      "masquerade")
                  .doesNotContain("192.0.2.2");
            });
    assertThat(
            TunnelStrangerPlanner.plan(
                Optional.of(filter("192.0.2.2")),
                new TunnelFilterListing.Present(
                    Machine.found(TunnelFilterCompiler.content(filter())),
                    ips(),
                    ips("192.0.2.2"),
                    5),
                ips()))
        .isEmpty();
  }

  @Test
  void nodesThatHaveLeftAreNoStrangersForTenMinutes() {
    long minute = 60_000_000_000L;
    FormerPeers former = new FormerPeers();
    former.after(ips("192.0.2.2", "192.0.2.3"), 0);

    assertThat(former.after(ips("192.0.2.3"), minute)).isEqualTo(ips("192.0.2.2"));
    assertThat(former.after(ips("192.0.2.3"), 11 * minute)).isEqualTo(ips("192.0.2.2"));
    assertThat(former.after(ips("192.0.2.3"), 12 * minute)).isEmpty();
    former.after(ips(), 12 * minute);
    assertThat(former.after(ips("192.0.2.3"), 13 * minute)).isEmpty();

    assertThat(
            TunnelStrangerPlanner.plan(
                Optional.of(filter()),
                new TunnelFilterListing.Present(
                    Machine.found(TunnelFilterCompiler.content(filter())),
                    ips(),
                    ips("192.0.2.2"),
                    5),
                ips("192.0.2.2")))
        .isEmpty();
  }

  private List<StateChange> diff(TunnelFilter wanted) {
    TunnelFilterDiff diff = TunnelFilterDiff.between(Optional.of(wanted), machine.filter);
    return java.util.stream.Stream.of(diff.before(), diff.after())
        .flatMap(Optional::stream)
        .toList();
  }

  private static TunnelFilter filter(String... peers) {
    return new TunnelFilter(8472, 1, ips(peers));
  }

  private static Set<IpAddress> ips(String... addresses) {
    return Arrays.stream(addresses).map(IpAddress::parse).collect(Collectors.toSet());
  }
}
