package dev.tweed.firewall.rules;

/**
 * Why a rule cannot be had, or has no effect.
 *
 * @param kind what sort of problem
 * @param origin whose rule it is
 * @param rule its name
 * @param field the field to look at, as in the resource
 * @param message what is wrong
 * @param remedy what to do
 */
public record RuleProblem(
    Kind kind, Origin origin, String rule, String field, String message, String remedy) {

  /** Sorts of problems; those that refuse keep all rules of the origin out. */
  public enum Kind {
    INVALID(true),
    MIXED_FAMILIES(true),
    TOO_MANY_ADDRESSES(true),
    TOO_MANY_ROWS(true),
    WOULD_LOCK_OUT(true),
    /** Another rule of the same match and action comes first. */
    REPEATED(false),
    /** Another rule of the same match decides differently, and comes first. */
    CONTRADICTED(false),
    /** A selector that finds nobody. */
    MATCHES_NOBODY(false);

    private final boolean refuses;

    Kind(boolean refuses) {
      this.refuses = refuses;
    }

    /** Whether the rules of the origin are kept out. */
    public boolean refuses() {
      return refuses;
    }
  }

  /** One sentence or two for people. */
  public String text() {
    return "%s, rule %s, %s: %s; %s".formatted(origin, rule, field, message, remedy);
  }
}
