package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.rules.Direction;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A policy of ours (firewalld.policy(5)): rules for packets from one zone to another.
 *
 * @param name ours alone
 * @param priority below 0, so that it comes before zones
 * @param ends which packets
 * @param bans see {@link ZoneBans#repeated}; they run and are in no file, as most of those they
 *     repeat
 * @param rules by priority, no two alike
 */
record Policy(String name, int priority, Ends ends, List<String> bans, List<PlacedRule> rules) {

  /** All packets, wherever they come from or go. */
  static final String ANY = "ANY";

  /** Packets to the host itself, or from it. */
  static final String HOST = "HOST";

  // After firewalld's own for neighbour discovery (-15000), before what people get unasked (-1).
  private static final int FIRST = -10_000;

  private static final Pattern NAME = Pattern.compile("tweed-(in|out|routed)-[0-9]{1,5}");

  Policy {
    bans = List.copyOf(bans);
    rules = List.copyOf(rules);
  }

  /**
   * Where packets come from and go.
   *
   * @param ingress a zone, ANY or HOST
   * @param egress likewise
   */
  record Ends(String ingress, String egress) {}

  /**
   * A rule and its place.
   *
   * @param priority smaller ones come first; below 0, so that a rule needs no address or port
   * @param rule what it does
   */
  record PlacedRule(int priority, RichRule rule) {
    String text() {
      return RichRuleRenderer.text(priority, rule);
    }
  }

  /**
   * One of a direction.
   *
   * @param index from 0, in the order they are asked
   */
  static Policy of(
      Direction direction, int index, Ends ends, List<String> bans, List<PlacedRule> rules) {
    return new Policy(
        "tweed-" + direction.text() + "-" + (index + 1), FIRST + index, ends, bans, rules);
  }

  /** Whether a policy of that name is one of ours. */
  static boolean isOurs(String name) {
    return NAME.matcher(name).matches();
  }

  /** The rules as firewalld lists them. */
  List<String> texts() {
    return Stream.concat(bans.stream(), rules.stream().map(PlacedRule::text)).toList();
  }
}
