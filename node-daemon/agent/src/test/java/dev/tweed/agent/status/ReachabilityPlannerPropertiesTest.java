package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.ConditionStatus;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.NodeStatus.State;
import dev.tweed.agent.status.Reachable.Reason;
import dev.tweed.ip.IpPrefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class ReachabilityPlannerPropertiesTest {

  @Property(tries = 500)
  void onlySilenceOfALivingPeerThatAnsweredBeforeCountsAgainstTheNode(
      @ForAll("states") Reachability seen) {
    Reachable found = plan(seen);

    boolean witness = seen.unreached().stream().anyMatch(this::counts);
    if (!witness) {
      assertThat(found.status()).isNotEqualTo(ConditionStatus.False);
      assertThat(found.findings()).noneMatch(NodeFinding::blocking);
    }
    assertThat(found.status() == ConditionStatus.False).isEqualTo(witness && seen.answered() == 0);
  }

  @Property(tries = 500)
  void onePeerThatAnswersClearsTheNodeUnlessItsOwnHostDrops(@ForAll("states") Reachability seen) {
    Reachable found = plan(seen);

    boolean ownHost =
        seen.unreached().stream()
            .anyMatch(p -> p.where() == Where.LEAVING || p.where() == Where.ARRIVING);
    if (seen.answered() > 0) {
      assertThat(found.reason()).isEqualTo(Reason.PeersAnswer);
      if (!ownHost) {
        assertThat(found.findings()).noneMatch(NodeFinding::blocking);
      }
    }
  }

  @Property(tries = 200)
  void withoutProbesNothingIsHeldAgainstTheNode(
      @ForAll State state, @ForAll Proof proof, @ForAll @IntRange(max = 3) int peers) {
    if (proof != Proof.PROBES && proof != Proof.ECHO) {
      Reachable found =
          ReachabilityPlanner.plan(
              state, "", path(peers), Optional.of(Reachability.without(proof)), Optional.empty());

      assertThat(found.status()).isNotEqualTo(ConditionStatus.False);
      assertThat(found.findings()).isEmpty();
    }
  }

  @Property(tries = 200)
  void anUnprogrammedNodeIsNotJudgedByItsPeers(@ForAll("states") Reachability seen) {
    Reachable found =
        ReachabilityPlanner.plan(State.FAILED, "", path(3), Optional.of(seen), Optional.empty());

    assertThat(found.reason()).isEqualTo(Reason.NotProgrammed);
    assertThat(found.findings()).isEmpty();
  }

  @Property(tries = 200)
  void theOrderOfPeersDecidesNothing(@ForAll("states") Reachability seen, @ForAll long seed) {
    List<UnreachedPeer> shuffled = new ArrayList<>(seen.unreached());
    Collections.shuffle(shuffled, new Random(seed));
    Reachable other =
        plan(new Reachability(seen.proof(), seen.probed(), seen.answered(), shuffled));

    assertThat(other.reason()).isEqualTo(plan(seen).reason());
    assertThat(other.findings().stream().filter(NodeFinding::blocking).count())
        .isEqualTo(plan(seen).findings().stream().filter(NodeFinding::blocking).count());
  }

  /** However many peers are lost: places, large packets, never answered, and the node itself. */
  @Property(tries = 300)
  void theFindingsAreFew(@ForAll("states") Reachability seen) {
    assertThat(plan(seen).findings()).hasSizeLessThanOrEqualTo(3 * (5 + 5 + 1) + 1);
    assertThat(plan(seen).findings()).allMatch(f -> !f.remedy().isEmpty());
  }

  private boolean counts(UnreachedPeer p) {
    return p.lives()
        && p.everAnswered()
        && (p.cause() == Cause.SILENT || p.cause() == Cause.REJECTED);
  }

  private static Reachable plan(Reachability seen) {
    return ReachabilityPlanner.plan(State.READY, "", path(30), Optional.of(seen), Optional.empty());
  }

  private static Optional<NodeStatus.DataPathStatus> path(int peers) {
    return Optional.of(
        new NodeStatus.DataPathStatus(
            "tweed.1", 1450, "eth0", "192.0.2.1", 8472, List.of("eth0"), peers, peers));
  }

  @Provide
  Arbitrary<Reachability> states() {
    return Combinators.combine(Arbitraries.integers().between(0, 3), peer().list().ofMaxSize(30))
        .as(
            (answering, peers) -> {
              int large = (int) peers.stream().filter(p -> p.cause() == Cause.LARGE_LOST).count();
              return new Reachability(
                  Proof.PROBES, answering + peers.size(), answering + large, peers);
            });
  }

  private static Arbitrary<UnreachedPeer> peer() {
    return Combinators.combine(
            Arbitraries.integers().between(2, 250),
            Arbitraries.of(Cause.class),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            Arbitraries.of(Where.class))
        .as(
            (node, cause, everAnswered, lives, where) ->
                new UnreachedPeer(
                    "n" + node,
                    IpPrefix.parse("10.244." + node + ".0/24"),
                    cause,
                    everAnswered,
                    lives,
                    Instant.EPOCH,
                    Optional.empty(),
                    cause == Cause.LARGE_LOST ? OptionalInt.of(1400) : OptionalInt.empty(),
                    where));
  }
}
