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

  private static final Pattern SOURCE_OF_FEW =
      Pattern.compile("(?<address>[0-9A-Fa-f.:]+(?:/32|/128)?)|ipset:(?<set>[^\"]+)");

  /** What a zone says that holds nothing but sources to refuse. */
  private static final Set<String> OF_SOURCES =
      Set.of("target", "sources", "forward", "short", "description", "version");

  private static final Map<String, String> REFUSING =
      Map.of("DROP", "drop", "%%REJECT%%", "reject");

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
  static List<Ban> unsaved(FirewalldConfig running, FirewalldConfig permanent) {
    List<Ban> bans = new ArrayList<>();
    running
        .zones()
        .forEach(
            (zone, settings) -> {
              Set<String> saved = Set.copyOf(FirewalldConfig.rules(permanent.zones(), zone));
              settings.rules().stream()
                  .filter(rule -> BAN.matcher(rule).matches() && !saved.contains(rule))
                  .forEach(rule -> bans.add(new Ban(zone, rule)));
            });
    return bans;
  }

  /**
   * Those of one address or of a set, as rules of a policy that come before all others; and sources
   * of zones that refuse whatever comes from them.
   */
  static List<String> repeated(Map<String, Settings> zones) {
    Set<String> rules = new LinkedHashSet<>();
    zones.keySet().stream()
        .sorted()
        .filter(zone -> !DeviceZone.isOurs(zone))
        .map(zones::get)
        .forEach(
            zone -> {
              zone.rules().stream()
                  .map(OF_FEW::matcher)
                  .filter(Matcher::matches)
                  .forEach(ban -> rules.add(FIRST + ban.group(1)));
              rules.addAll(ofSources(zone));
            });
    return List.copyOf(rules);
  }

  /** Rules for the sources of a zone that refuses all of them. */
  private static List<String> ofSources(Settings zone) {
    String verdict = REFUSING.get(String.valueOf(zone.value("target").orElse("")));
    return verdict == null || !OF_SOURCES.containsAll(zone.values().keySet())
        ? List.of()
        : zone.texts("sources").stream()
            .map(SOURCE_OF_FEW::matcher)
            .filter(Matcher::matches)
            .map(source -> FIRST + source(source.group("address"), source.group("set")) + verdict)
            .toList();
  }

  private static String source(String address, String set) {
    return address == null
        ? "source ipset=\"%s\" ".formatted(set)
        : "family=\"%s\" source address=\"%s\" "
            .formatted(address.contains(":") ? "ipv6" : "ipv4", address);
  }

  /** Whether a rule of a policy of ours is such a repetition. */
  static boolean isRepeated(String rule) {
    return rule.startsWith(FIRST);
  }
}
