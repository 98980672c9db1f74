package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.network;
import static dev.tweed.operator.allocation.Fixtures.node;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.reserving;
import static dev.tweed.operator.allocation.Fixtures.spec;
import static dev.tweed.operator.allocation.Fixtures.subnet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkSpec.Reservation;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pools that leave ranges out, that are disabled, and whose blocks are kept for nodes. */
class PoolOptionsTest {
  private static final LastBlocks SEEN =
      new LastBlocks(Map.of("node-1", List.of("10.244.1.0/24")), Map.of(), Map.of());

  private static List<NodeFacts> nodes(int count) {
    return IntStream.range(0, count).mapToObj(Fixtures::node).toList();
  }

  private static List<String> claims(AllocationPlan plan) {
    return plan.claims().stream().map(c -> c.spec().nodeName() + " " + c.cidr()).toList();
  }

  private static NetworkOutcome outcome(AllocationPlan plan) {
    return plan.networks().get("default");
  }

  private static AllocationPlan plan(PodNetworkSpec spec, int nodes, SubnetFacts... subnets) {
    return AllocationPlanner.plan(
        input(List.of(network("default", 100, spec)), nodes(nodes), List.of(subnets)));
  }

  @Test
  void noBlockHasAnAddressThatIsLeftOutAndThoseHeldStay() {
    PodNetworkSpec spec =
        spec(pool("10.244.0.0/21", 24, List.of("10.244.0.0/23", "10.244.3.7/32"), false));

    AllocationPlan plan = plan(spec, 4, subnet("default", "node-0", "10.244.1.0/24", 10));

    assertThat(claims(plan))
        .containsExactly("node-1 10.244.2.0/24", "node-2 10.244.4.0/24", "node-3 10.244.5.0/24");
    assertThat(plan.releases()).isEmpty();
    assertThat(outcome(plan).pools())
        .containsExactly(new NetworkOutcome.PoolUse("10.244.0.0/21", 6, 4, 0, false));
  }

  @Test
  void aDisabledPoolGivesNoBlocksAndTakesNoneAway() {
    PodNetworkSpec spec =
        spec(pool("10.244.0.0/16", 24, List.of(), true), pool("10.245.0.0/16", 24));

    AllocationPlan plan = plan(spec, 2, subnet("default", "node-0", "10.244.0.0/24", 10));

    assertThat(claims(plan)).containsExactly("node-1 10.245.0.0/24");
    assertThat(plan.releases()).isEmpty();
    assertThat(plan.amendments()).noneMatch(a -> a.goneSince().isPresent());
    assertThat(outcome(plan).pools())
        .containsExactly(
            new NetworkOutcome.PoolUse("10.244.0.0/16", 256, 1, 0, true),
            new NetworkOutcome.PoolUse("10.245.0.0/16", 256, 1, 0, false));
    assertThat(outcome(plan).pools())
        .extracting(NetworkOutcome.PoolUse::free)
        .containsExactly(0L, 255L);
  }

  @Test
  void aNodeWhoseNodeSubnetWasDeletedGetsItsBlockBackUnlessThePoolIsDisabledOrLeavesItOut() {
    AllocationInput in = input(List.of(), List.of(node(1)), List.of());

    assertThat(claims(back(in, pool("10.244.0.0/16", 24)))).containsExactly("node-1 10.244.1.0/24");
    assertThat(claims(back(in, pool("10.244.0.0/16", 24, List.of(), true))))
        .containsExactly("node-1 10.245.0.0/24");
    assertThat(claims(back(in, pool("10.244.0.0/16", 24, List.of("10.244.1.0/24"), false))))
        .containsExactly("node-1 10.244.0.0/24");
  }

  private static AllocationPlan back(AllocationInput in, PodNetworkSpec.Pool first) {
    NetworkFacts network = network("default", 100, spec(first, pool("10.245.0.0/16", 24)));
    return AllocationPlanner.plan(
        Fixtures.with(input(List.of(network), in.nodes(), List.of()), SEEN));
  }

  @Test
  void nodesOfDisabledPoolsOnlyAreTold() {
    AllocationPlan plan = plan(spec(pool("10.244.0.0/16", 24, List.of(), true)), 1);

    assertThat(claims(plan)).isEmpty();
    assertThat(outcome(plan).nodes(Shortfall.NoPoolForNode)).hasToString("node-0");
  }

  @Test
  void aPodCIDRInADisabledPoolIsNotTakenOver() {
    NetworkFacts network =
        network(
            "default",
            100,
            spec(
                PodNetworkSpec.Allocation.NodePodCIDR,
                LabelSelector.everything(),
                pool("10.244.0.0/16", 24, List.of(), true)));
    NodeFacts n = node(1);
    NodeFacts given =
        Fixtures.facts(
            n.name(), n.uid(), n.created(), n.labels(), n.addresses(), List.of("10.244.1.0/24"));

    AllocationPlan plan =
        AllocationPlanner.plan(input(List.of(network), List.of(given), List.of()));

    assertThat(claims(plan)).isEmpty();
    assertThat(outcome(plan).nodes(Shortfall.OutsidePools)).hasToString("node-1");
    AllocationPlan held =
        AllocationPlanner.plan(
            input(
                List.of(network),
                List.of(given),
                List.of(subnet("default", "node-1", "10.244.1.0/24", 10))));
    assertThat(outcome(held).allocated()).isEqualTo(1);
    assertThat(held.releases()).isEmpty();
  }

  @Test
  void aBlockIsKeptForANodeThatIsToComeAlsoOutOfWhatIsLeftOut() {
    PodNetworkSpec spec =
        reserving(
            spec(pool("10.244.0.0/22", 24, List.of("10.244.0.0/24"), false)),
            new Reservation("node-3", List.of("10.244.0.0/24")),
            new Reservation("node-9", List.of("10.244.2.0/24")));

    AllocationPlan before = plan(spec, 3);
    assertThat(claims(before)).containsExactly("node-0 10.244.1.0/24", "node-1 10.244.3.0/24");
    assertThat(outcome(before).nodes(Shortfall.PoolExhausted)).hasToString("node-2");
    assertThat(outcome(before).pools())
        .containsExactly(new NetworkOutcome.PoolUse("10.244.0.0/22", 4, 2, 2, false));
    assertThat(outcome(before).pools().getFirst().free()).isZero();

    AllocationPlan after = plan(spec, 4);
    assertThat(claims(after)).contains("node-3 10.244.0.0/24");
    assertThat(outcome(after).pools())
        .containsExactly(new NetworkOutcome.PoolUse("10.244.0.0/22", 4, 3, 1, false));
  }

  @Test
  void aNodeThatHasABlockKeepsItAndIsTold() {
    PodNetworkSpec spec =
        reserving(
            spec(pool("10.244.0.0/16", 24)), new Reservation("node-0", List.of("10.244.7.0/24")));

    AllocationPlan plan = plan(spec, 1, subnet("default", "node-0", "10.244.1.0/24", 10));

    assertThat(plan.claims()).isEmpty();
    assertThat(plan.releases()).isEmpty();
    assertThat(outcome(plan).allocated()).isEqualTo(1);
    assertThat(outcome(plan).nodes(Shortfall.ReservationNotHeld)).hasToString("node-0");
  }

  @Test
  void aReservedBlockThatAnotherHoldsIsHisAndTheNodeGetsAnyOther() {
    PodNetworkSpec spec =
        reserving(
            spec(pool("10.244.0.0/16", 24)), new Reservation("node-1", List.of("10.244.0.0/24")));

    AllocationPlan plan = plan(spec, 2, subnet("default", "node-0", "10.244.0.0/24", 10));

    assertThat(claims(plan)).containsExactly("node-1 10.244.1.0/24");
    assertThat(outcome(plan).nodes(Shortfall.ReservationNotHeld)).hasToString("node-1");
  }

  @Test
  void nobodyElseGetsAReservedBlockBack() {
    PodNetworkSpec spec =
        reserving(
            spec(pool("10.244.0.0/16", 24)), new Reservation("node-5", List.of("10.244.1.0/24")));

    AllocationPlan plan =
        AllocationPlanner.plan(
            Fixtures.with(
                input(List.of(network("default", 100, spec)), List.of(node(1)), List.of()), SEEN));

    assertThat(claims(plan)).containsExactly("node-1 10.244.0.0/24");
  }

  @Test
  void nodesWithoutADaemonGetNoBlockAndDoNotCount() {
    NodeFacts windows = node("win", Map.of("kubernetes.io/os", "windows"), 7);
    NodeFacts virtual = node("virtual", Map.of("type", "virtual-kubelet"), 8);
    NodeFacts linux = node("linux", Map.of("kubernetes.io/os", "linux"), 9);

    AllocationPlan plan =
        AllocationPlanner.plan(
            input(
                List.of(network("default", 100, spec(pool("10.244.0.0/16", 24)))),
                List.of(windows, virtual, linux),
                List.of()));

    assertThat(claims(plan)).containsExactly("linux 10.244.0.0/24");
    assertThat(outcome(plan).selected()).isEqualTo(1);
    assertThat(outcome(plan).nodes(Shortfall.NodeWithoutDaemon)).hasToString("virtual, win");
  }

  @Test
  void blocksThatAreSmallerThanMaxPodsAreToldWithTheNumbers() {
    NodeFacts n = node(1);
    NodeFacts many =
        new NodeFacts(
            n.name(), n.uid(), n.created(), n.labels(), n.addresses(), List.of(), "", 110);

    NetworkFacts small = network("default", 100, spec(pool("10.244.0.0/16", 26)));
    NetworkFacts enough = network("default", 100, spec(pool("10.244.0.0/16", 25)));

    assertThat(
            outcome(AllocationPlanner.plan(input(List.of(small), List.of(many), List.of())))
                .nodes(Shortfall.BlockSmallerThanMaxPods))
        .hasToString("node-1 (60 of 110)");
    assertThat(
            outcome(AllocationPlanner.plan(input(List.of(enough), List.of(many), List.of())))
                .shortfalls())
        .isEmpty();
  }

  @Test
  void aPublicRangeIsAcceptedAndTold() {
    assertThat(
            outcome(plan(spec(pool("10.244.0.0/16", 24), pool("8.8.0.0/16", 24)), 0)).acceptance())
        .isEqualTo(new NetworkOutcome.AcceptedPublic("8.8.0.0/16", 65536));
    assertThat(outcome(plan(spec(pool("172.0.0.0/11", 24)), 0)).acceptance())
        .isInstanceOf(NetworkOutcome.AcceptedPublic.class);
    assertThat(
            outcome(plan(spec(pool("100.64.0.0/10", 24), pool("2001:db8::/48", 64)), 0))
                .acceptance())
        .isEqualTo(new NetworkOutcome.Accepted());
  }
}
