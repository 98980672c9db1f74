package dev.tweed.agent.policy;

import java.time.Duration;
import java.util.OptionalLong;

/** For how long something may be so before it counts. By a monotonic clock, in nanoseconds. */
final class GracePeriod {

  private final Duration length;
  private OptionalLong began = OptionalLong.empty();

  GracePeriod(Duration length) {
    this.length = length;
  }

  /** What is left of it; zero or less where it is over. It begins with the first call. */
  Duration left(long now) {
    if (began.isEmpty()) {
      began = OptionalLong.of(now);
    }
    return length.minusNanos(now - began.getAsLong());
  }

  /** It is not so, or has counted; the next call begins anew. */
  void end() {
    began = OptionalLong.empty();
  }
}
