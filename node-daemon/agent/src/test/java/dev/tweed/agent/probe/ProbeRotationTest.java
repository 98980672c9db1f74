package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ProbeTargets.Target;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whom the nodes of a cluster choose, each by itself. */
class ProbeRotationTest {

  @Property(tries = 30)
  void fewPeersAreAllProbed(@ForAll @IntRange(min = 1, max = 31) int nodes, @ForAll long step) {
    for (int node = 0; node < nodes; node++) {
      ProbeTargets targets = SampleTargets.of(nodes, node);

      assertThat(ProbeRotation.choose(targets, step, List.of())).isEqualTo(targets.peers());
    }
  }

  @Property(tries = 15)
  void ofManyEachProbesADozenAndIsProbedBySeveral(
      @ForAll @IntRange(min = 32, max = 400) int nodes, @ForAll long step) {
    Map<String, Integer> probers = new HashMap<>();
    for (int node = 0; node < nodes; node++) {
      List<Target> chosen = ProbeRotation.choose(SampleTargets.of(nodes, node), step, List.of());

      assertThat(chosen).hasSize(ProbeRotation.CHOSEN).doesNotHaveDuplicates();
      chosen.forEach(target -> probers.merge(target.node(), 1, Integer::sum));
    }
    assertThat(probers).hasSize(nodes);
    assertThat(probers.values()).allMatch(count -> count >= 5 && count <= 30);
  }

  @Property(tries = 100)
  void theChoiceMovesOnByOneAtATime(
      @ForAll @IntRange(min = 60, max = 400) int nodes,
      @ForAll @IntRange(min = 0, max = 1 << 30) int step) {
    ProbeTargets targets = SampleTargets.of(nodes, 0);
    Set<Target> before = new HashSet<>(ProbeRotation.choose(targets, step, List.of()));
    Set<Target> later = new HashSet<>(ProbeRotation.choose(targets, step + 12L, List.of()));
    Set<Target> after = new HashSet<>(ProbeRotation.choose(targets, step + 1L, List.of()));

    after.removeAll(before);
    later.removeAll(before);

    assertThat(after).hasSizeLessThanOrEqualTo(3);
    assertThat(later).hasSizeGreaterThan(2);
  }

  @Example
  void unreachedPeersStayButNotAll() {
    ProbeTargets targets = SampleTargets.of(5000, 0);
    Target gone = SampleTargets.target(6000);
    List<Target> unreached = new java.util.ArrayList<>(targets.peers());
    unreached.addFirst(gone);

    List<Target> chosen = ProbeRotation.choose(targets, 1, unreached);

    assertThat(chosen).hasSize(ProbeRotation.CHOSEN + ProbeRotation.KEPT).doesNotContain(gone);
  }

  @Example
  void aFamilyWithoutAnOwnBlockIsLeftOut() {
    ProbeTargets both = SampleTargets.of(3, 0);

    assertThat(
            ProbeRotation.choose(
                new ProbeTargets(true, List.of(), both.peers(), 1450), 0, List.of()))
        .isEmpty();
  }
}
