package dev.tweed.policy;

/** What a rule does with a connection that it matches. */
public enum Action {
  /** Final: let through, in this direction. */
  ACCEPT,
  /** Final: dropped, without an answer. */
  DENY,
  /** Goes on with the next tier. */
  PASS
}
