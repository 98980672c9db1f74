package dev.tweed.operator.policy;

/** What can be said of a policy without asking any node. */
public sealed interface PolicyValidation {

  /** Nothing is wrong. */
  record Good() implements PolicyValidation {}

  /**
   * It can be applied, but somebody should look at it.
   *
   * @param reason CamelCase
   */
  record Notable(String reason, String message) implements PolicyValidation {}

  /**
   * No node can apply it.
   *
   * @param reason CamelCase, the one that nodes report too
   */
  record Refused(String reason, String message) implements PolicyValidation {}
}
