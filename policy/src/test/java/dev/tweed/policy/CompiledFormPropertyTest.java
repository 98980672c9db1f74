package dev.tweed.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.testing.RandomClusters;
import dev.tweed.policy.testing.ReferenceCompiler;
import dev.tweed.policy.testing.ReferenceEvaluator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every cluster, and that the compiled form says what the policies say. */
class CompiledFormPropertyTest {

  @Provide
  Arbitrary<Cluster> clusters() {
    return Arbitraries.randomValue(RandomClusters::cluster);
  }

  @Property(tries = 100)
  void theCompiledFormSaysWhatThePoliciesSay(@ForAll("clusters") Cluster cluster) {
    ReferenceEvaluator reference = new ReferenceEvaluator(cluster);
    for (Cluster.Node node : cluster.nodes()) {
      NodeState state = ReferenceCompiler.compile(cluster, node.name());
      PolicyEvaluator evaluator = new PolicyEvaluator(state);
      for (Flow flow : RandomClusters.flows(cluster)) {
        Judgement judgement = evaluator.judge(flow);
        for (Direction direction : Direction.values()) {
          if (isPodOf(state, flow.subject(direction))) {
            assertThat(judgement.decision(direction).map(Decision::accepted).orElse(true))
                .as("%s of %s on %s: %s", direction, flow, node.name(), judgement)
                .isEqualTo(reference.accepts(flow, direction));
          }
        }
      }
    }
  }

  @Property(tries = 40)
  void withoutPoliciesNothingIsDropped(@ForAll("clusters") Cluster cluster) {
    Cluster open = with(cluster, List.of(), List.of());

    ReferenceEvaluator reference = new ReferenceEvaluator(open);
    assertThat(RandomClusters.flows(open)).allMatch(reference::accepts);
  }

  @Property(tries = 60)
  void whatIsNotKnownOpensNothing(@ForAll("clusters") Cluster cluster, @ForAll long seed) {
    NodeState state = ReferenceCompiler.compile(cluster, "node-1");
    PolicyEvaluator whole = new PolicyEvaluator(state);
    PolicyEvaluator partial = new PolicyEvaluator(without(state, new Random(seed)));

    for (Flow flow : RandomClusters.flows(cluster)) {
      if (!whole.judge(flow).accepted()) {
        assertThat(partial.judge(flow).accepted()).as("%s", flow).isFalse();
      }
    }
  }

  @Property(tries = 40)
  void oneMoreRuleOfANetworkPolicyClosesNothing(
      @ForAll("clusters") Cluster cluster, @ForAll("clusters") Cluster another) {
    List<NetworkPolicy> more =
        cluster.networkPolicies().stream()
            .map(p -> withRules(p, p.isolates(), plus(p.ingress(), another)))
            .toList();

    ReferenceEvaluator before = new ReferenceEvaluator(cluster);
    ReferenceEvaluator after =
        new ReferenceEvaluator(with(cluster, more, cluster.clusterNetworkPolicies()));
    for (Flow flow : RandomClusters.flows(cluster)) {
      if (before.accepts(flow)) {
        assertThat(after.accepts(flow)).as("%s", flow).isTrue();
      }
    }
  }

  @Property(tries = 40)
  void aPodAndItselfAndItsNodeAreAlwaysLetThrough(@ForAll("clusters") Cluster cluster) {
    for (Cluster.Node node : cluster.nodes()) {
      NodeState state = ReferenceCompiler.compile(cluster, node.name());
      PolicyEvaluator evaluator = new PolicyEvaluator(state);
      for (Flow flow : RandomClusters.flows(cluster)) {
        if (flow.source().equals(flow.destination())
            || state.ownAddresses().contains(flow.source())) {
          assertThat(evaluator.judge(flow).accepted()).as("%s", flow).isTrue();
        }
      }
    }
  }

  @Property(tries = 60)
  void whatTheAdminTierDecidesNoOtherTierChanges(@ForAll("clusters") Cluster cluster) {
    PolicyEvaluator all = new PolicyEvaluator(ReferenceCompiler.compile(cluster, "node-1"));
    PolicyEvaluator alone =
        new PolicyEvaluator(
            ReferenceCompiler.compile(
                with(
                    cluster,
                    List.of(),
                    cluster.clusterNetworkPolicies().stream()
                        .filter(p -> p.tier() == Tier.ADMIN)
                        .toList()),
                "node-1"));

    for (Flow flow : RandomClusters.flows(cluster)) {
      for (Direction direction : Direction.values()) {
        Optional<Decision> decision = all.judge(flow).decision(direction);
        if (decision.isPresent()
            && decision.get().reason() instanceof Decision.ByRule rule
            && rule.tier() == Tier.ADMIN) {
          assertThat(alone.judge(flow).decision(direction)).isEqualTo(decision);
        }
      }
    }
  }

  private static boolean isPodOf(NodeState state, IpAddress address) {
    return state.pods().stream().anyMatch(p -> p.addresses().contains(address));
  }

  private static NodeState without(NodeState state, Random random) {
    Map<String, PeerSet> sets = new HashMap<>(state.sets());
    sets.keySet().removeIf(name -> random.nextBoolean());
    Map<String, Program> programs = new HashMap<>(state.programs());
    programs.keySet().removeIf(name -> random.nextInt(5) == 0);
    List<PodEntry> pods = state.pods().stream().filter(p -> random.nextInt(5) > 0).toList();
    return new NodeState(state.blocks(), state.ownAddresses(), state.space(), pods, programs, sets);
  }

  private static Cluster with(
      Cluster cluster, List<NetworkPolicy> policies, List<ClusterNetworkPolicy> clusterPolicies) {
    return new Cluster(
        cluster.pools(),
        cluster.nodes(),
        cluster.namespaces(),
        cluster.pods(),
        policies,
        clusterPolicies);
  }

  private static List<NetworkPolicy.Rule> plus(List<NetworkPolicy.Rule> rules, Cluster another) {
    return Stream.concat(
            rules.stream(), another.networkPolicies().stream().flatMap(p -> p.ingress().stream()))
        .toList();
  }

  private static NetworkPolicy withRules(
      NetworkPolicy policy, Set<Direction> types, List<NetworkPolicy.Rule> ingress) {
    return new NetworkPolicy(
        policy.uid(),
        policy.generation(),
        policy.namespace(),
        policy.podSelector(),
        types,
        ingress,
        policy.egress());
  }
}
