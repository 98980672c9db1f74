package dev.tweed.agent.api;

import dev.tweed.agent.loop.Backoff;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Pauses after requests that failed in a row: the longer, the more did. Where there is no
 * connection they stay short, since trying costs the API server nothing.
 */
public final class ApiBackoff {

  /** The longest pause, and the longest that an API server may ask for. */
  public static final Duration LONGEST = Duration.ofSeconds(30);

  private static final Duration LONGEST_UNREACHED = Duration.ofSeconds(5);

  private final Backoff reached;
  private final Backoff unreached;

  /**
   * @param first pause after one failure
   * @param random 0 (inclusive) to 1 (exclusive)
   */
  public ApiBackoff(Duration first, DoubleSupplier random) {
    this.reached = new Backoff(first, LONGEST, random);
    this.unreached = new Backoff(first, LONGEST_UNREACHED, random);
  }

  /**
   * Nanoseconds to wait.
   *
   * @param failures in a row, at least one
   * @param last the last of them
   */
  public long nanos(int failures, Throwable last) {
    return (last instanceof ApiUnreachedException ? unreached : reached).nanos(failures);
  }
}
