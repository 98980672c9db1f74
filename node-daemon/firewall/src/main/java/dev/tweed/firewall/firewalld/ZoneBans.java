package dev.tweed.firewall.firewalld;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rich rules of people's zones that only refuse a source, as fail2ban adds and removes them. They
 * are no settings that a person has to save, and what our policies accept is accepted before any
 * zone is asked: so a reload has to leave them, and those of one address each, or of an ipset, are
 * repeated before our rules. Pure.
 */
final class ZoneBans {

  private static final String SOURCE = "source (?:address|ipset|mac)=\"[^\"]*\"";
  private static final String REFUSAL = "(?: .*)? (?:drop|reject(?: type=\"[^\"]*\")?)";

  private static final Pattern BAN =
      Pattern.compile(
          "rule(?: priority=\"-?[0-9]+\")?(?: family=\"ipv[46]\")? " + SOURCE + REFUSAL);

  /** A wider source is a filter of its zone, and may be that of pods or nodes in another. */
  private static final Pattern OF_FEW =
      Pattern.compile(
          "rule ((?:family=\"ipv[46]\" )?source"
              + " (?:address=\"[0-9A-Fa-f.:]+(?:/32|/128)?\"|ipset=\"[^\"]*\")"
              + REFUSAL
              + ")");

  /** Of all priorities the first, which no rule of ours has. */
  private static final String FIRST = "rule priority=\"" + (PriorityPlanner.MIN - 1) + "\" ";

  private ZoneBans() {}

  /**
   * A rule of a zone.
   *
   * @param zone its name
   * @param rule as firewalld lists it
   */
  record Ban(String zone, String rule) {}

  /** Those that run and are in no file. */
  static List<Ban> unsaved(Running running, Running permanent) {
    List<Ban> bans = new ArrayList<>();
    running
        .zones()
        .forEach(
            (zone, settings) -> {
              Set<String> saved = Set.copyOf(Running.rules(permanent.zones(), zone));
              settings.rules().stream()
                  .filter(rule -> BAN.matcher(rule).matches() && !saved.contains(rule))
                  .forEach(rule -> bans.add(new Ban(zone, rule)));
            });
    return bans;
  }

  /** Those of one address or of a set, as rules of a policy that come before all others. */
  static List<String> repeated(Map<String, Settings> zones) {
    Set<String> rules = new LinkedHashSet<>();
    zones.keySet().stream()
        .sorted()
        .filter(zone -> !DeviceZone.isOurs(zone))
        .flatMap(zone -> zones.get(zone).rules().stream())
        .map(OF_FEW::matcher)
        .filter(Matcher::matches)
        .forEach(ban -> rules.add(FIRST + ban.group(1)));
    return List.copyOf(rules);
  }

  /** Whether a rule of a policy of ours is such a repetition. */
  static boolean isRepeated(String rule) {
    return rule.startsWith(FIRST);
  }
}
