package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.PeerSliceReader.WaitingNamespaces;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.LabelSelector.Operator;
import dev.tweed.policy.source.LabelSelector.Requirement;
import dev.tweed.policy.source.NetworkPolicy;
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

  /** It may have the label; and until its namespace is known its own node keeps it closed. */
  @Test
  void aPodWhoseNamespaceIsNotKnownYetIsNoPeerWhereThatsLabelsMatter() {
    PolicyIndex index = new PolicyIndex();
    index.nodes(Set.of("n1"));
    LabelSelector notOfTeamA =
        LabelSelector.of(Map.of(), List.of(new Requirement("team", Operator.NOT_IN, Set.of("a"))));
    index.policy("allow", Optional.of(allowing(notOfTeamA)));
    String set = index.touched().sets().iterator().next();

    index.pod("open/web", Optional.of(pod("open")));
    assertThat(index.members(set)).isEmpty();

    index.touched();
    index.namespace("open", Optional.of(Map.of()));
    assertThat(index.touched().sets()).containsExactly(set);
    assertThat(index.members(set)).containsExactly("10.244.1.2");

    index.namespace("open", Optional.of(Map.of("team", "a")));
    assertThat(index.members(set)).isEmpty();
  }

  /** Where no label of a namespace is asked there is nothing to wait for. */
  @Test
  void aPodWhoseNamespaceIsNotKnownYetIsAPeerOfItsOwnNamespace() {
    PolicyIndex index = new PolicyIndex();
    index.policy(
        "allow",
        Optional.of(allowing(new NetworkPolicy.Pods(Optional.empty(), LabelSelector.EVERYTHING))));
    String set = index.touched().sets().iterator().next();

    index.pod("shop/web", Optional.of(pod("shop")));

    assertThat(index.members(set)).containsExactly("10.244.1.2");
  }

  /** Nodes watch the two kinds separately: they may hear of this one first. */
  @Test
  void podsAreToldOfUntilNodesKnowThatTheirNamespaceDoesNotWait() {
    PolicyIndex index = new PolicyIndex();
    index.nodes(Set.of("n1"));
    index.pod("shop/web", Optional.of(pod("shop")));
    index.policy("allow", Optional.of(allowing(LabelSelector.EVERYTHING)));
    assertThat(index.node("n1").orElseThrow().pods().getFirst().podClass()).isNotNull();

    WaitingNamespaces before =
        new WaitingNamespaces(index.waiting().all(), index.waiting().hashes());
    index.policy("allow", Optional.empty());
    index.linger(before);
    assertThat(index.node("n1").orElseThrow().pods())
        .extracting(NodePolicySpec.Pod::uid, NodePolicySpec.Pod::podClass)
        .containsExactly(tuple("uid", null));

    index.touched();
    index.settle();
    assertThat(index.touched().nodes()).containsExactly("n1");
    assertThat(index.node("n1")).isEmpty();
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

  private static PolicyObject allowing(LabelSelector namespaces) {
    return allowing(new NetworkPolicy.Pods(Optional.of(namespaces), LabelSelector.EVERYTHING));
  }

  /** Every pod of namespace shop may be reached from these, and from nobody else. */
  private static PolicyObject allowing(NetworkPolicy.Pods from) {
    return new PolicyObject.OfNamespace(
        "allow",
        new NetworkPolicy(
            "policy",
            1,
            "shop",
            LabelSelector.EVERYTHING,
            Set.of(Direction.INGRESS),
            List.of(new NetworkPolicy.Rule(List.of(), List.of(from))),
            List.of()),
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
            List.of()),
        List.of());
  }
}
