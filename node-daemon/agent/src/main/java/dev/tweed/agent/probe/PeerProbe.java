package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeAnswer.Outcome;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is known of one peer, and what has to be asked next. One small probe goes out each round; if
 * it is not answered, two more follow a second apart, and a second after the third the peer is
 * silent. Silent, it gets one a round, and one answer ends the silence; behind a tunnel with
 * another one beside it that leaves no checksum to a network card, whose answer ends nothing, and
 * shows that checksums are damaged on the way. Times are nanoseconds of any monotonic clock.
 */
final class PeerProbe {

  /** How long an answer is waited for before the next attempt. */
  static final long RETRY = Duration.ofSeconds(1).toNanos();

  /** Bytes of what tells one probe from another. */
  static final int TAG_BYTES = 8;

  private static final int ATTEMPTS = 3;

  /** So long an answer counts. */
  private static final long LATE = Duration.ofSeconds(10).toNanos();

  private enum Health {
    UNKNOWN,
    ANSWERING,
    SILENT
  }

  private enum Kind {
    SMALL,
    LARGE,
    TWIN
  }

  private record Sent(long tag, long at, int bytes, Kind kind) {}

  /** One answer may be to a packet whose other was lost by chance. */
  private static final int TWIN_ANSWERS = 2;

  /** Until then a peer has answered or is silent, if its probes leave this host. */
  private static final long FIRST_LOOK = Duration.ofSeconds(10).toNanos();

  private final int smallBytes;
  private final long begun;
  private final ProbeMeter meter;
  private final Deque<Sent> outstanding = new ArrayDeque<>();
  private int full;
  private LargeProbe large;
  private Target target;
  private Health health = Health.UNKNOWN;
  private boolean everAnswered;
  private boolean lives;
  private Instant since = Instant.EPOCH;
  private Instant latest = Instant.EPOCH;
  private long at;
  private int attempts;
  private int failures;
  private boolean refused;
  private Optional<IpAddress> offender = Optional.empty();
  private int sentSinceRefusal;
  private int twinAnswers;

  /**
   * @param everAnswered whether it has answered before
   * @param full bytes of the largest packet to ask with; 0 for none
   * @param at when to begin
   */
  PeerProbe(Target target, boolean everAnswered, int full, long at, ProbeMeter meter) {
    this.target = target;
    this.smallBytes = headerBytes(target.block().family()) + TAG_BYTES;
    this.everAnswered = everAnswered;
    this.full = full;
    this.at = at;
    this.begun = at;
    this.meter = meter;
    this.large = new LargeProbe(smallBytes, full, at);
  }

  /** Bytes of the headers before a probe's payload: UDP's, and the shortest of IP. */
  static int headerBytes(AddressFamily family) {
    return 8
        + switch (family) {
          case IPV4 -> 20;
          case IPV6 -> 40;
        };
  }

  Target target() {
    return target;
  }

  int full() {
    return full;
  }

  /**
   * The same block of the same node, known anew.
   *
   * @param largest bytes of the largest packet to ask with from now on; 0 for none
   */
  void update(Target known, int largest, long now) {
    target = known;
    if (full != largest) {
      full = largest;
      large = new LargeProbe(smallBytes, full, now);
    }
  }

  boolean isKnown() {
    return health != Health.UNKNOWN;
  }

  /** Whether nothing is known of it that could be by now. */
  boolean isNew(long now) {
    return health == Health.UNKNOWN && failures < ATTEMPTS && now - begun <= FIRST_LOOK;
  }

  boolean isAnswering() {
    return health == Health.ANSWERING;
  }

  boolean everAnswered() {
    return everAnswered;
  }

  /** Whether it is silent, or soon will be: time to see whether it lives. */
  boolean isSuspect() {
    return health == Health.SILENT || attempts >= ATTEMPTS - 1;
  }

  /** Something else than probes shows that it lives, or nothing does any more. */
  void lives(boolean sign) {
    lives = sign;
  }

  /** When something has to be done that waits for no round. */
  long at() {
    return large.isActive() && large.at() - at < 0 ? large.at() : at;
  }

  /** When large probes have something to be done. */
  long largeAt() {
    return large.at();
  }

  /** When small probes have something to be done. */
  long smallAt() {
    return at;
  }

  /**
   * Draws conclusions from what was not answered in time.
   *
   * @param round when the next round begins
   */
  void advance(long now, Instant time, long round) {
    latest = time;
    if (attempts == ATTEMPTS && at - now <= 0) {
      if (health != Health.SILENT) {
        health = Health.SILENT;
        twinAnswers = 0;
        refused = false;
        since = time;
        large.reset(round);
      }
      attempts = 0;
      at = round;
    }
    large.advance(now, time, attempts == 0 && isAnswering(), round);
  }

  /** A round has begun, in which large probes may start. */
  void beginLarge(long now) {
    if (isAnswering()) {
      large.begin(now);
    }
  }

  /** Bytes of the small packet to send now; 0 for none. */
  int wantedSmall(long now) {
    return at - now <= 0 && attempts < ATTEMPTS ? smallBytes : 0;
  }

  /** Bytes of the large packet to send now; 0 for none. */
  int wantedLarge(long now) {
    return isAnswering() ? large.wanted(now) : 0;
  }

  /** There is not enough left of the budget to start with large packets: in the next round. */
  void deferLarge() {
    large.defer();
  }

  /** A wanted packet goes out. */
  void sent(long tag, int bytes, boolean isLarge, long now, long round) {
    remember(new Sent(tag, now, bytes, isLarge ? Kind.LARGE : Kind.SMALL), now);
    if (isLarge) {
      if (large.sent(now) && attempts == 0) {
        at = now; // a small one after it: if that is lost too, the path is
      }
      return;
    }
    sentSinceRefusal++;
    if (health == Health.SILENT) {
      at = round;
    } else {
      attempts++;
      at = now + RETRY;
    }
  }

  private void remember(Sent sent, long now) {
    while (!outstanding.isEmpty() && now - outstanding.getFirst().at() > LATE) {
      outstanding.removeFirst();
      meter.count(ProbeMeter.Result.UNANSWERED);
    }
    outstanding.addLast(sent);
  }

  /** Whether one whose checksum is left to nobody should go out beside the small one. */
  boolean wantsTwin() {
    return health == Health.SILENT && target.tunnel().isPresent();
  }

  /** It goes out. */
  void sentTwin(long tag, int bytes, long now) {
    remember(new Sent(tag, now, bytes, Kind.TWIN), now);
  }

  /** Whether it answers what leaves no checksum to a network card, and nothing else. */
  boolean answersTwinsOnly() {
    return health == Health.SILENT && twinAnswers >= TWIN_ANSWERS;
  }

  /**
   * Takes an answer.
   *
   * @return false if it answers nothing that was asked
   */
  boolean take(ProbeAnswer answer, long now, long round, long largeInterval) {
    Optional<Sent> asked =
        outstanding.stream()
            .filter(s -> s.tag() == answer.tag() && now - s.at() <= LATE)
            .findFirst();
    if (asked.isEmpty()) {
      return false;
    }
    outstanding.remove(asked.get());
    take(asked.get(), answer.outcome(), now, round, largeInterval);
    return true;
  }

  private void take(Sent asked, Outcome outcome, long now, long round, long largeInterval) {
    if (asked.kind() == Kind.TWIN) {
      takeTwin(outcome);
      return;
    }
    boolean isLarge = asked.kind() == Kind.LARGE;
    switch (outcome) {
      case Outcome.Arrived arrived -> {
        meter.count(ProbeMeter.Result.ANSWERED);
        meter.answeredAfter(now - asked.at());
        answered(round);
        if (isLarge) {
          large.arrived(asked.bytes(), now, largeInterval, round);
        }
      }
      case Outcome.Refused(IpAddress by) -> {
        meter.count(ProbeMeter.Result.REJECTED);
        if (!isLarge) {
          failures = 0;
          offender = Optional.of(by);
          sentSinceRefusal = 0;
        }
      }
      case Outcome.TooBig(int mtu) -> {
        meter.count(ProbeMeter.Result.REJECTED);
        if (isLarge) {
          large.tooBig(asked.bytes(), mtu, now, round);
        }
      }
      case Outcome.NotSent notSent -> {
        meter.count(ProbeMeter.Result.FAILED);
        if (isLarge) {
          large.postpone(round);
        } else {
          failed(notSent.refused(), now, round);
        }
      }
    }
  }

  private void takeTwin(Outcome outcome) {
    switch (outcome) {
      case Outcome.Arrived arrived -> {
        meter.count(ProbeMeter.Result.ANSWERED);
        twinAnswers++;
      }
      case Outcome.Refused refusal -> meter.count(ProbeMeter.Result.REJECTED);
      case Outcome.TooBig tooBig -> meter.count(ProbeMeter.Result.REJECTED);
      case Outcome.NotSent notSent -> meter.count(ProbeMeter.Result.FAILED);
    }
  }

  private void answered(long round) {
    health = Health.ANSWERING;
    everAnswered = true;
    lives = false;
    attempts = 0;
    failures = 0;
    refused = false;
    offender = Optional.empty();
    at = round;
  }

  private void failed(boolean byThisHost, long now, long round) {
    attempts = Math.max(0, attempts - 1);
    failures++;
    if (failures < ATTEMPTS) {
      at = now + RETRY;
    } else {
      if (byThisHost && !refused) {
        since = latest;
      }
      refused = byThisHost;
      health = Health.UNKNOWN;
      attempts = 0;
      large.reset(round);
      at = round;
    }
  }

  /** What is wrong; empty when nothing is, as far as is known. */
  Optional<UnreachedPeer> unreached() {
    return switch (health) {
      case UNKNOWN ->
          refused
              ? Optional.of(
                  unreached(Cause.NOT_SENT, false, since, Optional.empty(), OptionalInt.empty()))
              : Optional.empty();
      case ANSWERING ->
          large.lost()
              ? Optional.of(
                  unreached(
                      Cause.LARGE_LOST, true, large.since(), Optional.empty(), large.largest()))
              : Optional.empty();
      case SILENT -> {
        boolean rejected = offender.isPresent() && sentSinceRefusal <= ATTEMPTS;
        yield Optional.of(
            unreached(
                rejected ? Cause.REJECTED : Cause.SILENT,
                lives,
                since,
                rejected ? offender : Optional.empty(),
                OptionalInt.empty()));
      }
    };
  }

  private UnreachedPeer unreached(
      Cause cause, boolean alive, Instant begin, Optional<IpAddress> by, OptionalInt largest) {
    return new UnreachedPeer(
        target.node(),
        target.block(),
        cause,
        everAnswered,
        alive,
        begin,
        by,
        largest,
        cause == Cause.NOT_SENT ? Where.LEAVING : Where.UNKNOWN);
  }
}
