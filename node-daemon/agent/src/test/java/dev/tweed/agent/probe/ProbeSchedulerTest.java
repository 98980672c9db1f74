package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import dev.tweed.agent.probe.ProbeMeter.Result;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.Simulation.Packet;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What is sent, and what follows from what comes back. */
class ProbeSchedulerTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Example
  void healthyPeersCostOneWakeUpARound() {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));

    simulation.run(MINUTE);
    simulation.packets.clear();
    int turns = simulation.run(MINUTE);

    // Then there is one to send, and one for the answers, which come together here
    assertThat(turns).isBetween(20, 22);
    assertThat(simulation.packets).filteredOn(p -> p.bytes() == Simulation.SMALL).hasSize(20);
    assertThat(simulation.found())
        .isEqualTo(
            new Reachability(
                Proof.PROBES,
                2,
                2,
                List.of(),
                Map.of(
                    SampleTargets.target(1).block(), "n1", SampleTargets.target(2).block(), "n2")));
  }

  @Example
  void aSilentPeerBehindATunnelThatAnswersWhatNeedsNoCardIsSilentAndKnownForIt() {
    Simulation simulation =
        Simulation.of(SampleTargets.tunnelled(SampleTargets.of(4, 0), "tweed.1", 1, 2));
    simulation.run(Duration.ofSeconds(1));
    assertThat(simulation.probing.answeringTwinsOnly("tweed.1")).isEmpty();
    assertThat(simulation.probing.answering("tweed.1")).hasSize(2);

    // Given checksums that are damaged on the way to one, and to one that a plain route leads to
    simulation.network =
        (to, bytes) ->
            to.node().equals("n2") ? Optional.of(new Outcome.Arrived()) : Optional.empty();
    simulation.twins = Optional.of((to, bytes) -> Optional.of(new Outcome.Arrived()));
    simulation.run(MINUTE);

    assertThat(simulation.found().unreached())
        .extracting(UnreachedPeer::cause)
        .containsExactly(Cause.SILENT, Cause.SILENT);
    assertThat(simulation.probing.answeringTwinsOnly("tweed.1"))
        .containsExactly(SampleTargets.target(1).block());
    assertThat(simulation.probing.answering("tweed.1"))
        .containsExactly(SampleTargets.target(2).block());
    assertThat(simulation.probing.answeringTwinsOnly("tweed6.1")).isEmpty();
    assertThat(simulation.probing.answering("tweed6.1")).isEmpty();

    // And when it is over it is
    simulation.network = (to, bytes) -> Optional.of(new Outcome.Arrived());
    simulation.run(Duration.ofSeconds(10));
    assertThat(simulation.probing.answeringTwinsOnly("tweed.1")).isEmpty();
    assertThat(simulation.probing.answering("tweed.1")).hasSize(2);
  }

  @Example
  void manyPeersAreAskedForALargePacketOnceAMinute() {
    Simulation simulation = Simulation.of(SampleTargets.of(13, 0));
    simulation.run(MINUTE);
    simulation.packets.clear();

    int turns = simulation.run(MINUTE.multipliedBy(10));

    assertThat(simulation.packets)
        .filteredOn(p -> p.bytes() == SampleTargets.MTU)
        .hasSizeBetween(12 * 10, 12 * 21);
    assertThat(turns).isLessThan(220);
  }

  @Property(tries = 50)
  void aFaultIsFoundInTenSecondsAndItsEndToo(@ForAll @IntRange(max = 6000) int millis) {
    Simulation simulation = Simulation.of(SampleTargets.of(4, 0));
    simulation.run(MINUTE.plusMillis(millis));

    simulation.network =
        (to, bytes) ->
            to.node().equals("n1") ? Optional.empty() : Optional.of(new Outcome.Arrived());
    Duration found = simulation.until(r -> !r.unreached().isEmpty());

    assertThat(found).isLessThan(Duration.ofSeconds(10));
    UnreachedPeer peer = simulation.found().unreached().getFirst();
    assertThat(peer.node()).isEqualTo("n1");
    assertThat(peer.cause()).isEqualTo(Cause.SILENT);
    assertThat(peer.everAnswered()).isTrue();
    assertThat(simulation.unanswered("n1")).isGreaterThanOrEqualTo(3);
    assertThat(simulation.found().answered()).isEqualTo(2);

    simulation.network = (to, bytes) -> Optional.of(new Outcome.Arrived());
    assertThat(simulation.until(r -> r.unreached().isEmpty())).isLessThan(Duration.ofMillis(6100));
  }

  @Example
  void twoLostPacketsAreNoNews() {
    Simulation simulation = Simulation.of(SampleTargets.of(4, 0));
    simulation.run(MINUTE);
    simulation.network =
        (to, bytes) ->
            bytes == Simulation.SMALL && simulation.unanswered(to.node()) < 2
                ? Optional.empty()
                : Optional.of(new Outcome.Arrived());
    simulation.check = () -> assertThat(simulation.found().unreached()).isEmpty();

    simulation.run(MINUTE);
  }

  @Property(tries = 5)
  void flappingPeersByTheThousandStayWithinTheBudgetAndAreJudgedFairly(@ForAll long seed) {
    Random random = new Random(seed);
    int nodes = random.nextBoolean() ? 2000 : 25;
    Simulation simulation = new Simulation(random.nextLong());
    simulation.probing.take(SampleTargets.of(nodes, 0), simulation.now);
    Set<String> up = new HashSet<>();
    simulation.network =
        (to, bytes) -> {
          if (random.nextInt(8) == 0 && !up.remove(to.node())) {
            up.add(to.node());
          }
          return up.contains(to.node()) ? Optional.of(new Outcome.Arrived()) : Optional.empty();
        };
    simulation.check = fairness(simulation);

    for (int i = 0; i < 30; i++) {
      int last = nodes - random.nextInt(nodes / 2);
      simulation.probing.take(SampleTargets.of(last, 0), simulation.now);
      simulation.run(Duration.ofMillis(random.nextInt(60_000)));
      if (random.nextInt(4) == 0) {
        simulation.time = simulation.time.plusSeconds(random.nextInt(200_000) - 100_000);
      }
    }

    assertWithinBudget(simulation.packets);
  }

  private static void assertWithinBudget(List<Packet> packets) {
    // A leaking bucket: never more in it than what was saved
    double level = 0;
    long before = packets.getFirst().at();
    for (Packet packet : packets) {
      level = Math.max(0, level - (packet.at() - before) * 1e-6) + packet.bytes();
      before = packet.at();
      assertThat(level).isLessThanOrEqualTo(ProbeBudget.SAVED + 1);
    }
  }

  @Property(tries = 50)
  void aPeerIsSilentOnlyAfterThreeUnansweredInARow(@ForAll long seed) {
    Random random = new Random(seed);
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.network =
        (to, bytes) ->
            switch (random.nextInt(4)) {
              case 0 -> Optional.of(new Outcome.Arrived());
              case 1 -> Optional.of(new Outcome.NotSent(random.nextBoolean()));
              default -> Optional.empty();
            };
    simulation.check = fairness(simulation);

    simulation.run(MINUTE.multipliedBy(5));
  }

  /** Who becomes silent has not answered three in a row. */
  private static Runnable fairness(Simulation simulation) {
    Set<String> silent = new HashSet<>();
    return () -> {
      Set<String> now = new HashSet<>();
      for (UnreachedPeer peer : simulation.found().unreached()) {
        if (peer.cause() == Cause.SILENT) {
          now.add(peer.node());
          if (!silent.contains(peer.node())) {
            assertThat(simulation.unanswered(peer.node())).isGreaterThanOrEqualTo(3);
          }
        }
      }
      silent.clear();
      silent.addAll(now);
    };
  }

  @Example
  void forgedAnswersAreCountedAndChangeNothing() {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.network = (to, bytes) -> Optional.empty();
    simulation.until(r -> r.unreached().size() == 2);
    Reachability before = simulation.found();
    IpAddress peer = SampleTargets.target(1).address();

    for (Outcome outcome :
        List.of(
            new Outcome.Arrived(),
            new Outcome.Refused(peer),
            new Outcome.TooBig(100),
            new Outcome.NotSent(true))) {
      simulation.probing.take(new ProbeAnswer(peer, 0x5eed, outcome), simulation.now);
      simulation.probing.take(
          new ProbeAnswer(SampleTargets.target(77).address(), 1, outcome), simulation.now);
    }

    assertThat(simulation.found()).isEqualTo(before);
    assertThat(simulation.meter.of(Result.IGNORED)).isEqualTo(8);
  }

  @Example
  void anAnswerOfAnotherPeersProbeIsNone() {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.network = (to, bytes) -> Optional.empty();
    simulation.until(r -> r.unreached().size() == 2);

    // When the tag of the packet to one comes back from the other
    long mine = simulation.packets.size();
    String asked = simulation.packets.getLast().node();
    int other = asked.equals("n1") ? 2 : 1;
    simulation.probing.take(
        new ProbeAnswer(SampleTargets.target(other).address(), mine, new Outcome.Arrived()),
        simulation.now);

    assertThat(simulation.found().answered()).isZero();
  }

  @Example
  void whatDoesNotLeaveThisHostMakesNobodySilent() {
    Simulation simulation = Simulation.of(SampleTargets.of(5, 0));
    simulation.network = (to, bytes) -> Optional.of(new Outcome.NotSent(false));
    simulation.check = () -> assertThat(simulation.found().unreached()).isEmpty();
    simulation.run(MINUTE);
    assertThat(simulation.found()).isEqualTo(new Reachability(Proof.PROBES, 0, 0, List.of()));

    // And so it is when it begins later
    simulation.network = (to, bytes) -> Optional.of(new Outcome.Arrived());
    simulation.run(MINUTE);
    assertThat(simulation.found().answered()).isEqualTo(4);
    simulation.network = (to, bytes) -> Optional.of(new Outcome.NotSent(false));
    simulation.run(MINUTE);
    assertThat(simulation.found().probed()).isZero();
    assertThat(simulation.found().unreached()).isEmpty();
  }

  @Example
  void thatThisHostRefusesToSendIsTold() {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.network = (to, bytes) -> Optional.of(new Outcome.NotSent(true));
    simulation.run(MINUTE);

    // Then nobody is known to be silent
    Reachability found = simulation.found();
    assertThat(found.probed()).isZero();
    assertThat(found.unreached())
        .hasSize(2)
        .allMatch(p -> p.cause() == Cause.NOT_SENT && p.where() == Where.LEAVING && !p.lives());
    assertThat(simulation.probing.silentNodes()).isEmpty();

    // And one that is silent is so once probes leave
    simulation.network = (to, bytes) -> Optional.empty();
    simulation.run(MINUTE);
    assertThat(simulation.found().unreached()).allMatch(p -> p.cause() == Cause.SILENT);
    simulation.network = (to, bytes) -> Optional.of(new Outcome.Arrived());
    simulation.run(MINUTE);
    assertThat(simulation.found().unreached()).isEmpty();
  }

  @Example
  void whoRefusesIsTold() {
    IpAddress firewall = IpAddress.parse("10.0.1.1");
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.network = (to, bytes) -> Optional.of(new Outcome.Refused(firewall));

    assertThat(simulation.until(r -> r.unreached().size() == 2)).isLessThan(Duration.ofSeconds(5));
    assertThat(simulation.found().unreached())
        .allMatch(peer -> peer.cause() == Cause.REJECTED && !peer.everAnswered())
        .allMatch(peer -> peer.offender().equals(Optional.of(firewall)));

    // And no longer when packets are dropped instead
    simulation.network = (to, bytes) -> Optional.empty();
    simulation.until(r -> r.unreached().stream().allMatch(p -> p.cause() == Cause.SILENT));
  }

  @Property(tries = 25)
  void theLargestPacketThatPassesIsFound(@ForAll @IntRange(min = 36, max = 1449) int passes) {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.run(MINUTE);
    simulation.network =
        (to, bytes) -> bytes <= passes ? Optional.of(new Outcome.Arrived()) : Optional.empty();

    assertThat(simulation.until(r -> r.unreached().size() == 2)).isLessThan(Duration.ofSeconds(10));
    assertThat(simulation.found().unreached())
        .allMatch(peer -> peer.cause() == Cause.LARGE_LOST && peer.lives());
    simulation.packets.clear();
    simulation.until(
        r -> r.unreached().stream().allMatch(p -> p.largest().equals(OptionalInt.of(passes))));
    assertThat(simulation.packets)
        .filteredOn(p -> p.bytes() > Simulation.SMALL)
        .hasSizeLessThan(60);

    // And what it costs afterwards is the same as before
    simulation.packets.clear();
    simulation.run(MINUTE);
    assertThat(simulation.packets).hasSizeLessThan(45);
    simulation.network = (to, bytes) -> Optional.of(new Outcome.Arrived());
    assertThat(simulation.until(r -> r.unreached().isEmpty())).isLessThan(Duration.ofSeconds(7));
  }

  @Property(tries = 25)
  void thatLargePacketsPassAgainIsFoundInTenSecondsAlsoDuringTheSearch(
      @ForAll @IntRange(min = 36, max = 1449) int passes,
      @ForAll @IntRange(max = 12_000) int millis) {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.run(MINUTE);
    simulation.network =
        (to, bytes) -> bytes <= passes ? Optional.of(new Outcome.Arrived()) : Optional.empty();
    simulation.until(r -> r.unreached().size() == 2);
    simulation.run(Duration.ofMillis(millis));

    simulation.network = (to, bytes) -> Optional.of(new Outcome.Arrived());

    assertThat(simulation.until(r -> r.unreached().isEmpty())).isLessThan(Duration.ofSeconds(10));
  }

  @Example
  void aSizeThatPodsAreToldIsNoLoss() {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.network =
        (to, bytes) ->
            Optional.of(bytes <= 1300 ? new Outcome.Arrived() : new Outcome.TooBig(1300));
    simulation.check = () -> assertThat(simulation.found().unreached()).isEmpty();
    simulation.run(MINUTE);

    // But a lie is one
    simulation.check = () -> {};
    simulation.network =
        (to, bytes) ->
            bytes > 1300
                ? Optional.of(new Outcome.TooBig(1300))
                : bytes > 1200 ? Optional.empty() : Optional.of(new Outcome.Arrived());
    simulation.until(
        r ->
            r.unreached().stream().filter(p -> p.largest().equals(OptionalInt.of(1200))).count()
                == 2);
  }

  @Example
  void aBlockThatMovesHasNeverAnswered() {
    Simulation simulation = Simulation.of(SampleTargets.of(2, 0));
    simulation.run(MINUTE);
    simulation.network = (to, bytes) -> Optional.empty();
    ProbeTargets.Target old = SampleTargets.target(1);
    IpPrefix block = IpPrefix.parse("10.9.9.0/24");

    simulation.probing.take(
        new ProbeTargets(
            true,
            List.of(SampleTargets.source(0)),
            List.of(
                new ProbeTargets.Target(
                    old.node(),
                    block,
                    IpAddress.parse("10.9.9.254"),
                    old.nodeIps(),
                    Optional.empty())),
            1450),
        simulation.now);

    simulation.until(r -> !r.unreached().isEmpty());
    assertThat(simulation.found().unreached().getFirst().everAnswered()).isFalse();
  }

  @Example
  void whoAnsweredAnEarlierProcessHasAnswered() {
    ProbeTargets targets = SampleTargets.of(4, 0);
    Simulation earlier = Simulation.of(targets);
    earlier.network =
        (to, bytes) ->
            to.node().equals("n3") ? Optional.empty() : Optional.of(new Outcome.Arrived());
    earlier.run(MINUTE);

    // When the next one hears nobody from its beginning on, nor does the one after it
    Reachability last = earlier.found();
    for (int process = 0; process < 2; process++) {
      Simulation next = new Simulation(0);
      next.network = (to, bytes) -> Optional.empty();
      next.probing.remember(last);
      next.probing.take(targets, 0);
      next.until(r -> r.unreached().size() == 3);
      last = next.found();
    }

    // Then who answered the first one counts as before
    assertThat(last.unreached())
        .filteredOn(UnreachedPeer::everAnswered)
        .extracting(UnreachedPeer::node)
        .containsExactly("n1", "n2");
  }

  @Example
  void otherPeersToAskAreNoNewsWhileAllAnswer() {
    Simulation simulation = Simulation.of(SampleTargets.of(100, 0));
    simulation.run(MINUTE);
    List<Reachability> told = new ArrayList<>(List.of(reported(simulation)));
    simulation.check =
        () -> {
          if (!told.getLast().equals(reported(simulation))) {
            told.add(reported(simulation));
          }
        };
    simulation.run(MINUTE.multipliedBy(30));

    assertThat(told).containsExactly(new Reachability(Proof.PROBES, 12, 12, List.of()));
    assertThat(simulation.found().everAnswered()).hasSize(12);

    // Unless one of them does not
    simulation.network = (to, bytes) -> Optional.empty();
    simulation.run(MINUTE);
    assertThat(told.getLast().answered()).isZero();
    assertThat(told.getLast().unreached()).hasSizeGreaterThanOrEqualTo(12);
  }

  /** What is found but for what only the next process needs. */
  private static Reachability reported(Simulation simulation) {
    Reachability found = simulation.found();
    return new Reachability(found.proof(), found.probed(), found.answered(), found.unreached());
  }

  @Example
  void whatIsNotProbedIsSaid() {
    Simulation simulation = Simulation.of(SampleTargets.of(3, 0));
    simulation.run(Duration.ofMillis(1));
    assertThat(simulation.found()).isEqualTo(Reachability.without(Proof.NOT_YET));
    simulation.packets.clear();

    simulation.probing.take(new ProbeTargets(true, List.of(), List.of(), 1450), 0);
    simulation.run(MINUTE);
    assertThat(simulation.found()).isEqualTo(Reachability.without(Proof.TOO_SMALL));

    simulation.probing.take(ProbeTargets.NONE, simulation.now);
    simulation.run(MINUTE);
    assertThat(simulation.found()).isEqualTo(Reachability.without(Proof.OFF));
    assertThat(simulation.packets).isEmpty();
  }
}
