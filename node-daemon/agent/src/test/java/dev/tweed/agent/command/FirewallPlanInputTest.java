package dev.tweed.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.LabelSelector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FirewallPlanInputTest {

  private static PolicyRecord policy(String name, long generation, int priority) {
    return PolicyRecord.of(
        name,
        "",
        generation,
        new FirewallPolicySpec(LabelSelector.everything(), priority, null, null, null, List.of()));
  }

  private static ClusterView view(PolicyRecord... policies) {
    return new ClusterView(
        true,
        List.of(),
        List.of(),
        List.of(policies),
        Optional.of(new NodeRecord("n1", Map.of("zone", "a"))));
  }

  @Test
  void newPolicyComesOnTop() {
    ClusterView view = FirewallPlanInput.with(view(policy("a", 3, 1)), List.of(policy("b", 0, 1)));

    assertThat(view.policies()).containsExactly(policy("a", 3, 1), policy("b", 1, 1));
  }

  @Test
  void policyOfTheSameNameIsReplacedByANewGeneration() {
    ClusterView view = FirewallPlanInput.with(view(policy("a", 3, 1)), List.of(policy("a", 0, 2)));

    assertThat(view.policies()).containsExactly(policy("a", 4, 2));
  }

  @Test
  void unchangedPolicyKeepsItsGeneration() {
    ClusterView view = FirewallPlanInput.with(view(policy("a", 3, 1)), List.of(policy("a", 0, 1)));

    assertThat(view.policies()).containsExactly(policy("a", 3, 1));
  }

  @Test
  void policyThatSelectsOtherNodesIsNamed() {
    PolicyRecord other =
        PolicyRecord.of(
            "other",
            "",
            0,
            new FirewallPolicySpec(
                new LabelSelector(Map.of("zone", "b"), List.of()), 1, null, null, null, List.of()));

    assertThat(FirewallPlanInput.elsewhere(view(), List.of(policy("a", 0, 1), other)))
        .containsExactly("other");
  }
}
