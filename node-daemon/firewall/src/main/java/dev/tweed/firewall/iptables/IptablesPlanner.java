package dev.tweed.firewall.iptables;

import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides what to feed to iptables-restore, so that the table holds what it should. Each input is
 * one transaction: packets meet the rules before it or those after, and never none.
 */
final class IptablesPlanner {

  private IptablesPlanner() {}

  /** Lines of our chain for a direction, in order. */
  private static List<String> lines(
      AddressFamily family, Direction direction, List<FilterRow> rows) {
    List<FilterRow> own =
        rows.stream()
            .filter(row -> row.family() == family && row.direction() == direction)
            .toList();
    // Connections have two ways: one that is let in needs its answers let out.
    boolean used =
        rows.stream()
            .filter(row -> row.family() == family)
            .anyMatch(row -> isRouted(row.direction()) == isRouted(direction));
    List<String> lines = new ArrayList<>();
    if (used) {
      lines.addAll(IptablesRuleRenderer.preamble(family, direction));
    }
    own.forEach(row -> lines.addAll(IptablesRuleRenderer.lines(row)));
    return lines;
  }

  /**
   * Input that makes these rows ours; empty if they are.
   *
   * @param rows of both families; only those of this one count
   */
  static Optional<String> input(IptablesListing found, AddressFamily family, List<FilterRow> rows) {
    if (rows.stream().noneMatch(row -> row.family() == family)) {
      return removal(found);
    }
    boolean right = true;
    Map<Direction, List<String>> wanted = new HashMap<>();
    for (Direction direction : Direction.values()) {
      List<String> lines = lines(family, direction, rows);
      wanted.put(direction, lines);
      right &=
          found.isInPlace(direction)
              && found.lines(direction).map(there -> isSame(there, lines)).orElse(false);
    }
    if (right) {
      return Optional.empty();
    }
    StringBuilder input = begin();
    for (Direction direction : Direction.values()) {
      input.append(':').append(IptablesListing.chain(direction)).append(" - [0:0]\n");
    }
    found.jumps().stream().filter(IptablesPlanner::isFromBase).forEach(jump -> delete(input, jump));
    for (Direction direction : Direction.values()) {
      input.append(
          "-I %s %d -j %s\n"
              .formatted(
                  IptablesListing.base(direction),
                  found.place(direction),
                  IptablesListing.chain(direction)));
      wanted.get(direction).forEach(line -> input.append(line).append('\n'));
    }
    return Optional.of(commit(input));
  }

  /**
   * Input that brings back what was found before.
   *
   * @param now what is there instead
   */
  static String undo(IptablesListing before, IptablesListing now) {
    StringBuilder input = begin();
    // What both have needs a line, too: it empties the chain.
    for (String chain : before.chains().keySet().stream().sorted().toList()) {
      input.append(':').append(chain).append(" - [0:0]\n");
    }
    now.jumps().stream().filter(IptablesPlanner::isFromBase).forEach(jump -> delete(input, jump));
    before.jumps().stream()
        .filter(IptablesPlanner::isFromBase)
        .forEach(
            jump ->
                input.append(
                    "-I %s %d %s\n"
                        .formatted(
                            jump.rule().chain(), jump.position(), jump.line().split(" ", 3)[2])));
    before.chains().values().forEach(lines -> lines.forEach(l -> input.append(l).append('\n')));
    now.chains().keySet().stream()
        .filter(chain -> !before.chains().containsKey(chain))
        .sorted()
        .forEach(chain -> input.append("-F %1$s\n-X %1$s\n".formatted(chain)));
    return commit(input);
  }

  /**
   * Without rows there is nothing of ours, but for a chain that a person's own chain leads to: it
   * is left empty, for a rule of theirs is not ours to take away.
   */
  private static Optional<String> removal(IptablesListing found) {
    List<String> held =
        found.jumps().stream()
            .filter(jump -> !isFromBase(jump))
            .map(jump -> jump.rule().target())
            .toList();
    StringBuilder input = begin();
    int empty = input.length();
    found.jumps().stream().filter(IptablesPlanner::isFromBase).forEach(jump -> delete(input, jump));
    found.chains().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              if (!entry.getValue().isEmpty()) {
                input.append("-F ").append(entry.getKey()).append('\n');
              }
              if (!held.contains(entry.getKey())) {
                input.append("-X ").append(entry.getKey()).append('\n');
              }
            });
    return input.length() == empty ? Optional.empty() : Optional.of(commit(input));
  }

  private static boolean isFromBase(IptablesListing.JumpRule jump) {
    return Stream.of(Direction.values())
        .anyMatch(direction -> jump.rule().chain().equals(IptablesListing.base(direction)));
  }

  private static boolean isRouted(Direction direction) {
    return direction == Direction.ROUTED;
  }

  /**
   * Whether this may be what iptables makes of these rows, if it prints them in a way we do not
   * know: jumps in place, and as many lines.
   */
  static boolean isPlausible(IptablesListing found, AddressFamily family, List<FilterRow> rows) {
    return Stream.of(Direction.values())
        .allMatch(
            direction ->
                found.isInPlace(direction)
                    && found.lines(direction).map(List::size).orElse(-1)
                        == lines(family, direction, rows).size());
  }

  private static boolean isSame(List<String> found, List<String> wanted) {
    return found.size() == wanted.size()
        && found.stream()
            .map(IptablesRule::tryParse)
            .toList()
            .equals(wanted.stream().map(IptablesRule::tryParse).toList());
  }

  private static void delete(StringBuilder input, IptablesListing.JumpRule jump) {
    input.append("-D").append(jump.line().substring(2)).append('\n');
  }

  private static StringBuilder begin() {
    return new StringBuilder("*filter\n");
  }

  private static String commit(StringBuilder input) {
    return input.append("COMMIT\n").toString();
  }
}
