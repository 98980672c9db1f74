package dev.tweed.firewall.rules;

import java.util.Comparator;
import java.util.List;

/**
 * Rules that stand or fall together.
 *
 * @param origin whose they are
 * @param priority smaller ones come first among policies
 * @param rules in order: the first that matches decides
 */
public record RuleGroup(Origin origin, int priority, List<FirewallRule> rules) {

  /** Policies by priority, then by name; then networks by name. */
  static final Comparator<RuleGroup> ORDER =
      Comparator.comparing((RuleGroup group) -> group.origin().kind())
          .thenComparingInt(RuleGroup::priority)
          .thenComparing(RuleGroup::origin);

  public RuleGroup {
    rules = List.copyOf(rules);
  }
}
