package dev.tweed.agent.probe;

/** Counts what becomes of probes. Called by the thread that probes. */
public interface ProbeMeter {

  /** What becomes of one. */
  enum Result {
    /** The peer answered. */
    ANSWERED,
    /** Nobody did, in ten seconds. */
    UNANSWERED,
    /** Somebody said that it does not get there, or not in this size. */
    REJECTED,
    /** It did not leave this host. */
    FAILED,
    /** An answer to nothing that was asked: forged, or much too late. */
    IGNORED
  }

  /** Counts one. */
  void count(Result result);

  /** The time from a probe to its answer. */
  void answeredAfter(long nanos);
}
