package dev.tweed.agent.cluster;

import dev.tweed.agent.finding.ConditionStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * The condition Connected of this node: whether the daemon learns what changes in the cluster. Pods
 * that run talk to each other all the same, so nothing but words follows it.
 *
 * @param reason which tells its status too
 * @param since when the last word of the API server came, or this daemon began to ask; empty unless
 *     that is too long ago
 */
public record Connected(Reason reason, Optional<Instant> since) {

  /** Name of the condition. */
  public static final String TYPE = "Connected";

  /** Not heard of yet, and not for long. */
  public static final Connected NOT_YET = new Connected(Reason.Connecting, Optional.empty());

  /** Changes come. */
  public static final Connected YES = new Connected(Reason.APIAnswers, Optional.empty());

  /** Why it does, does not, or is not known. */
  public enum Reason {
    /** Changes come. */
    APIAnswers(ConditionStatus.True),
    /** The first lists are not complete. */
    Connecting(ConditionStatus.Unknown),
    /** Nothing was read for too long. */
    APISilent(ConditionStatus.False),
    /** The API server answers, and refuses for too long what the data path lives on. */
    ClusterNotRead(ConditionStatus.False);

    private final ConditionStatus status;

    Reason(ConditionStatus status) {
      this.status = status;
    }
  }

  /** Status of the condition. */
  public ConditionStatus status() {
    return reason.status;
  }

  /** Why, for people. */
  public String message() {
    String begin = since.map(Instant::toString).orElse("some time");
    return switch (reason) {
      case APIAnswers -> "the API server answers, and changes are followed";
      case Connecting -> "the API server has not been read yet";
      case APISilent ->
          "nothing was learned from the API server since " + begin + "; the node keeps what it has";
      case ClusterNotRead ->
          "the API server refuses what the node lives on since "
              + begin
              + ": see the finding ClusterNotRead; the node keeps what it has and learns nothing"
              + " new";
    };
  }
}
