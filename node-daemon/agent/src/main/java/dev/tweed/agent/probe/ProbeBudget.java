package dev.tweed.agent.probe;

/**
 * How much may be sent: {@value #BYTES_PER_SECOND} bytes a second, and what was not sent in the
 * last quarter of a minute. Times are nanoseconds of any monotonic clock.
 */
final class ProbeBudget {

  static final int BYTES_PER_SECOND = 1000;
  static final int SAVED = 16_000;

  /** Only small probes may use the last of it: they tell more, and sooner. */
  static final int RESERVE = 6000;

  /** The largest probe that ever can be sent. */
  static final int LARGEST = 9600;

  private static final long NANOS_PER_BYTE = 1_000_000_000L / BYTES_PER_SECOND;

  /** When it was empty, had nothing been sent since. */
  private long emptyAt;

  ProbeBudget(long now) {
    emptyAt = now - SAVED * NANOS_PER_BYTE;
  }

  /** When so many bytes can be sent; not after now if at once. */
  long when(int bytes, boolean large) {
    return emptyAt + (bytes + (large ? RESERVE : 0)) * NANOS_PER_BYTE;
  }

  /** Takes them. */
  void spend(int bytes, long now) {
    emptyAt = Math.max(emptyAt, now - SAVED * NANOS_PER_BYTE) + bytes * NANOS_PER_BYTE;
  }
}
