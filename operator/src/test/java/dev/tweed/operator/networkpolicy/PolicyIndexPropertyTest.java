package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.PeerSliceReader.WaitingNamespaces;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Decision;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Flow;
import dev.tweed.policy.Judgement;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PolicyEvaluator;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.Pod;
import dev.tweed.policy.testing.RandomClusters;
import dev.tweed.policy.testing.ReferenceEvaluator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every cluster, and however it came to be. */
class PolicyIndexPropertyTest {

  @Provide
  Arbitrary<Cluster> clusters() {
    return Arbitraries.randomValue(RandomClusters::cluster);
  }

  @Property(tries = 60)
  void whatIsWrittenSaysWhatThePoliciesSay(@ForAll("clusters") Cluster cluster) {
    ReferenceEvaluator reference = new ReferenceEvaluator(cluster);
    CompiledCluster compiled = CompiledCluster.of(cluster);
    for (Cluster.Node node : cluster.nodes()) {
      NodeState state = compiled.state(cluster, node);
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

  private static boolean isPodOf(NodeState state, IpAddress address) {
    return state.pods().stream().anyMatch(p -> p.addresses().contains(address));
  }

  @Property(tries = 150)
  void whateverWasBeforeTheSameClusterIsTheSameObjects(
      @ForAll("clusters") Cluster first,
      @ForAll("clusters") Cluster second,
      @ForAll("clusters") Cluster third,
      @ForAll long seed) {
    // Given somebody who looks only at what is said to have changed
    PolicyIndex index = new PolicyIndex();
    CompiledCluster kept = new CompiledCluster();
    Random random = new Random(seed);
    Cluster before = new Cluster(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    for (Cluster now : List.of(first, second, third, before, first)) {
      // When everything changes, in any order, and is looked at now and then
      for (Runnable step : steps(index, before, now, random)) {
        step.run();
        if (random.nextInt(4) == 0) {
          kept.look(index, index.touched());
          index.linger(new WaitingNamespaces(index.waiting().all(), index.waiting().hashes()));
        }
      }
      index.settle();
      kept.look(index, index.touched());

      // Then it is as if nothing had been before
      CompiledCluster fresh = CompiledCluster.of(now);
      assertThat(kept.programs).isEqualTo(fresh.programs);
      assertThat(kept.sets).isEqualTo(fresh.sets);
      assertThat(kept.nodes).isEqualTo(fresh.nodes);
      assertThat(kept.outlooks).isEqualTo(fresh.outlooks);
      before = now;
    }
    assertThat(index.everything().nodes()).isNotEmpty();
  }

  private static List<Runnable> steps(
      PolicyIndex index, Cluster before, Cluster now, Random random) {
    List<Runnable> steps = new ArrayList<>();
    steps.add(
        () ->
            index.nodes(now.nodes().stream().map(Cluster.Node::name).collect(Collectors.toSet())));
    Map<String, Map<String, String>> namespaces = new HashMap<>();
    now.namespaces().forEach(n -> namespaces.put(n.name(), n.labels()));
    before.namespaces().forEach(n -> namespaces.putIfAbsent(n.name(), null));
    namespaces.forEach((n, l) -> steps.add(() -> index.namespace(n, Optional.ofNullable(l))));
    Map<String, Pod> pods =
        now.pods().stream().collect(Collectors.toMap(Pod::uid, Function.identity()));
    before.pods().forEach(p -> pods.putIfAbsent(p.uid(), null));
    pods.forEach((uid, p) -> steps.add(() -> index.pod(uid, Optional.ofNullable(p))));
    Map<String, PolicyObject> policies = CompiledCluster.policies(now);
    CompiledCluster.policies(before).forEach((key, p) -> policies.putIfAbsent(key, null));
    policies.forEach((key, p) -> steps.add(() -> index.policy(key, Optional.ofNullable(p))));
    Collections.shuffle(steps, random);
    return steps;
  }
}
