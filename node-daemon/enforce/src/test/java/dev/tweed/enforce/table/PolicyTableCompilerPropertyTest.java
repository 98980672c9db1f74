package dev.tweed.enforce.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Decision;
import dev.tweed.policy.Flow;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyEvaluator;
import dev.tweed.policy.Program;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.testing.RandomClusters;
import dev.tweed.policy.testing.ReferenceCompiler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The table does what the evaluator says, whatever is known and whatever is missing. */
class PolicyTableCompilerPropertyTest {

  @Provide
  Arbitrary<Cluster> clusters() {
    return Arbitraries.randomValue(RandomClusters::cluster);
  }

  @Property(tries = 150)
  void theTableDoesWhatTheEvaluatorSays(@ForAll("clusters") Cluster cluster) {
    for (Cluster.Node node : cluster.nodes()) {
      assertSame(ReferenceCompiler.compile(cluster, node.name()), cluster);
    }
  }

  @Property(tries = 150)
  void alsoWhereSomethingIsMissing(@ForAll("clusters") Cluster cluster, @ForAll long seed) {
    assertSame(damaged(ReferenceCompiler.compile(cluster, "node-1"), new Random(seed)), cluster);
  }

  /** Sets, programs and pods are missing, and an address is in two entries. */
  private static NodeState damaged(NodeState state, Random random) {
    Map<String, Program> programs = new HashMap<>(state.programs());
    programs.keySet().removeIf(p -> random.nextInt(6) == 0);
    Map<String, PeerSet> sets = new HashMap<>(state.sets());
    sets.keySet().removeIf(s -> random.nextInt(3) == 0);
    List<PodEntry> pods = new ArrayList<>(state.pods());
    pods.removeIf(p -> random.nextInt(6) == 0);
    if (!pods.isEmpty() && random.nextBoolean()) {
      PodEntry twin = pods.getFirst();
      pods.add(new PodEntry("twin", twin.addresses(), twin.programs(), List.of()));
    }
    return new NodeState(state.blocks(), state.ownAddresses(), state.space(), pods, programs, sets);
  }

  private static void assertSame(NodeState state, Cluster cluster) {
    assertSame(state, cluster, new PolicyTableCompiler(false).compile(state));
    assertSame(state, cluster, new PolicyTableCompiler(false, OptionalInt.of(7), 0).compile(state));
  }

  private static void assertSame(NodeState state, Cluster cluster, CompiledPolicies compiled) {
    PolicyEvaluator evaluator = new PolicyEvaluator(state);
    for (Flow flow : RandomClusters.flows(cluster)) {
      if (isOwn(state, flow.source()) || isOwn(state, flow.destination())) {
        continue; // is not forwarded
      }
      if (!isPodOf(state, flow.source()) && !isPodOf(state, flow.destination())) {
        continue;
      }
      var judgement = evaluator.judge(flow);
      var dropped = TableSimulator.droppedBy(compiled.table(), flow);
      if (flow.source().equals(flow.destination())
          && state.pods().stream().filter(p -> p.addresses().contains(flow.source())).count()
              != 1) {
        continue; // an address that nobody has, or two, sends nothing to itself
      }
      assertThat(dropped.isEmpty())
          .as("%s: %s, but dropped by %s", flow, judgement, dropped)
          .isEqualTo(judgement.accepted());
      dropped.ifPresent(
          chain ->
              assertThat(compiled.drops().get(chain).cause())
                  .as("%s", flow)
                  .isEqualTo(
                      cause(
                          judgement
                              .egress()
                              .filter(d -> !d.accepted())
                              .or(judgement::ingress)
                              .orElseThrow()
                              .reason())));
    }
  }

  private static CompiledPolicies.Cause cause(Decision.Reason reason) {
    return switch (reason) {
      case Decision.ByRule _, Decision.UnknownSet _ -> CompiledPolicies.Cause.DENIED;
      case Decision.Isolated _ -> CompiledPolicies.Cause.ISOLATED;
      case Decision.UnknownProgram _ -> CompiledPolicies.Cause.UNKNOWN_PROGRAM;
      case Decision.UnknownPod _, Decision.AmbiguousPod _ -> CompiledPolicies.Cause.UNKNOWN_POD;
      case Decision.Undecided _ -> throw new AssertionError("that drops nothing");
    };
  }

  private static boolean isOwn(NodeState state, IpAddress address) {
    return state.ownAddresses().contains(address);
  }

  private static boolean isPodOf(NodeState state, IpAddress address) {
    return state.isLocalPod(address);
  }
}
