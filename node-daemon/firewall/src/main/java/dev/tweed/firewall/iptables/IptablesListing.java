package dev.tweed.firewall.iptables;

import dev.tweed.firewall.rules.Direction;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is ours in a filter table, and where.
 *
 * @param chains our chains that are there, with their lines as printed
 * @param jumps rules elsewhere that lead to them
 * @param bans how many rules at the beginning of the chain of each direction only refuse some
 *     sources, see {@link LeadingBans}
 */
record IptablesListing(
    Map<String, List<String>> chains, List<JumpRule> jumps, Map<Direction, Integer> bans) {

  private static final String PREFIX = "TWEED-";

  /**
   * A rule that leads to a chain of ours.
   *
   * @param line as printed
   * @param rule the same, read
   * @param position in its chain, from 1
   */
  record JumpRule(String line, IptablesRule rule, int position) {}

  IptablesListing {
    chains = Map.copyOf(chains);
    jumps = List.copyOf(jumps);
    bans = Map.copyOf(bans);
  }

  /** Our chain for a direction. */
  static String chain(Direction direction) {
    return PREFIX + base(direction);
  }

  /** The chain that packets of a direction begin in. */
  static String base(Direction direction) {
    return direction.hook().toUpperCase(Locale.ROOT);
  }

  /** Reads what iptables-save prints of the filter table. */
  static IptablesListing parse(String text) {
    Map<String, List<String>> lines = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line -> {
              if (line.startsWith(":")) {
                lines.put(line.substring(1).split(" ", 2)[0], new ArrayList<>());
              } else if (line.startsWith("-A ")) {
                lines.computeIfAbsent(line.split(" ", 3)[1], c -> new ArrayList<>()).add(line);
              }
            });
    Map<String, List<String>> chains = new LinkedHashMap<>();
    List<JumpRule> jumps = new ArrayList<>();
    lines.forEach(
        (chain, rules) -> {
          if (isOurs(chain)) {
            chains.put(chain, rules);
          } else {
            jumps.addAll(jumps(rules));
          }
        });
    Map<Direction, Integer> bans = new EnumMap<>(Direction.class);
    for (Direction direction : Direction.values()) {
      bans.put(direction, LeadingBans.count(base(direction), chain(direction), lines));
    }
    return new IptablesListing(chains, jumps, bans);
  }

  private static List<JumpRule> jumps(List<String> rules) {
    List<JumpRule> jumps = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).contains(" " + PREFIX)) {
        int position = i + 1;
        String line = rules.get(i);
        IptablesRule.tryParse(line)
            .filter(rule -> isOurs(rule.target()))
            .ifPresent(rule -> jumps.add(new JumpRule(line, rule, position)));
      }
    }
    return jumps;
  }

  /** Lines of our chain for a direction; empty if it is not there. */
  Optional<List<String>> lines(Direction direction) {
    return Optional.ofNullable(chains.get(chain(direction)));
  }

  /** Jumps out of the chain that packets of a direction begin in. */
  List<JumpRule> jumps(Direction direction) {
    return jumps.stream().filter(jump -> jump.rule().chain().equals(base(direction))).toList();
  }

  /**
   * Where the jump to our chain belongs among the rules of others: behind bans, before all else.
   */
  int place(Direction direction) {
    return bans.getOrDefault(direction, 0) + 1;
  }

  /** Whether packets of a direction come to our chain where they should, and once. */
  boolean isInPlace(Direction direction) {
    List<JumpRule> found = jumps(direction);
    return found.size() == 1
        && found.getFirst().position() == place(direction)
        && found.getFirst().rule().isPlainJumpTo(chain(direction));
  }

  private static boolean isOurs(String chain) {
    return Stream.of(Direction.values()).anyMatch(direction -> chain.equals(chain(direction)));
  }
}
