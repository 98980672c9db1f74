package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.NOW;
import static dev.tweed.operator.allocation.Fixtures.apply;
import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkSpec.NodeAddress;
import dev.tweed.crds.PodNetworkSpec.UnderlayFamily;
import dev.tweed.crds.testing.PodNetworkSpecs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class NodeAddressPlannerTest {
  private static final NodeAddress ANY = rule(List.of(), List.of(), UnderlayFamily.Any);

  private static NodeAddress rule(
      List<String> cidrs, List<String> interfaces, UnderlayFamily family) {
    return new NodeAddress(cidrs, interfaces, family);
  }

  private static NetworkFacts network(NodeAddress rule) {
    return Fixtures.network(
        "default",
        100,
        PodNetworkSpecs.with(PodNetworkSpecs.of("10.244.0.0/16"), "nodeAddress", rule));
  }

  /** Of Nodes the lower number is the older one. */
  private static NodeFacts machine(int number, String annotation, String machine, String... ips) {
    return new NodeFacts(
        "n" + number,
        "uid-n" + number,
        NOW.minusSeconds(1000 - number),
        Map.of(),
        NodeAddresses.of(List.of(ips), Optional.of(annotation)),
        List.of(),
        machine,
        0);
  }

  private static NodeFacts node(int number, String... ips) {
    return machine(number, "", "", ips);
  }

  private static AllocationInput cluster(NodeAddress rule, NodeFacts... nodes) {
    AllocationInput in = input(List.of(network(rule)), List.of(nodes), List.of());
    return apply(in, AllocationPlanner.plan(in));
  }

  private static AllocationInput later(AllocationInput in, NodeFacts... nodes) {
    AllocationInput next = with(in, List.of(nodes));
    return apply(next, AllocationPlanner.plan(next));
  }

  private static Map<String, List<String>> addresses(AllocationInput in) {
    return in.subnets().stream()
        .collect(Collectors.toMap(s -> s.spec().nodeName(), s -> s.spec().nodeIPs()));
  }

  private static String shortfall(AllocationInput in, Shortfall shortfall) {
    return AllocationPlanner.plan(in).networks().get("default").nodes(shortfall).toString();
  }

  @Test
  void theAddressOfANodeThatIsGoneIsFreeAtOnce() {
    // Given a node that goes, and one that has its address
    AllocationInput before = cluster(ANY, node(1, "192.0.2.1"), node(2, "192.0.2.2"));

    AllocationInput after = later(before, node(2, "192.0.2.2"), node(3, "192.0.2.1"));

    // Then the block that waits for the old one tells it no more
    assertThat(addresses(after))
        .containsEntry("n1", List.of())
        .containsEntry("n3", List.of("192.0.2.1"));
    assertThat(AllocationPlanner.plan(after).conflicts()).isEmpty();
  }

  @Test
  void aNodeThatIsGoneKeepsAnAddressThatNobodyElseHas() {
    AllocationInput before = cluster(ANY, node(1, "192.0.2.1"), node(2, "192.0.2.2"));

    assertThat(addresses(later(before, node(2, "192.0.2.2"))))
        .containsEntry("n1", List.of("192.0.2.1"));
  }

  @Test
  void ofTwoThatLiveTheOlderNodeGetsIt() {
    AllocationInput in = cluster(ANY, node(2, "192.0.2.1"), node(1, "192.0.2.1"));

    assertThat(addresses(in)).containsOnlyKeys("n1");
    assertThat(shortfall(in, Shortfall.NodeAddressTaken)).isEqualTo("n2 (192.0.2.1 is n1's)");
    assertThat(AllocationPlanner.plan(in).conflicts())
        .singleElement()
        .satisfies(
            c -> {
              assertThat(c.toNode()).contains("192.0.2.1", "node n1", "--node-ip", "virtual IP");
              assertThat(c.toHolder()).contains("node n2", "keeps it", "--node-ip");
            });
  }

  @Test
  void clonesAreNamedAsWhatTheyAre() {
    AllocationInput in =
        cluster(ANY, machine(1, "", "abc", "192.0.2.1"), machine(2, "", "abc", "192.0.2.1"));

    assertThat(shortfall(in, Shortfall.NodeAddressTaken))
        .isEqualTo("n2 (192.0.2.1 is n1's, and both are clones of one machine: machine ID abc)");
    assertThat(AllocationPlanner.plan(in).conflicts().getFirst().toHolder())
        .contains("clones of one machine", "systemd-machine-id-setup");
  }

  @Test
  void aVirtualAddressThatMovesOverCutsNobody() {
    // Given a node that took a virtual IP for its own, and an older one to which that moves
    AllocationInput before = cluster(ANY, node(1, "192.0.2.1"), node(2, "192.0.2.100"));

    AllocationInput after = later(before, node(1, "192.0.2.100"), node(2, "192.0.2.100"));

    // Then both are reached as before, and who claims it now is told
    assertThat(addresses(after)).isEqualTo(addresses(before));
    assertThat(shortfall(after, Shortfall.NodeAddressTaken)).isEqualTo("n1 (192.0.2.100 is n2's)");
    assertThat(AllocationPlanner.plan(after).networks().get("default").allocated()).isEqualTo(2);
  }

  @Test
  void twoThatHaveOneAddressAreParted() {
    // Given NodeSubnets of an earlier version, the younger Node's older than the other's
    AllocationInput in =
        input(
            List.of(network(ANY)),
            List.of(node(1, "192.0.2.1"), node(2, "192.0.2.1")),
            List.of(
                Fixtures.subnet("default", "n1", "10.244.1.0/24", 10),
                Fixtures.subnet("default", "n2", "10.244.2.0/24", 20)));

    AllocationInput after = apply(in, AllocationPlanner.plan(in));

    // Then who had it first keeps it, as daemons decide, and of the other nobody knows it
    assertThat(addresses(after))
        .containsEntry("n1", List.of())
        .containsEntry("n2", List.of("192.0.2.1"));
    assertThat(AllocationPlanner.plan(after).networks().get("default").allocated()).isEqualTo(1);
    assertThat(AllocationPlanner.plan(after).isEmpty()).isTrue();
  }

  @Test
  void otherNetworksMayHaveTheSameAddresses() {
    NetworkFacts other =
        Fixtures.network(
            "other",
            50,
            Fixtures.spec(
                PodNetworkSpec.Allocation.Operator,
                new dev.tweed.crds.LabelSelector(Map.of("site", "b"), null),
                pool("10.245.0.0/16", 24)));
    NetworkFacts first =
        Fixtures.network(
            "default",
            100,
            Fixtures.spec(
                PodNetworkSpec.Allocation.Operator,
                new dev.tweed.crds.LabelSelector(Map.of("site", "a"), null),
                pool("10.244.0.0/16", 24)));
    NodeFacts a =
        Fixtures.facts("a", "a", NOW, Map.of("site", "a"), List.of("192.168.1.1"), List.of());
    NodeFacts b =
        Fixtures.facts("b", "b", NOW, Map.of("site", "b"), List.of("192.168.1.1"), List.of());

    AllocationPlan plan =
        AllocationPlanner.plan(input(List.of(first, other), List.of(a, b), List.of()));

    assertThat(plan.claims()).hasSize(2);
    assertThat(plan.conflicts()).isEmpty();
  }

  @Test
  void theKubeletsOrderMovesNothing() {
    AllocationInput before = cluster(ANY, node(1, "192.0.2.1", "198.51.100.1"));

    AllocationInput flipped = with(before, List.of(node(1, "198.51.100.1", "192.0.2.1")));

    assertThat(AllocationPlanner.plan(flipped).isEmpty()).isTrue();
    assertThat(addresses(later(before, node(1, "198.51.100.1"))))
        .containsEntry("n1", List.of("198.51.100.1"));
  }

  @Test
  void theFirstRangeIsPreferred() {
    NodeAddress rule =
        rule(List.of("198.51.100.0/24", "192.0.2.0/24"), List.of(), UnderlayFamily.Any);

    AllocationInput in =
        cluster(rule, node(1, "192.0.2.1", "198.51.100.1"), node(2, "192.0.2.2", "203.0.113.2"));

    assertThat(addresses(in))
        .containsEntry("n1", List.of("198.51.100.1"))
        .containsEntry("n2", List.of("192.0.2.2"));
    // And a better one is taken as soon as it is there
    assertThat(addresses(later(in, node(2, "192.0.2.2", "198.51.100.2"))))
        .containsEntry("n2", List.of("198.51.100.2"));
  }

  @Test
  void addressesOutsideTheRangesAreRefused() {
    NodeAddress rule = rule(List.of("198.51.100.0/24"), List.of(), UnderlayFamily.Any);

    AllocationInput in = cluster(rule, node(1, "192.0.2.1"), node(2, "198.51.100.2"));

    assertThat(addresses(in)).containsOnlyKeys("n2");
    assertThat(shortfall(in, Shortfall.NodeAddressRefused)).isEqualTo("n1 (192.0.2.1)");
    // A node that is reached already goes on being reached where it was
    assertThat(addresses(later(in, node(2, "192.0.2.2"))))
        .containsEntry("n2", List.of("198.51.100.2"));
  }

  @Test
  void anAnnotationCountsInsideTheRangesOnly() {
    NodeAddress rule =
        rule(List.of("203.0.113.0/24", "10.0.0.0/24"), List.of("eth0"), UnderlayFamily.Any);

    AllocationInput in =
        cluster(
            rule,
            machine(1, "203.0.113.1", "", "10.0.0.1"),
            machine(2, "198.51.100.2", "", "10.0.0.2"),
            machine(3, "no address", "", "10.0.0.3"));

    assertThat(addresses(in)).containsExactly(Map.entry("n1", List.of("203.0.113.1")));
    assertThat(shortfall(in, Shortfall.NodeAddressRefused))
        .isEqualTo("n2 (annotation 198.51.100.2), n3 (annotation no address)");
  }

  @Test
  void withoutRangesAnAnnotationIsRefusedAndChangesNothing() {
    AllocationInput in = cluster(ANY, machine(1, "203.0.113.1", "", "192.0.2.1"));

    assertThat(addresses(in)).containsEntry("n1", List.of("192.0.2.1"));
    assertThat(shortfall(in, Shortfall.NodeAddressRefused))
        .isEqualTo("n1 (annotation 203.0.113.1)");
  }

  @Test
  void aFamilyIsAllThatIsTold() {
    NodeFacts dual = node(1, "192.0.2.1", "2001:db8::1");

    assertThat(addresses(cluster(rule(List.of(), List.of(), UnderlayFamily.IPv6), dual)))
        .containsEntry("n1", List.of("2001:db8::1"));
    assertThat(addresses(cluster(rule(List.of(), List.of(), UnderlayFamily.IPv4), dual)))
        .containsEntry("n1", List.of("192.0.2.1"));
    assertThat(addresses(cluster(ANY, dual)))
        .containsEntry("n1", List.of("192.0.2.1", "2001:db8::1"));
  }

  @Test
  void ofAFamilyThatANodeHasNoMoreNothingIsKept() {
    AllocationInput dual = cluster(ANY, node(1, "192.0.2.1", "2001:db8::1"));

    assertThat(addresses(later(dual, node(1, "192.0.2.1"))))
        .containsEntry("n1", List.of("192.0.2.1"));
    assertThat(addresses(later(dual, node(1))))
        .containsEntry("n1", List.of("192.0.2.1", "2001:db8::1"));
  }

  @Test
  void addressesOfLinksComeFromTheNodesReport() {
    // Given nodes that all have one InternalIP, as Vagrant makes them
    NodeAddress rule = rule(List.of(), List.of("eth1", "enp*"), UnderlayFamily.Any);
    AllocationInput in =
        input(
            List.of(network(rule)),
            List.of(node(1, "10.0.2.15"), node(2, "10.0.2.15"), node(3, "10.0.2.15")),
            List.of());

    // When two have told the addresses of the links
    AllocationInput told =
        Fixtures.withLinkAddresses(
            in,
            Map.of(
                "n1",
                    List.of(
                        // Of a pool, and so no node's
                        LinkAddress.of("eth1", "10.244.0.1").orElseThrow(),
                        LinkAddress.of("eth1", "192.168.56.11").orElseThrow()),
                "n2",
                    List.of(
                        LinkAddress.of("enp0s8", "192.168.57.12").orElseThrow(),
                        LinkAddress.of("eth1", "192.168.56.12").orElseThrow())));

    // Then they have those, the preferred first, and the third waits
    assertThat(addresses(apply(told, AllocationPlanner.plan(told))))
        .containsEntry("n1", List.of("192.168.56.11"))
        .containsEntry("n2", List.of("192.168.56.12"))
        .hasSize(2);
    assertThat(shortfall(told, Shortfall.WaitingForNodeAddress)).isEqualTo("n3");
  }
}
