package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.PolicyEvent;
import dev.tweed.agent.loop.Backoff;
import dev.tweed.firewall.nft.NftLogPrefix;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Decides which packets that rules of FirewallPolicies have logged become Events: the first of a
 * policy, and then one each {@link #PAUSE}, which counts those between; {@link #HOURLY} of all
 * policies. Whatever comes, that is all that this node writes, and all that is remembered are times
 * and numbers of {@link #POLICIES}: strangers decide how many packets there are.
 */
final class PacketEventPlanner {

  static final Duration PAUSE = Duration.ofMinutes(10);

  /** In an hour, those that fail too. The node renews its Lease 160 times meanwhile. */
  static final int HOURLY = 12;

  static final int POLICIES = 128;

  /** As long as API servers keep an Event, unless told otherwise; who was silent begins anew. */
  private static final long HOUR = Duration.ofHours(1).toNanos();

  private static final Duration FIRST_RETRY = Duration.ofMinutes(1);

  /**
   * What is remembered of a policy.
   *
   * @param first when the first packet came
   * @param lastNanos when the last one came
   * @param dueNanos when the next Event may be written
   * @param count packets, at most what an Event can say
   * @param refusals how often in a row its Event was refused
   */
  private record Seen(
      String reason, Instant first, long lastNanos, long dueNanos, int count, int refusals) {
    Seen refused(int times, long due) {
      return new Seen(reason, first, lastNanos, due, count, times);
    }
  }

  private final Function<String, Optional<String>> uids;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final Backoff backoff;

  // Guarded by this.
  private final Map<String, Seen> policies = new HashMap<>(); // by UID
  private final Deque<Long> written = new ArrayDeque<>();
  private int failures;
  private long resumeNanos;

  /**
   * @param uids the UID of a FirewallPolicy by its name, if there is one
   * @param nanoTime monotonic clock, nanoseconds
   * @param clock of what Events say
   * @param random 0 (inclusive) to 1 (exclusive)
   */
  PacketEventPlanner(
      Function<String, Optional<String>> uids,
      LongSupplier nanoTime,
      InstantSource clock,
      DoubleSupplier random) {
    this.uids = uids;
    this.nanoTime = nanoTime;
    this.clock = clock;
    this.backoff = new Backoff(FIRST_RETRY, Duration.ofNanos(HOUR), random);
    this.resumeNanos = nanoTime.getAsLong();
  }

  /**
   * Takes a packet.
   *
   * @param rule that logged it
   * @param text of the packet, which the Event shows
   * @return the Event to write now, if any
   */
  synchronized Optional<PolicyEvent> take(NftLogPrefix rule, String text) {
    Optional<String> reason = reason(rule.verdict());
    Optional<String> uid = uids.apply(rule.policy());
    if (reason.isEmpty() || uid.isEmpty()) {
      return Optional.empty(); // anybody may log to any group, and policies go
    }
    long now = nanoTime.getAsLong();
    Instant time = clock.instant();
    policies.values().removeIf(seen -> now - seen.lastNanos() >= HOUR);
    Optional<Seen> before = Optional.ofNullable(policies.get(uid.get()));
    if (before.isEmpty() && policies.size() >= POLICIES) {
      return Optional.empty();
    }
    Optional<Seen> same = before.filter(seen -> seen.reason().equals(reason.get()));
    Instant first = same.map(Seen::first).orElse(time);
    int count = 1 + same.map(seen -> Math.min(seen.count(), Integer.MAX_VALUE - 1)).orElse(0);
    int refusals = before.map(Seen::refusals).orElse(0);
    long due = before.map(Seen::dueNanos).orElse(now);
    boolean writes = now - due >= 0 && now - resumeNanos >= 0 && hasRoom(now);
    long next = writes ? now + PAUSE.toNanos() : due;
    policies.put(uid.get(), new Seen(reason.get(), first, now, next, count, refusals));
    if (!writes) {
      return Optional.empty();
    }
    written.addLast(now);
    return Optional.of(
        new PolicyEvent(rule.policy(), uid.get(), reason.get(), text, first, time, count));
  }

  private boolean hasRoom(long now) {
    while (!written.isEmpty() && now - written.getFirst() >= HOUR) {
      written.removeFirst();
    }
    return written.size() < HOURLY;
  }

  /** The API server has taken one of the policy of this UID. */
  synchronized void succeeded(String uid) {
    failures = 0;
    policies.computeIfPresent(uid, (same, seen) -> seen.refused(0, seen.dueNanos()));
  }

  /**
   * The one of a policy was refused, as where somebody has taken its name. Those of the policy are
   * counted only, for longer each time; those of others are written.
   *
   * @return for how long
   */
  synchronized Duration refused(String uid) {
    int times = 1 + Optional.ofNullable(policies.get(uid)).map(Seen::refusals).orElse(0);
    long pause = Math.max(backoff.nanos(times), PAUSE.toNanos());
    long due = nanoTime.getAsLong() + pause;
    policies.computeIfPresent(uid, (same, seen) -> seen.refused(times, due));
    return Duration.ofNanos(pause);
  }

  /**
   * One was not written. What comes is counted only, for longer each time.
   *
   * @param asked how long the API server wants to be left alone
   * @return for how long
   */
  synchronized Duration failed(Duration asked) {
    long pause = Math.max(backoff.nanos(++failures), Math.min(asked.toNanos(), HOUR));
    resumeNanos = nanoTime.getAsLong() + pause;
    return Duration.ofNanos(pause);
  }

  /** Of a rule that limits, packets are logged before it is decided. */
  private static Optional<String> reason(String verdict) {
    return switch (verdict) {
      case "deny", "reject" -> Optional.of("PacketsDenied");
      case "would-deny", "would-reject" -> Optional.of("PacketsWouldBeDenied");
      default -> Optional.empty();
    };
  }
}
