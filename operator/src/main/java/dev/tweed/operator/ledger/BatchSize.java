package dev.tweed.operator.ledger;

/**
 * How many claims go into the ledger at once: a tenth of the most more after a batch that was
 * quick, half as many after one that took too long (additive increase, multiplicative decrease).
 */
final class BatchSize {
  private static final int LEAST = 16;

  private final int most;
  private final long target;
  private int size;

  /**
   * @param most at least 1
   * @param target nanoseconds that a batch should take at most
   */
  BatchSize(int most, long target) {
    this.most = most;
    this.target = target;
    this.size = most;
  }

  /** Claims of the next batch. */
  int size() {
    return size;
  }

  /** Takes note of what the last batch took, in nanoseconds. */
  void took(long nanos) {
    size = nanos > target ? Math.max(Math.min(LEAST, most), size / 2) : size + most / 10 + 1;
    size = Math.min(most, size);
  }
}
