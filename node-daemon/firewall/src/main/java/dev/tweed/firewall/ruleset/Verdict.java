package dev.tweed.firewall.ruleset;

/** What a rule does with a packet it matches. */
sealed interface Verdict {

  /** Final for this base chain. */
  record Accept() implements Verdict {}

  /** Drop or reject: final for the packet. */
  record Drop() implements Verdict {}

  /** Back to the chain that jumped here, or to the policy. */
  record Return() implements Verdict {}

  /** Into another chain and back. */
  record Jump(String chain) implements Verdict {}

  /** Into another chain; its end is the end of this one. */
  record Goto(String chain) implements Verdict {}

  /** No verdict: counters, logs, marks. */
  record Continue() implements Verdict {}

  /** A verdict this evaluator cannot know, such as that of a named map. */
  record UnknownVerdict() implements Verdict {}
}
