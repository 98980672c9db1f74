package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Decides what to send when, and what the answers mean, without a socket or a clock. Times are
 * nanoseconds of any monotonic clock; the time of day only numbers the steps of the rotation and
 * says since when something is.
 */
final class ProbeScheduler {

  /** All peers are asked at once, so often. */
  static final long ROUND = Duration.ofSeconds(6).toNanos();

  private static final long LARGE_EVERY = Duration.ofSeconds(60).toNanos();

  /** What large probes may use of the budget on average: few peers are asked more often. */
  private static final int LARGE_BYTES_PER_SECOND = 500;

  /** After so long it no longer matters that nobody knows of some peers. */
  private static final long FIRST_LOOK = Duration.ofSeconds(10).toNanos();

  /**
   * A packet to send.
   *
   * @param tag what its payload begins with
   * @param payload bytes after the UDP header
   * @param summedByCard whether its checksum of UDP is left to the network card; else it has none,
   *     or over IPv6, which wants one, this host's
   */
  record Probe(Source from, Target to, long tag, int payload, boolean summedByCard) {}

  /** A peer is another one when its block changes. */
  private record Key(String node, IpPrefix block) {
    static Key of(Target target) {
      return new Key(target.node(), target.block());
    }
  }

  private final LongSupplier tags;
  private final ProbeMeter meter;
  private final ProbeBudget budget;
  private ProbeTargets targets = ProbeTargets.NONE;
  private Map<Key, PeerProbe> peers = new LinkedHashMap<>();
  private final Map<IpAddress, PeerProbe> byAddress = new HashMap<>();
  private final Set<Key> answeredOnce = new HashSet<>();
  private long step = Long.MIN_VALUE;
  private long round;
  private long smallFrom;
  private long largeFrom;
  private long begun;
  private boolean settled;
  private Reachability last = Reachability.without(Proof.NOT_YET);

  /**
   * @param tags gives numbers that nobody can guess
   */
  ProbeScheduler(LongSupplier tags, ProbeMeter meter, long now) {
    this.tags = tags;
    this.meter = meter;
    this.budget = new ProbeBudget(now);
    this.round = now;
  }

  /** Takes what can be probed from now on. */
  void take(ProbeTargets next, long now) {
    if (!next.enabled() || !next.own().equals(targets.own()) || !targets.enabled()) {
      forget();
      begun = now;
      settled = false;
    }
    targets = next;
    step = Long.MIN_VALUE;
    Set<Key> existing = next.peers().stream().map(Key::of).collect(Collectors.toSet());
    answeredOnce.retainAll(existing);
  }

  /** Takes over from an earlier process who has answered it. */
  void remember(Reachability earlier) {
    earlier.everAnswered().forEach((block, node) -> answeredOnce.add(new Key(node, block)));
  }

  private void forget() {
    peers = new LinkedHashMap<>();
    byAddress.clear();
  }

  /** What to send now; each counts as sent unless an answer to it says otherwise. */
  List<Probe> advance(long now, Instant time) {
    rotate(now, Math.floorDiv(time.getEpochSecond(), ProbeRotation.STEP.toSeconds()));
    boolean begins = round - now <= 0;
    if (begins) {
      round += ((now - round) / ROUND + 1) * ROUND;
    }
    List<Probe> probes = new ArrayList<>();
    for (PeerProbe peer : peers.values()) {
      peer.advance(now, time, round);
      if (begins) {
        peer.beginLarge(now);
      }
    }
    smallFrom = now;
    largeFrom = now;
    send(false, now, probes);
    send(true, now, probes);
    return probes;
  }

  /** Who waits longest comes first; what the budget does not allow waits on. */
  private void send(boolean large, long now, List<Probe> probes) {
    List<PeerProbe> waiting =
        peers.values().stream()
            .filter(peer -> (large ? peer.wantedLarge(now) : peer.wantedSmall(now)) > 0)
            .sorted(
                Comparator.comparingLong(peer -> (large ? peer.largeAt() : peer.smallAt()) - now))
            .toList();
    for (PeerProbe peer : waiting) {
      int bytes = large ? peer.wantedLarge(now) : peer.wantedSmall(now);
      long when = budget.when(bytes, large);
      if (when - now > 0) {
        // For the whole queue: a smaller packet further back would go first for ever.
        if (large) {
          waiting.forEach(PeerProbe::deferLarge);
          largeFrom = when;
        } else {
          smallFrom = when;
        }
        break;
      }
      long tag = tags.getAsLong();
      peer.sent(tag, bytes, large, now, round);
      probes.add(probe(peer, tag, bytes, true, now));
      if (!large && peer.wantsTwin()) {
        long twin = tags.getAsLong();
        peer.sentTwin(twin, bytes, now);
        probes.add(probe(peer, twin, bytes, false, now));
      }
    }
  }

  private Probe probe(PeerProbe peer, long tag, int bytes, boolean summedByCard, long now) {
    budget.spend(bytes, now);
    Target to = peer.target();
    int payload = bytes - PeerProbe.headerBytes(to.block().family());
    return new Probe(source(to).orElseThrow(), to, tag, payload, summedByCard);
  }

  /** Blocks of peers behind a tunnel that answer what leaves no checksum to a network card only. */
  Set<IpPrefix> answeringTwinsOnly(String tunnel) {
    return blocks(tunnel, PeerProbe::answersTwinsOnly);
  }

  /** Blocks of peers behind a tunnel that answer. */
  Set<IpPrefix> answering(String tunnel) {
    return blocks(tunnel, PeerProbe::isAnswering);
  }

  private Set<IpPrefix> blocks(String tunnel, Predicate<PeerProbe> which) {
    return peers.values().stream()
        .filter(peer -> peer.target().tunnel().filter(tunnel::equals).isPresent())
        .filter(which)
        .map(peer -> peer.target().block())
        .collect(Collectors.toSet());
  }

  private Optional<Source> source(Target to) {
    return targets.own().stream()
        .filter(source -> source.block().family() == to.block().family())
        .findFirst();
  }

  /** Takes what is said of a probe. */
  void take(ProbeAnswer answer, long now) {
    PeerProbe peer = byAddress.get(answer.destination());
    if (peer == null || !peer.take(answer, now, round, largeInterval(peer))) {
      meter.count(ProbeMeter.Result.IGNORED);
    } else if (peer.everAnswered()) {
      answeredOnce.add(Key.of(peer.target()));
    }
  }

  private long largeInterval(PeerProbe peer) {
    long fair =
        Duration.ofSeconds(1).toNanos() * peers.size() * peer.full() / LARGE_BYTES_PER_SECOND;
    // A little less than a round, which would else be missed by a hair.
    return Math.clamp(fair, ROUND, LARGE_EVERY) - ROUND / 2;
  }

  /** When to {@link #advance} next; far off if nothing is to be probed. */
  long deadline(long now) {
    if (peers.isEmpty()) {
      return now + Duration.ofDays(1).toNanos();
    }
    long next = round;
    for (PeerProbe peer : peers.values()) {
      next = earlier(next, peer, now);
    }
    return next;
  }

  private long earlier(long next, PeerProbe peer, long now) {
    long at =
        peer.wantedSmall(now) > 0 ? smallFrom : peer.wantedLarge(now) > 0 ? largeFrom : peer.at();
    return at - next < 0 ? at : next;
  }

  private void rotate(long now, long newStep) {
    if (step == newStep) {
      return;
    }
    step = newStep;
    List<Target> unreached =
        peers.values().stream()
            .filter(peer -> peer.unreached().isPresent() || peer.isSuspect())
            .map(PeerProbe::target)
            .toList();
    Map<Key, PeerProbe> next = new LinkedHashMap<>();
    byAddress.clear();
    int full = Math.min(targets.podMtu(), ProbeBudget.LARGEST);
    List<Target> chosen =
        targets.enabled() ? ProbeRotation.choose(targets, step, unreached) : List.of();
    for (Target target : chosen) {
      Key key = Key.of(target);
      PeerProbe known = peers.get(key);
      if (known == null) {
        known = new PeerProbe(target, answeredOnce.contains(key), full, now, meter);
      }
      known.update(target, full, now);
      next.put(key, known);
      byAddress.put(target.address(), known);
    }
    peers = next;
  }

  /** Nodes of which something else than probes has to show whether they live: their addresses. */
  Map<String, List<IpAddress>> silentNodes() {
    Map<String, List<IpAddress>> silent = new HashMap<>();
    for (PeerProbe peer : peers.values()) {
      if (peer.isSuspect()) {
        silent.put(peer.target().node(), peer.target().nodeIps());
      }
    }
    return silent;
  }

  /** Whether a silent node lives. */
  void lives(String node, boolean sign) {
    for (PeerProbe peer : peers.values()) {
      if (peer.target().node().equals(node)) {
        peer.lives(sign);
      }
    }
  }

  /** What is known by now. */
  Reachability reachability(long now) {
    if (!targets.enabled()) {
      return Reachability.without(Proof.OFF);
    }
    if (targets.own().isEmpty()) {
      return Reachability.without(Proof.TOO_SMALL);
    }
    int known = (int) peers.values().stream().filter(PeerProbe::isKnown).count();
    settled |= known == peers.size() || now - begun > FIRST_LOOK;
    if (!settled) {
      last = Reachability.without(Proof.NOT_YET);
      return last;
    }
    List<UnreachedPeer> unreached =
        peers.values().stream()
            .flatMap(peer -> peer.unreached().stream())
            .sorted(Comparator.comparing(UnreachedPeer::node).thenComparing(UnreachedPeer::block))
            .toList();
    if (last.isKnown()
        && last.unreached().equals(unreached)
        && peers.values().stream().anyMatch(peer -> peer.isNew(now))) {
      // All nodes turn to other peers at the same time, and each would write two reports.
      return last;
    }
    int answered = (int) peers.values().stream().filter(PeerProbe::isAnswering).count();
    Map<IpPrefix, String> everAnswered = new HashMap<>();
    peers.values().stream()
        .filter(PeerProbe::everAnswered)
        .map(PeerProbe::target)
        .forEach(target -> everAnswered.put(target.block(), target.node()));
    int byEcho = (int) peers.values().stream().filter(p -> p.isKnown() && isByEcho(p)).count();
    boolean fromHost = targets.own().stream().anyMatch(s -> !s.isBehindBridge() && isUsed(s));
    last =
        new Reachability(
            fromHost ? Proof.ECHO : Proof.PROBES, known, answered, byEcho, unreached, everAnswered);
    return last;
  }

  private boolean isUsed(Source source) {
    return peers.values().stream()
        .anyMatch(peer -> source(peer.target()).filter(source::equals).isPresent());
  }

  private boolean isByEcho(PeerProbe peer) {
    return !peer.target().isBehindBridge()
        || source(peer.target()).filter(Source::isBehindBridge).isEmpty();
  }
}
