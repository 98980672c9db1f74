package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The thread, with a network and a time that the test makes up. */
class ProberTest {

  private final BlockingQueue<Reachability> told = new LinkedBlockingQueue<>();
  private final BlockingQueue<Integer> traced = new LinkedBlockingQueue<>();
  private volatile boolean answering = true;
  private volatile boolean broken;
  private volatile boolean untraceable;
  private volatile long now;
  private volatile boolean closed;

  /** Answers at once; waiting takes no time. */
  private final ProbeTransport transport =
      new ProbeTransport() {
        private final List<ProbeAnswer> answers = new ArrayList<>();

        @Override
        public void from(List<ProbeTargets.Source> sources) {}

        @Override
        public Optional<Outcome.NotSent> send(ProbeScheduler.Probe probe) {
          if (broken) {
            throw new IllegalStateException("broken");
          }
          if (answering) {
            answers.add(new ProbeAnswer(probe.to().address(), probe.tag(), new Outcome.Arrived()));
          }
          return Optional.empty();
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
        public boolean offloadsChecksums(String device) {
          throw new AssertionError("there is no tunnel");
        }

        @Override
        public void offloadChecksums(String device, boolean on) {
          throw new AssertionError("there is no tunnel");
        }

        @Override
        public void wakeUp() {}

        @Override
        public void close() {
          closed = true;
        }
      };

  private record Dead() implements KubeletProber.Connection {
    @Override
    public boolean answered() {
      return false;
    }

    @Override
    public void close() {}
  }

  private final Prober prober =
      new Prober(
          transport,
          (address, port) -> new Dead(),
          unreached -> {
            if (untraceable && !unreached.isEmpty()) {
              throw new NoClassDefFoundError("untraceable");
            }
            traced.add(unreached.size());
            return Map.of(
                SampleTargets.target(1).block(), new PathTrace.Located(Where.BEYOND, "there"));
          },
          told::add,
          new CountingMeter(),
          () -> now,
          Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));

  @AfterEach
  void close() {
    prober.close();
    assertThat(closed).isTrue();
  }

  private Reachability next(Proof proof, int unreached) throws InterruptedException {
    while (true) {
      Reachability found = told.poll(10, TimeUnit.SECONDS);
      assertThat(found).isNotNull();
      if (found.proof() == proof && found.unreached().size() == unreached) {
        return found;
      }
    }
  }

  @Test
  void eachChangeIsToldOnceWithWherePacketsAreLost() throws InterruptedException {
    prober.start();
    prober.targets(SampleTargets.of(2, 0));
    next(Proof.PROBES, 0);
    answering = false;

    UnreachedPeer silent = next(Proof.PROBES, 1).unreached().getFirst();

    assertThat(silent.where()).isEqualTo(Where.BEYOND);
    assertThat(silent.detail()).isEqualTo("there");
    assertThat(traced.poll(10, TimeUnit.SECONDS)).as("at the beginning").isZero();
    assertThat(traced.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
    answering = true;
    next(Proof.PROBES, 0);

    // Then the tracer learns of the end, and nothing more is told
    while (traced.poll(10, TimeUnit.SECONDS) > 0) {}
    long begin = now;
    while (now - begin < Duration.ofMinutes(10).toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(told).isEmpty();
    assertThat(traced).isEmpty();
  }

  @Test
  void nothingIsToldBeforeItIsKnownWhetherToProbe() throws InterruptedException {
    prober.start();
    while (now < Duration.ofMinutes(1).toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(told).isEmpty();

    prober.targets(ProbeTargets.NONE);

    next(Proof.OFF, 0);
  }

  @Test
  void aFailureEndsNothing() throws InterruptedException {
    broken = true;
    prober.start();
    prober.targets(SampleTargets.of(2, 0));
    long begin = now;
    while (now - begin < Duration.ofMinutes(1).toNanos()) {
      Thread.onSpinWait();
    }

    broken = false;

    assertThat(next(Proof.PROBES, 0).answered()).isEqualTo(1);
  }

  @Test
  void whoIsSilentIsToldThoughWhereCannotBe() throws InterruptedException {
    prober.start();
    prober.targets(SampleTargets.of(2, 0));
    next(Proof.PROBES, 0);
    untraceable = true;
    answering = false;

    assertThat(next(Proof.PROBES, 1).unreached().getFirst().where()).isEqualTo(Where.UNKNOWN);
  }
}
