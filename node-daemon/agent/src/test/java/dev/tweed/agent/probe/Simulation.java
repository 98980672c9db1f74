package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import dev.tweed.agent.probe.ProbeTargets.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Probing over a network that a test makes up, in a time that it lets pass. */
final class Simulation {

  /** A packet that was sent. */
  record Packet(long at, String node, int bytes) {}

  /**
   * An answer on its way.
   *
   * @param lost small probes to the node that were lost before the answered one was sent
   */
  private record Coming(long at, String node, int lost, ProbeAnswer answer) {}

  static final int SMALL = 36;
  static final Duration ROUND_TRIP = Duration.ofMillis(5);

  final CountingMeter meter = new CountingMeter();
  final List<Packet> packets = new ArrayList<>();

  /** By node: small probes that were lost. */
  private final Map<String, Integer> lost = new HashMap<>();

  /** By node: those of them that were lost before one whose answer has come. */
  private final Map<String, Integer> lostBeforeAnswer = new HashMap<>();

  final ProbeScheduler probing;
  long now;
  Instant time = Instant.parse("2026-01-01T00:00:00Z");

  /** What becomes of a packet of so many bytes to that peer; empty when it is lost. */
  Network network = (to, bytes) -> Optional.of(new Outcome.Arrived());

  /** The same of packets that leave no checksum to the card, where that differs. */
  Optional<Network> twins = Optional.empty();

  interface Network {
    Optional<Outcome> send(Target to, int bytes);
  }

  /** Looked at after each turn. */
  Runnable check = () -> {};

  private final PriorityQueue<Coming> coming =
      new PriorityQueue<>((a, b) -> Long.compare(a.at() - now, b.at() - now));

  /** The monotonic clock begins there. */
  Simulation(long begin) {
    now = begin;
    AtomicLong tags = new AtomicLong(1);
    probing = new ProbeScheduler(tags::getAndIncrement, meter, now);
  }

  static Simulation of(ProbeTargets targets) {
    Simulation simulation = new Simulation(0);
    simulation.probing.take(targets, 0);
    return simulation;
  }

  /** Lets time pass, by the deadlines; each costs a wake-up. Returns how many there were. */
  int run(Duration duration) {
    long end = now + duration.toNanos();
    int turns = 0;
    while (true) {
      turn();
      turns++;
      long next = probing.deadline(now);
      if (!coming.isEmpty() && coming.peek().at() - next < 0) {
        next = coming.peek().at();
      }
      if (next - end > 0) {
        pass(end - now);
        return turns;
      }
      pass(Math.max(1, next - now));
    }
  }

  private void pass(long nanos) {
    now += nanos;
    time = time.plusNanos(nanos);
  }

  private void turn() {
    while (!coming.isEmpty() && coming.peek().at() - now <= 0) {
      Coming next = coming.poll();
      lostBeforeAnswer.merge(next.node(), next.lost(), Math::max);
      probing.take(next.answer(), now);
    }
    for (ProbeScheduler.Probe probe : probing.advance(now, time)) {
      int bytes = probe.payload() + PeerProbe.headerBytes(probe.to().block().family());
      packets.add(new Packet(now, probe.to().node(), bytes));
      Optional<Outcome> outcome =
          (probe.summedByCard() ? network : twins.orElse(network)).send(probe.to(), bytes);
      boolean small = bytes == SMALL && probe.summedByCard();
      boolean arrives = outcome.filter(n -> n instanceof Outcome.Arrived).isPresent();
      if (small && !arrives && outcome.filter(n -> n instanceof Outcome.NotSent).isEmpty()) {
        lost.merge(probe.to().node(), 1, Integer::sum);
      }
      ProbeAnswer answer =
          new ProbeAnswer(probe.to().address(), probe.tag(), outcome.orElse(new Outcome.Arrived()));
      if (outcome.isPresent()) {
        if (outcome.get() instanceof Outcome.NotSent) {
          probing.take(answer, now);
        } else {
          String node = probe.to().node();
          int before = small && arrives ? lost.getOrDefault(node, 0) : 0;
          coming.add(new Coming(now + ROUND_TRIP.toNanos(), node, before, answer));
        }
      }
    }
    check.run();
  }

  /** Small probes in a row that were lost since the last one whose answer has come. */
  int unanswered(String node) {
    return lost.getOrDefault(node, 0) - lostBeforeAnswer.getOrDefault(node, 0);
  }

  Reachability found() {
    return probing.reachability(now);
  }

  /** Runs until something is found; the time that took. */
  Duration until(Function<Reachability, Boolean> wanted) {
    long begin = now;
    while (!wanted.apply(found())) {
      run(Duration.ofMillis(20));
      if (now - begin > Duration.ofMinutes(10).toNanos()) {
        throw new AssertionError("never found; last " + found());
      }
    }
    return Duration.ofNanos(now - begin);
  }
}
