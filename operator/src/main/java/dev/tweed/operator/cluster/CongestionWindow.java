package dev.tweed.operator.cluster;

/**
 * How many requests may be under way: half as many when the API server turns one away or does not
 * answer, one more after each window of answers (additive increase, multiplicative decrease, as in
 * TCP). Not safe for use by several threads.
 */
final class CongestionWindow {
  private final int most;
  private int size;
  private int answered;
  private long generation;

  /** Begins with the most there may be, at least 1. */
  CongestionWindow(int most) {
    this.most = most;
    this.size = most;
  }

  /** Requests that may be under way. */
  int size() {
    return size;
  }

  /** To be given back with the outcome of a request that starts now. */
  long generation() {
    return generation;
  }

  /** A request was answered. */
  void answered() {
    answered++;
    if (answered >= size) {
      answered = 0;
      size = Math.min(most, size + 1);
    }
  }

  /** A request was turned away or not answered. Of those that started together one counts. */
  void pushedBack(long started) {
    if (started == generation) {
      generation++;
      answered = 0;
      size = Math.max(1, size / 2);
    }
  }
}
