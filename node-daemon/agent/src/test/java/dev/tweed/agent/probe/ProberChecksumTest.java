package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Trials of the offload by the thread, with a card and a time that the test makes up. */
class ProberChecksumTest {

  private static final String TUNNEL = "tweed.1";
  private static final ProbeTargets TUNNELLED =
      SampleTargets.tunnelled(SampleTargets.of(3, 0), TUNNEL, 1);

  /** What was told, and which switch was turned, in order. */
  private final List<Object> events = Collections.synchronizedList(new ArrayList<>());

  private volatile boolean on = true;
  private volatile boolean cardDamages;
  private volatile boolean allDamages;
  private volatile boolean refuses;
  private volatile long now;
  private Optional<Prober> prober = Optional.empty();

  private final ProbeTransport transport =
      new ProbeTransport() {
        private final List<ProbeAnswer> answers = new ArrayList<>();

        @Override
        public void from(List<ProbeTargets.Source> sources) {}

        @Override
        public Optional<Outcome.NotSent> send(ProbeScheduler.Probe probe) {
          boolean lost = probe.summedByCard() && (allDamages || cardDamages && on);
          if (!lost || !probe.to().node().equals("n1")) {
            answers.add(new ProbeAnswer(probe.to().address(), probe.tag(), new Outcome.Arrived()));
          }
          return Optional.empty();
        }

        @Override
        public boolean offloadsChecksums(String device) {
          assertThat(device).isEqualTo(TUNNEL);
          return on;
        }

        @Override
        public void offloadChecksums(String device, boolean wanted) {
          assertThat(device).isEqualTo(TUNNEL);
          if (refuses) {
            throw NetlinkException.systemCall("ioctl(SIOCETHTOOL, tweed.1)", Errno.EPERM);
          }
          on = wanted;
          events.add(wanted);
        }

        @Override
        public void await(Duration time) {
          Thread.yield();
          now += answers.isEmpty() ? Math.min(time.toNanos(), ProbeScheduler.ROUND) : 1;
        }

        @Override
        public void drain(Consumer<ProbeAnswer> taker) {
          answers.forEach(taker);
          answers.clear();
        }

        @Override
        public void wakeUp() {}

        @Override
        public void close() {}
      };

  @AfterEach
  void close() {
    prober.ifPresent(Prober::close);
  }

  private Prober start(ProbeTargets targets, Optional<TxChecksum> earlier) {
    Prober started =
        new Prober(
            transport,
            (address, port) ->
                new KubeletProber.Connection() {
                  @Override
                  public boolean answered() {
                    return true;
                  }

                  @Override
                  public void close() {}
                },
            unreached -> Map.of(),
            events::add,
            new CountingMeter(),
            () -> now,
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
    earlier.ifPresent(
        said ->
            started.remember(
                new Reachability(Proof.PROBES, 2, 2, 0, List.of(), new TreeMap<>(), said)));
    prober = Optional.of(started);
    started.start();
    started.targets(targets);
    return started;
  }

  private Reachability awaitTold(Predicate<Reachability> wanted) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(1))
        .until(
            () ->
                List.copyOf(events).stream()
                    .filter(Reachability.class::isInstance)
                    .map(Reachability.class::cast)
                    .filter(wanted)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private Reachability awaitTold(TxChecksum wanted) {
    return awaitTold(found -> found.txChecksum() == wanted);
  }

  @Test
  void aTrialIsToldBeforeItBegins() {
    cardDamages = true;
    start(TUNNELLED, Optional.empty());

    Reachability damages = awaitTold(TxChecksum.DAMAGES);

    // Then whoever comes after a process that was killed knows of it
    assertThat(damages.tunnel()).isEqualTo(TUNNEL);
    assertThat(on).isFalse();
    List<Object> before = events.subList(0, events.indexOf(false));
    assertThat(before).anySatisfy(ProberChecksumTest::isTrying);
  }

  private static void isTrying(Object event) {
    assertThat(event)
        .isInstanceOfSatisfying(
            Reachability.class, told -> assertThat(told.txChecksum()).isEqualTo(TxChecksum.TRYING));
  }

  @Test
  void theTrialOfAProcessThatWasKilledIsEnded() {
    on = false;
    start(TUNNELLED, Optional.of(TxChecksum.TRYING));

    awaitTold(TxChecksum.WORKS);

    assertThat(on).isTrue();
  }

  @Test
  void soItIsWhereNobodyAsksAnyMore() {
    on = false;
    ProbeTargets disabled =
        new ProbeTargets(false, TUNNELLED.own(), TUNNELLED.peers(), TUNNELLED.podMtu());
    start(disabled, Optional.of(TxChecksum.TRYING));
    awaitTold(found -> found.proof() == Proof.OFF);
    assertThat(on).isTrue();
  }

  @Test
  void probesThatAreSwitchedOffEndATrial() {
    allDamages = true;
    Prober started = start(TUNNELLED, Optional.empty());
    await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(1)).until(() -> !on);

    started.targets(
        new ProbeTargets(false, TUNNELLED.own(), TUNNELLED.peers(), TUNNELLED.podMtu()));

    awaitTold(found -> found.proof() == Proof.OFF);
    assertThat(on).isTrue();
  }

  @Test
  void whatWasOffBeforeStaysOff() {
    on = false;
    start(TUNNELLED, Optional.of(TxChecksum.OFF));
    awaitTold(TxChecksum.OFF);
    assertThat(events).doesNotContain(true);
  }

  @Test
  void whatCannotBeSwitchedIsToldWithTheReasonAndJudgesNobody() {
    cardDamages = true;
    refuses = true;
    start(TUNNELLED, Optional.empty());

    Reachability told = awaitTold(TxChecksum.NOT_SWITCHED);
    assertThat(told.notSwitched()).contains("ioctl(SIOCETHTOOL, tweed.1)", "EPERM");
    assertThat(on).isTrue();

    // And once it is allowed it is found out
    refuses = false;
    awaitTold(TxChecksum.DAMAGES);
    assertThat(on).isFalse();
  }

  @Test
  void peersThatAPlainRouteLeadsToNeitherBeginNorEndATrial() {
    // Given one of them whose packets are damaged
    cardDamages = true;
    start(SampleTargets.tunnelled(SampleTargets.of(3, 0), TUNNEL, 2), Optional.empty());
    awaitTold(found -> found.unreached().size() == 1);
    long begin = now;
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> now - begin > Duration.ofMinutes(5).toNanos());

    assertThat(on).isTrue();
    assertThat(events).doesNotContain(false);
  }
}
