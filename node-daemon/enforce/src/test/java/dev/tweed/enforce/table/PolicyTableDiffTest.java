package dev.tweed.enforce.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.testing.RandomClusters;
import dev.tweed.policy.testing.ReferenceCompiler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What changes in a table when little changes in what it is compiled from. */
class PolicyTableDiffTest {

  private final PolicyTableCompiler compiler = new PolicyTableCompiler(false);

  @Property(tries = 50)
  void nothingToDoIsNothing(@ForAll long seed) {
    NodeState state = state(seed);

    assertThat(
            PolicyTableDiff.between(
                Optional.of(compiler.compile(state).table()),
                new PolicyTableCompiler(false).compile(state).table()))
        .isEmpty();
  }

  @Property(tries = 100)
  void aMemberThatComesIsOneElementOfOneSet(@ForAll long seed) {
    NodeState before = state(seed);
    PolicyTable table = compiler.compile(before).table();
    if (before.sets().isEmpty()) {
      return;
    }
    PeerSet set = before.sets().values().iterator().next();
    Map<String, PeerSet> sets = new HashMap<>(before.sets());
    Set<IpAddress> more = new HashSet<>(set.addresses());
    more.add(IpAddress.parse("10.244.9.9"));
    sets.put(set.name(), new PeerSet(set.name(), more));

    List<List<NfRequest>> transactions =
        PolicyTableDiff.between(
            Optional.of(table), compiler.compile(with(before, before.pods(), sets)).table());

    assertThat(transactions).hasSizeLessThanOrEqualTo(1);
    if (table.sets().containsKey(set.name() + "-4")) {
      assertThat(transactions.getFirst())
          .singleElement()
          .isInstanceOfSatisfying(
              NfRequest.AddElements.class, add -> assertThat(add.elements()).hasSize(1));
    }
  }

  /** Of a class that is there: an element in both maps, and one that tells it from others. */
  @Property(tries = 100)
  void aPodThatComesIsThreeElements(@ForAll long seed) {
    NodeState before = state(seed);
    PolicyTable table = compiler.compile(before).table();
    List<PodEntry> pods = new ArrayList<>(before.pods());
    if (pods.isEmpty()) {
      return;
    }
    pods.add(
        new PodEntry(
            "another",
            Set.of(IpAddress.parse("10.244.1.99")),
            pods.getFirst().programs(),
            pods.getFirst().namedPorts()));

    List<List<NfRequest>> transactions =
        PolicyTableDiff.between(
            Optional.of(table), compiler.compile(with(before, pods, before.sets())).table());

    assertThat(transactions)
        .singleElement()
        .satisfies(
            transaction ->
                assertThat(transaction)
                    .hasSize(3)
                    .allMatch(
                        r ->
                            r instanceof NfRequest.AddVerdicts v && v.verdicts().size() == 1
                                || r instanceof NfRequest.AddElements e
                                    && e.elements().size() == 1));
  }

  private static NodeState state(long seed) {
    Cluster cluster = RandomClusters.cluster(new Random(seed));
    return ReferenceCompiler.compile(cluster, "node-1");
  }

  private static NodeState with(NodeState state, List<PodEntry> pods, Map<String, PeerSet> sets) {
    return new NodeState(
        state.blocks(), state.ownAddresses(), state.space(), pods, state.programs(), sets);
  }
}
