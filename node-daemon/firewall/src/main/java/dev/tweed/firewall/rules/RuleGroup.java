package dev.tweed.firewall.rules;

import java.util.Comparator;
import java.util.List;

/**
 * Rules that stand or fall together.
 *
 * @param origin whose they are
 * @param priority smaller ones come first among policies
 * @param mode what they do to packets
 * @param rules in order: the first that matches decides
 */
public record RuleGroup(Origin origin, int priority, Mode mode, List<FirewallRule> rules) {

  /** What rules do to packets that they match. */
  public enum Mode {
    /** They decide about the first packet of a connection. */
    ENFORCE,
    /** And about connections that stand. */
    CUT_ESTABLISHED,
    /** What they would decide is counted, and refusals are logged. */
    AUDIT
  }

  /** Policies by priority, then by name; then networks by name. */
  static final Comparator<RuleGroup> ORDER =
      Comparator.comparing((RuleGroup group) -> group.origin().kind())
          .thenComparingInt(RuleGroup::priority)
          .thenComparing(RuleGroup::origin);

  public RuleGroup {
    rules = List.copyOf(rules);
  }

  /** Rules that decide about the first packet of a connection. */
  public RuleGroup(Origin origin, int priority, List<FirewallRule> rules) {
    this(origin, priority, Mode.ENFORCE, rules);
  }
}
