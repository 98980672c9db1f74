package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.network;
import static dev.tweed.operator.allocation.Fixtures.node;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.spec;
import static dev.tweed.operator.allocation.Fixtures.subnet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.allocation.NetworkOutcome.AcceptedInUse;
import dev.tweed.operator.allocation.NetworkOutcome.PoolReserved;
import dev.tweed.operator.allocation.ReservedRange.Kind;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pods, nodes and Services never have the same addresses; what runs is not cut off for it. */
class ReservedRangesTest {
  private static final Map<String, List<String>> SERVICES =
      Map.of("kubernetes", List.of("10.244.2.0/24", "fd00:96::/108"));
  private static final NetworkFacts DEFAULT =
      network("default", 100, spec(pool("10.244.0.0/21", 24)));
  private static final SubnetFacts FIRST = subnet("default", "node-1", "10.244.0.0/24", 9);

  private static NodeFacts nodeAt(String name, String address) {
    return Fixtures.facts(name, "uid-" + name, Fixtures.NOW, Map.of(), List.of(address), List.of());
  }

  private static NetworkOutcome outcome(AllocationPlan plan) {
    return plan.networks().get("default");
  }

  @Test
  void aPoolThatContainsTheAddressOfANodeIsNotAccepted() {
    AllocationPlan plan =
        AllocationPlanner.plan(
            input(List.of(DEFAULT), List.of(node(1), nodeAt("bad", "10.244.3.7")), List.of()));

    assertThat(plan.claims()).isEmpty();
    assertThat(outcome(plan).acceptance())
        .isEqualTo(
            new PoolReserved(
                "10.244.0.0/21", new ReservedRange(Kind.NODE_ADDRESS, "10.244.3.7/32", "bad")));
  }

  @Test
  void aPoolThatOverlapsServicesIsNotAccepted() {
    AllocationInput in = input(List.of(DEFAULT), List.of(node(1)), List.of());

    for (String range : List.of("10.244.2.0/24", "10.240.0.0/12")) {
      AllocationPlan plan =
          AllocationPlanner.plan(Fixtures.with(in, Map.of("kubernetes", List.of(range))));

      assertThat(plan.claims()).isEmpty();
      assertThat(outcome(plan).acceptance())
          .isEqualTo(
              new PoolReserved(
                  "10.244.0.0/21", new ReservedRange(Kind.SERVICE_CIDR, range, "kubernetes")));
    }
  }

  @Test
  void aYoungerNetworkIsServedInItsPlace() {
    NetworkFacts younger = network("younger", 50, spec(pool("10.244.4.0/22", 24)));
    AllocationInput in = input(List.of(DEFAULT, younger), List.of(node(1)), List.of());

    assertThat(AllocationPlanner.plan(Fixtures.with(in, SERVICES)).claims())
        .singleElement()
        .satisfies(claim -> assertThat(claim.spec().podNetwork()).isEqualTo("younger"));
  }

  @Test
  void whatANetworkInUseHandedOutStaysAndNothingReservedIsAdded() {
    // Given a network that a node holds a block of, and Services in the third block
    List<NodeFacts> nodes = Stream.of(1, 2, 3).map(Fixtures::node).toList();
    AllocationInput in = Fixtures.with(input(List.of(DEFAULT), nodes, List.of(FIRST)), SERVICES);

    // When
    AllocationPlan plan = AllocationPlanner.plan(in);

    // Then
    assertThat(plan.releases()).isEmpty();
    assertThat(outcome(plan).acceptance()).isInstanceOf(AcceptedInUse.class);
    assertThat(plan.claims())
        .extracting(claim -> claim.cidr().toString())
        .containsExactly("10.244.1.0/24", "10.244.3.0/24");
    // And nobody is told that the third is in use
    assertThat(outcome(plan).pools().getFirst().allocated()).isEqualTo(3);
  }

  @Test
  void ofANetworkInUseOnlyTheNodeWhoseAddressIsInAPoolGetsNoBlock() {
    AllocationInput in =
        input(
            List.of(DEFAULT),
            List.of(node(1), node(2), nodeAt("bad", "10.244.1.7")),
            List.of(FIRST));

    AllocationPlan plan = AllocationPlanner.plan(in);

    assertThat(plan.releases()).isEmpty();
    assertThat(plan.claims())
        .singleElement()
        .satisfies(
            claim -> {
              assertThat(claim.spec().nodeName()).isEqualTo("node-2");
              assertThat(claim.cidr()).hasToString("10.244.2.0/24");
            });
    assertThat(outcome(plan).nodes(Shortfall.NodeAddressInPool)).hasToString("bad");
  }

  @Test
  void aNodeWithManyAddressesLeavesBlocksForTheOthers() {
    // Given a pool of sixteen blocks, of which a node claims to be in twelve
    List<String> addresses =
        IntStream.rangeClosed(1, 12).mapToObj(i -> "10.244.%d.7".formatted(i)).toList();
    NodeFacts greedy =
        Fixtures.facts("bad", "uid-bad", Fixtures.NOW, Map.of(), addresses, List.of());
    List<NodeFacts> nodes =
        Stream.concat(IntStream.rangeClosed(1, 8).mapToObj(Fixtures::node), Stream.of(greedy))
            .toList();
    NetworkFacts wide = network("default", 100, spec(pool("10.244.0.0/20", 24)));

    AllocationPlan plan = AllocationPlanner.plan(input(List.of(wide), nodes, List.of(FIRST)));

    assertThat(plan.claims()).hasSize(7);
  }

  @Test
  void aNodeWithABlockKeepsItWhenItsAddressMovesIntoAPool() {
    AllocationInput in =
        input(List.of(DEFAULT), List.of(nodeAt("node-1", "10.244.1.7")), List.of(FIRST));

    AllocationPlan plan = AllocationPlanner.plan(in);

    assertThat(plan.releases()).isEmpty();
    assertThat(outcome(plan).allocated()).isEqualTo(1);
  }
}
