package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.apply;
import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.network;
import static dev.tweed.operator.allocation.Fixtures.node;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.PodNetworkSpecs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Which NodeSubnets are changed for what nodes tell of their MTU: each change goes to all nodes.
 */
class RouteMtusTest {
  private static final List<NodeFacts> NODES = List.of(node(0), node(1), node(2));

  private final AllocationInput standing = allocated(spec(pool("10.244.0.0/22", 24)));

  @Test
  void whereAllTakeTheSameNothingIsChanged() {
    AllocationInput joining = Fixtures.withMtus(standing, Map.of("node-0", 1450));
    AllocationInput all =
        Fixtures.withMtus(standing, Map.of("node-0", 1450, "node-1", 1450, "node-2", 1450));

    assertThat(AllocationPlanner.plan(joining).isEmpty()).isTrue();
    assertThat(AllocationPlanner.plan(all).isEmpty()).isTrue();
  }

  @Test
  void ofANodeThatTakesLessTheOthersAreTold() {
    AllocationInput mixed =
        Fixtures.withMtus(standing, Map.of("node-0", 1450, "node-1", 1400, "node-2", 1450));

    AllocationPlan plan = AllocationPlanner.plan(mixed);

    assertThat(changes(plan)).isEqualTo(Map.of("node-1", 1400));

    // Once, whatever becomes of its report
    AllocationInput told = apply(mixed, plan);
    assertThat(AllocationPlanner.plan(told).isEmpty()).isTrue();
    assertThat(AllocationPlanner.plan(Fixtures.withMtus(told, Map.of())).isEmpty()).isTrue();

    // Until it takes more
    assertThat(
            changes(
                AllocationPlanner.plan(
                    Fixtures.withMtus(
                        told, Map.of("node-0", 1450, "node-1", 1450, "node-2", 1450)))))
        .isEqualTo(Map.of("node-1", 1450));
  }

  @Test
  void aNodeThatTakesMoreIsToldWhatTheOthersTakeAndNobodyElseIs() {
    // As an uplink of jumbo frames has it; or whatever somebody says who has taken the node over
    for (int large : List.of(8950, 65535)) {
      AllocationInput mixed =
          Fixtures.withMtus(standing, Map.of("node-0", 1450, "node-1", large, "node-2", 1450));

      AllocationPlan plan = AllocationPlanner.plan(mixed);

      assertThat(changes(plan)).isEqualTo(Map.of("node-1", 1450));
      assertThat(AllocationPlanner.plan(apply(mixed, plan)).isEmpty()).isTrue();
    }
  }

  @Test
  void anUnderlayThatIsRaisedNodeByNodeChangesEachNodeOnceOrTwice() {
    AllocationInput now = standing;
    Map<String, Integer> mtus =
        new HashMap<>(Map.of("node-0", 1450, "node-1", 1450, "node-2", 1450));
    int changes = 0;
    for (int i = 0; i < 3; i++) {
      mtus.put("node-" + i, 8950);
      now = Fixtures.withMtus(now, mtus);
      AllocationPlan plan = AllocationPlanner.plan(now);
      changes += plan.amendments().size();
      now = apply(now, plan);
    }

    assertThat(changes).isLessThanOrEqualTo(5);
    // and in the end nobody is held to the small one
    assertThat(now.subnets()).allSatisfy(s -> assertThat(s.spec().mtu()).isIn(null, 8950));
  }

  @Test
  void aNetworkThatIsGivenASmallerOneChangesNothingWhileNodesFollow() {
    PodNetworkSpec s = spec(pool("10.244.0.0/22", 24));
    AllocationInput following = allocated(PodNetworkSpecs.with(s, "mtu", 1400));

    assertThat(
            AllocationPlanner.plan(
                    Fixtures.withMtus(
                        following, Map.of("node-0", 1400, "node-1", 1450, "node-2", 1400)))
                .isEmpty())
        .isTrue();
  }

  private static AllocationInput allocated(PodNetworkSpec spec) {
    AllocationInput in = input(List.of(network("default", 100, spec)), NODES, List.of());
    return apply(in, AllocationPlanner.plan(in));
  }

  /** MTU that is told anew, by node. */
  private static Map<String, Integer> changes(AllocationPlan plan) {
    return plan.amendments().stream()
        .collect(Collectors.toMap(a -> a.spec().nodeName(), a -> a.spec().mtu()));
  }
}
