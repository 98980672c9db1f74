package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodePolicySpec;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Action;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.Pod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyIndexTest {

  /** Watches of the two kinds are not in step; a pod that is told without a class is open. */
  @Test
  void aPodWhoseNamespaceIsNotKnownYetIsNotToldOfWhereThatsLabelsMatter() {
    PolicyIndex index = new PolicyIndex();
    index.nodes(Set.of("n1"));
    index.policy("deny", Optional.of(denying(Map.of("team", "a"))));

    index.pod("shop/web", Optional.of(pod("shop")));
    assertThat(index.node("n1").orElseThrow().pods()).isEmpty();

    index.touched();
    index.namespace("shop", Optional.of(Map.of()));
    assertThat(index.touched().nodes()).containsExactly("n1");
    assertThat(index.node("n1").orElseThrow().pods())
        .extracting(NodePolicySpec.Pod::podClass)
        .containsExactly((String) null);

    index.namespace("shop", Optional.of(Map.of("team", "a")));
    assertThat(index.node("n1").orElseThrow().pods().getFirst().podClass()).isNotNull();
  }

  @Test
  void aUidOfTwoPodsIsNobodys() {
    PolicyIndex index = new PolicyIndex();
    index.nodes(Set.of("n1"));
    index.policy("deny", Optional.of(denying(Map.of("team", "a"))));
    index.namespace("shop", Optional.of(Map.of("team", "a")));
    index.namespace("open", Optional.of(Map.of()));

    index.pod("shop/web", Optional.of(pod("shop")));
    index.pod("open/web", Optional.of(pod("open")));
    assertThat(index.node("n1").orElseThrow().pods()).isEmpty();

    index.pod("open/web", Optional.empty());
    assertThat(index.node("n1").orElseThrow().pods()).hasSize(1);
  }

  private static Pod pod(String namespace) {
    return new Pod(
        "uid",
        namespace,
        Map.of(),
        "n1",
        false,
        false,
        Set.of(IpAddress.parse("10.244.1.2")),
        List.of());
  }

  private static PolicyObject denying(Map<String, String> namespace) {
    ClusterNetworkPolicy.Pods everybody =
        new ClusterNetworkPolicy.Pods(LabelSelector.EVERYTHING, LabelSelector.EVERYTHING);
    return new PolicyObject.OfCluster(
        "deny",
        new ClusterNetworkPolicy(
            "policy",
            1,
            Tier.ADMIN,
            0,
            Optional.of(
                new ClusterNetworkPolicy.Pods(
                    LabelSelector.of(namespace, List.of()), LabelSelector.EVERYTHING)),
            List.of(new ClusterNetworkPolicy.Rule(Action.DENY, List.of(), List.of(everybody))),
            List.of()));
  }
}
