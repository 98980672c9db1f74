package dev.tweed.firewall.rules;

/**
 * Something about a policy on this node.
 *
 * @param reason what sort
 * @param text names the rule, what is wrong and what to do
 */
public record PolicyProblem(PolicyReason reason, String text) {

  /** Texts of unknown origin end in logs and terminals. */
  public PolicyProblem {
    text = text.replaceAll("\\p{C}", "?");
  }

  static PolicyProblem of(RuleProblem problem) {
    return inRule(
        problem.reason(), problem.rule(), problem.field(), problem.message(), problem.remedy());
  }

  /** What is wrong with a policy since a rule in force, of another, would lock out with it. */
  static PolicyProblem behind(RuleProblem problem) {
    return new PolicyProblem(
        PolicyReason.WouldLockOut,
        "with it, in %s, %s".formatted(problem.origin(), of(problem).text()));
  }

  /** The same about rules that are in force. */
  static PolicyProblem byNow(RuleProblem problem) {
    return new PolicyProblem(
        PolicyReason.WouldLockOutByNow,
        of(problem).text() + ". It did not when it came into force, and stays there");
  }

  /** The same about rules that are only tried. */
  static PolicyProblem ifEnforced(PolicyProblem problem) {
    return new PolicyProblem(
        PolicyReason.RefusedIfEnforced,
        "with mode Enforce this node would refuse it: %s: %s"
            .formatted(problem.reason(), problem.text()));
  }

  /** In a rule of it. */
  public static PolicyProblem inRule(
      PolicyReason reason, String rule, String field, String message, String remedy) {
    return new PolicyProblem(reason, "rule %s, %s: %s; %s".formatted(rule, field, message, remedy));
  }
}
