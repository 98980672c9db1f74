package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.Condition;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkStatus.AddressConflict;
import dev.tweed.crds.testing.PodNetworkSpecs;
import dev.tweed.dataplane.Peer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotMapperTest {

  private final SnapshotMapper mapper = new SnapshotMapper(Views.OWN);

  @Test
  void oneNodePerPeerAndItself() {
    // Given three nodes with a block each
    Mapping mapping =
        mapper.map(
            new Views().network("default", Views.day(1)).subnet(1).subnet(3).subnet(2).view());

    // Then the snapshot has this node and its peers, oldest first
    Mapping.Program program = program(mapping);
    assertThat(program.snapshot().self().blocks())
        .extracting(Object::toString)
        .containsExactly("10.244.1.0/24");
    assertThat(blocks(program)).containsExactly("10.244.2.0/24", "10.244.3.0/24");
    assertThat(program.findings()).isEmpty();
  }

  @Test
  void aNodeThatIsToldASmallerMtuSendsNobodyLargerPackets() {
    // Given a node whose pods take more than those of most others, and one whose pods take less
    Views views = new Views().network("default", Views.day(1)).subnet(3);
    views.subnet(Views.subnet("own", Views.day(2), withMtu(1, 1450)));
    views.subnet(Views.subnet("small", Views.day(2), withMtu(2, 1400)));

    Mapping.Program program = program(mapper.map(views.view()));

    assertThat(program.snapshot().peers())
        .extracting(Peer::node, Peer::mtu)
        .containsExactlyInAnyOrder(tuple("n2", 1400), tuple("n3", 1450));
  }

  private static NodeSubnetSpec withMtu(int node, int mtu) {
    return new NodeSubnetSpec(
        "default",
        "n" + node,
        "u",
        "10.244." + node + ".0/24",
        List.of("192.0.2." + node),
        "02:00:00:00:00:0" + node,
        mtu);
  }

  @Test
  void aBadPeerIsSkippedAndTheOthersAreNot() {
    Views views = new Views().network("default", Views.day(1)).subnet(1).subnet(3);
    views.subnet(
        Views.subnet(
            "bad",
            Views.day(2),
            new NodeSubnetSpec(
                "default", "n2", "u", "10.244.2.1/24", List.of("192.0.2.2"), "02:00:00:00:00:02")));

    Mapping.Program program = program(mapper.map(views.view()));

    assertThat(blocks(program)).containsExactly("10.244.3.0/24");
    assertThat(program.findings())
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.reason()).isEqualTo("InvalidPeer");
              assertThat(f.object()).isEqualTo("NodeSubnet/bad");
              assertThat(f.blocking()).isFalse();
            });
  }

  private static SubnetRecord unaddressed(int node, int day) {
    return Views.subnet(
        "unaddressed",
        Views.day(day),
        new NodeSubnetSpec(
            "default",
            "n" + node,
            "u",
            "10.244." + node + ".0/24",
            List.of(),
            "02:00:00:00:00:0" + node));
  }

  @Test
  void ofAPeerWhoseAddressAnotherHasNothingIsSaid() {
    // Given one whose block somebody else claims, too
    Views views =
        new Views()
            .network("default", Views.day(1))
            .subnet(1)
            .subnet("default", 3, "10.244.2.0/25", Views.day(9));
    views.subnet(unaddressed(2, 2));

    Mapping.Program program = program(mapper.map(views.view()));

    // Then it is no peer, which is not this node's to tell, and its block is its own
    assertThat(blocks(program)).isEmpty();
    assertThat(program.findings())
        .extracting(NodeFinding::object)
        .containsExactly("NodeSubnet/default-10-244-2-0-25");
  }

  @Test
  void bothNodesThatClaimOneAddressAreToldAndNoOther() {
    PodNetworkSpec spec = Views.spec(LabelSelector.everything());
    ClusterView cluster = new Views().network("default", spec).subnet(1).subnet(2).subnet(3).view();
    ClusterView view =
        new ClusterView(
            true,
            List.of(
                new NetworkRecord(
                    "default",
                    "uid",
                    Views.day(1),
                    spec,
                    List.of(),
                    List.of(new AddressConflict("192.0.2.1", "n1", "n2", true)),
                    Optional.empty())),
            cluster.subnets(),
            List.of(),
            cluster.node());

    assertThat(program(new SnapshotMapper("n1").map(view)).findings())
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.reason()).isEqualTo("NodeAddressTaken");
              assertThat(f.blocking()).isFalse();
              assertThat(f.message()).startsWith("node n2 claims 192.0.2.1").contains("clones");
              assertThat(f.remedy()).contains("/etc/machine-id");
            });
    assertThat(program(new SnapshotMapper("n2").map(view)).findings())
        .singleElement()
        .satisfies(f -> assertThat(f.message()).contains("which node n1 had before"));
    assertThat(program(new SnapshotMapper("n3").map(view)).findings()).isEmpty();
  }

  @Test
  void aNodeWhoseAddressAnotherHasSaysWhatTheOperatorSays() {
    Views views =
        new Views()
            .network(
                "default",
                Views.day(1),
                LabelSelector.everything(),
                List.of(
                    new Condition(
                        "Allocated",
                        "False",
                        "NodeAddressTaken",
                        "n1 (192.0.2.2 is n2's)",
                        null,
                        null)))
            .subnet(2);
    views.subnet(unaddressed(1, 3));

    assertThat(mapper.map(views.view()))
        .isInstanceOfSatisfying(
            Mapping.Waiting.class,
            w ->
                assertThat(w.findings())
                    .singleElement()
                    .satisfies(
                        f -> {
                          assertThat(f.reason()).isEqualTo("NodeAddressTaken");
                          assertThat(f.blocking()).isTrue();
                          assertThat(f.message()).endsWith("n1 (192.0.2.2 is n2's)");
                          assertThat(f.remedy()).contains("--node-ip", "clone");
                        }));
  }

  @Test
  void theOldestOfTwoOverlappingClaimsWins() {
    // Given n3 younger than n2, with half of n2's block
    Views views =
        new Views()
            .network("default", Views.day(1))
            .subnet(1)
            .subnet("default", 3, "10.244.2.128/25", Views.day(9))
            .subnet("default", 2, "10.244.2.0/24", Views.day(8));

    assertThat(blocks(program(mapper.map(views.view())))).containsExactly("10.244.2.0/24");
  }

  @Test
  void aClaimOutsideThePoolsTakesNothingFromAnyone() {
    // Given the oldest claim of all, on everything
    Views views =
        new Views()
            .network("default", Views.day(2))
            .subnet("default", 9, "10.0.0.0/8", Views.day(1))
            .subnet(2)
            .subnet("default", 1, "10.244.1.0/24", Views.day(3));

    assertThat(blocks(program(mapper.map(views.view())))).containsExactly("10.244.2.0/24");
  }

  @Test
  void anOlderClaimOfAPeerBeatsOurOwn() {
    Views views =
        new Views()
            .network("default", Views.day(1))
            .subnet("default", 1, "10.244.1.0/24", Views.day(9))
            .subnet("default", 2, "10.244.0.0/20", Views.day(2));

    assertThat(mapper.map(views.view()))
        .isInstanceOfSatisfying(
            Mapping.Waiting.class,
            w ->
                assertThat(w.findings())
                    .extracting(NodeFinding::message)
                    .singleElement()
                    .isEqualTo(
                        "skipped: spec.cidr 10.244.1.0/24 overlaps an older NodeSubnet of node n2"));
  }

  @Test
  void ofTwoBlocksOfOneFamilyANodeKeepsTheOldest() {
    Views views =
        new Views()
            .network("default", Views.day(1))
            .subnet("default", 1, "10.244.7.0/24", Views.day(9))
            .subnet(1)
            .subnet(2)
            .subnet("default", 2, "10.244.8.0/24", Views.day(9));

    Mapping.Program program = program(mapper.map(views.view()));

    assertThat(program.snapshot().self().blocks())
        .extracting(Object::toString)
        .containsExactly("10.244.1.0/24");
    assertThat(blocks(program)).containsExactly("10.244.2.0/24");
  }

  @Test
  void peersOfOtherNetworksAreNoneOfOurs() {
    Views views =
        new Views()
            .network("default", Views.day(1))
            .network("other", Views.day(2))
            .subnet(1)
            .subnet("other", 2, "10.99.2.0/24", Views.day(2));

    assertThat(blocks(program(mapper.map(views.view())))).isEmpty();
  }

  @Test
  void aNodeNobodySelectsHasNothingToDo() {
    Views views =
        new Views()
            .network(
                "default",
                Views.day(1),
                new LabelSelector(Map.of("zone", "b"), List.of()),
                List.of());

    assertThat(mapper.map(views.view()))
        .isEqualTo(new Mapping.Nothing("no PodNetwork selects this node"));
  }

  @Test
  void withoutAnyNetworkThereIsNothingToDo() {
    assertThat(mapper.map(new Views().view()))
        .isEqualTo(new Mapping.Nothing("there is no PodNetwork"));
  }

  @Test
  void aSelectedNodeWithoutSubnetSaysWhatTheOperatorSays() {
    Views views =
        new Views()
            .network(
                "default",
                Views.day(1),
                LabelSelector.everything(),
                List.of(
                    new Condition(
                        "Allocated", "False", "PoolExhausted", "1 node waits", null, null)));

    assertThat(mapper.map(views.view()))
        .isInstanceOfSatisfying(
            Mapping.Waiting.class,
            w ->
                assertThat(w.findings())
                    .singleElement()
                    .satisfies(
                        f -> {
                          assertThat(f.reason()).isEqualTo("WaitingForSubnet");
                          assertThat(f.message()).endsWith("yet: PoolExhausted, 1 node waits");
                        }));
  }

  @Test
  void anUnregisteredNodeWaits() {
    Views views = new Views().network("default", Views.day(1)).withoutNode();

    assertThat(mapper.map(views.view())).isInstanceOf(Mapping.Waiting.class);
  }

  @Test
  void aNetworkThatIsGoneLeavesTheNodeAsItIs() {
    assertThat(mapper.map(new Views().subnet(1).view())).isInstanceOf(Mapping.Waiting.class);
  }

  @Test
  void aNetworkThatCannotBeUsedNamesTheField() {
    PodNetworkSpec spec = PodNetworkSpecs.of("10.244.0.0/33");
    Views views = new Views().network("default", spec).subnet(1);

    assertThat(mapper.map(views.view()))
        .isInstanceOfSatisfying(
            Mapping.Waiting.class,
            w -> {
              assertThat(w.findings())
                  .extracting(NodeFinding::reason)
                  .containsExactly("InvalidPodNetwork");
              assertThat(w.findings().getFirst().message())
                  .startsWith("spec.pools[].cidr '10.244.0.0/33'");
            });
  }

  @ParameterizedTest
  @CsvSource({"Enabled, true", "Disabled, false", ", true"})
  void probesAreWantedUnlessDisabled(PodNetworkSpec.Probes setting, boolean wanted) {
    // Given
    PodNetworkSpec spec =
        PodNetworkSpecs.with(PodNetworkSpecs.of("10.244.0.0/16"), "probes", setting);

    // When
    Mapping.Program program =
        program(mapper.map(new Views().network("default", spec).subnet(1).view()));

    // Then
    assertThat(program.snapshot().network().probes()).isEqualTo(wanted);
  }

  @ParameterizedTest
  @CsvSource({"Auto, true", "Unmanaged, false", ", true"})
  void theTunnelIsFilteredUnlessTheHostsFirewallIsUnmanaged(
      PodNetworkSpec.HostFirewall setting, boolean filtered) {
    PodNetworkSpec spec =
        PodNetworkSpecs.with(PodNetworkSpecs.of("10.244.0.0/16"), "hostFirewall", setting);

    Mapping.Program program =
        program(mapper.map(new Views().network("default", spec).subnet(1).view()));

    assertThat(program.snapshot().network().tunnelFiltered()).isEqualTo(filtered);
  }

  @Test
  void aNetworkThatCannotBeReadStopsItsOwnNodesOnly() {
    NetworkRecord unreadable =
        new NetworkRecord(
            "later",
            "uid",
            Views.day(1),
            Views.spec(null),
            List.of(),
            Optional.of("spec.x is new"));
    ClusterView view = new Views().network("default", Views.day(1)).subnet(1).view();

    // Of another's network it is worth knowing
    assertThat(program(mapper.map(unreadable(view, unreadable))).findings())
        .singleElement()
        .returns("InvalidPodNetwork", NodeFinding::reason)
        .returns(false, NodeFinding::blocking);

    // The own one is what the node waits for, and keeps what it has
    ClusterView own = new Views().subnet("later", 1, "10.99.1.0/24", Views.day(1)).view();
    assertThat(mapper.map(unreadable(own, unreadable)))
        .isInstanceOfSatisfying(
            Mapping.Waiting.class,
            w ->
                assertThat(w.findings())
                    .singleElement()
                    .returns(true, NodeFinding::blocking)
                    .satisfies(f -> assertThat(f.message()).contains("spec.x is new")));
  }

  private static ClusterView unreadable(ClusterView view, NetworkRecord network) {
    return new ClusterView(
        true,
        view.networks(),
        view.subnets(),
        view.policies(),
        view.node(),
        new ClusterView.Gaps(
            List.of(network), ClusterView.Listing.RECEIVED, ClusterView.Listing.RECEIVED));
  }

  @Test
  void aNodeThatItsNetworkDoesNotSelectLeaves() {
    ClusterView stays = new Views().network("default", Views.day(1)).subnet(1).view();
    ClusterView leaves =
        new Views()
            .network(
                "default",
                Views.day(1),
                new LabelSelector(Map.of("zone", "b"), List.of()),
                List.of())
            .subnet(1)
            .view();

    assertThat(program(mapper.map(stays)).leaving()).isEmpty();
    assertThat(program(mapper.map(leaves)).leaving())
        .hasValue("PodNetwork default does not select this node any more");

    // Of a node whose labels are not known nobody can tell
    assertThat(
            program(
                    mapper.map(
                        new ClusterView(
                            true,
                            leaves.networks(),
                            leaves.subnets(),
                            List.of(),
                            Optional.empty(),
                            new ClusterView.Gaps(
                                List.of(),
                                ClusterView.Listing.RECEIVED,
                                ClusterView.Listing.AWAITED))))
                .leaving())
        .isEmpty();
  }

  @Property(tries = 100)
  void theOrderOfWatchEventsDoesNotMatter(@ForAll Random random) {
    // Given claims of which many clash
    Views views = new Views().network("default", Views.day(1)).subnet(1);
    for (int i = 2; i < 12; i++) {
      views.subnet("default", i, "10.244." + (i / 2 * 2) + ".0/" + (23 + i % 2), Views.day(i));
    }
    ClusterView view = views.view();
    List<SubnetRecord> shuffled = new ArrayList<>(view.subnets());
    Collections.shuffle(shuffled, random);

    // Then every order gives the same answer
    assertThat(mapper.map(new ClusterView(true, view.networks(), shuffled, List.of(), view.node())))
        .isEqualTo(mapper.map(view));
  }

  private static Mapping.Program program(Mapping mapping) {
    assertThat(mapping).isInstanceOf(Mapping.Program.class);
    return (Mapping.Program) mapping;
  }

  private static List<String> blocks(Mapping.Program program) {
    return program.snapshot().peers().stream().map(Peer::block).map(Object::toString).toList();
  }
}
