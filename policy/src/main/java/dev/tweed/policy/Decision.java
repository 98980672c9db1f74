package dev.tweed.policy;

import java.util.Objects;
import java.util.Set;

/**
 * What the policies of one direction make of a connection, and why.
 *
 * @param accepted whether it may go on; otherwise it is dropped
 * @param reason what decided
 */
public record Decision(boolean accepted, Reason reason) {
  public Decision {
    Objects.requireNonNull(reason, "reason");
  }

  static Decision accept(Reason reason) {
    return new Decision(true, reason);
  }

  static Decision drop(Reason reason) {
    return new Decision(false, reason);
  }

  /** What decided. */
  public sealed interface Reason {}

  /** A rule that matches. */
  public record ByRule(String program, PolicyRef policy, Tier tier, int rule) implements Reason {}

  /** NetworkPolicies isolate the pod, and no rule of any of them matches. */
  public record Isolated(Set<String> programs) implements Reason {
    public Isolated {
      programs = Set.copyOf(programs);
    }
  }

  /** No policy decides: everybody may. */
  public record Undecided() implements Reason {}

  /**
   * A rule that denies or passes on members of a set that is not known as a whole: it would have to
   * be guessed whom it is about.
   */
  public record UnknownSet(String program, PolicyRef policy, Tier tier, int rule, String set)
      implements Reason {}

  /** The pod was not let in yet: it is not known which policies select it. */
  public record UnknownPod() implements Reason {}

  /** Two entries have the pod's address. */
  public record AmbiguousPod(Set<String> uids) implements Reason {
    public AmbiguousPod {
      uids = Set.copyOf(uids);
    }
  }

  /** A program that selects the pod is not known. */
  public record UnknownProgram(String program) implements Reason {}
}
