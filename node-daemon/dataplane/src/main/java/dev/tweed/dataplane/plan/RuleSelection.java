package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RoutingRule;
import java.util.Collection;

/** Which packets a routing rule is for (fib_rule_match() in net/core/fib_rules.c). */
final class RuleSelection {
  private RuleSelection() {}

  /** Whether the mark is one that the rule asks for; every one is where it asks for none. */
  static boolean hasMark(RoutingRule rule, long mark) {
    return (mark & rule.markMask()) == rule.mark();
  }

  /** Whether it also depends on what a question does not say, such as a port or a user. */
  static boolean dependsOnMore(RoutingRule rule) {
    // These do not choose packets, but what becomes of them.
    return rule.otherSelectors().stream()
        .anyMatch(name -> !name.startsWith("suppress") && !name.startsWith("goto"));
  }

  /**
   * Whether it is for packets of some pods of this node, and not of all.
   *
   * @param own blocks of this node
   */
  static boolean isOfSome(RoutingRule rule, Collection<IpPrefix> own) {
    return rule.source()
        .filter(
            from ->
                own.stream()
                    .map(IpPrefix::network)
                    .anyMatch(block -> block.length() < from.length() && block.contains(from)))
        .isPresent();
  }

  /** Preference of the rule that comes next for what a rule selects; its own where it is none. */
  static long next(RoutingRule rule) {
    return rule.otherSelectors().stream()
        .filter(name -> name.startsWith("goto "))
        .mapToLong(name -> Long.parseLong(name.substring("goto ".length())))
        .findFirst()
        .orElse(rule.preference());
  }

  /**
   * Whether it is for this packet, as far as the question says.
   *
   * @param bridge name of the device that the packets of pods come in by
   */
  static boolean selects(RoutingRule rule, RouteQuestion question, String bridge) {
    if (rule.family() != question.destination().family()) {
      return false;
    }
    String input = question.inputLink() == 0 ? "lo" : bridge;
    boolean all =
        rule.source().isEmpty()
            || question.source().filter(rule.source().get()::contains).isPresent();
    all &= rule.destination().map(to -> to.contains(question.destination())).orElse(true);
    all &= rule.inputDevice().map(input::equals).orElse(true);
    all &= rule.outputDevice().isEmpty();
    all &= hasMark(rule, question.mark());
    return all != rule.inverted();
  }
}
