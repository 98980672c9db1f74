package dev.tweed.firewall.iptables;

import dev.tweed.firewall.rules.Direction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is ours in a filter table, and where.
 *
 * @param chains our chains that are there, with their lines as printed
 * @param jumps rules elsewhere that lead to them
 */
record IptablesListing(Map<String, List<String>> chains, List<Jump> jumps) {

  private static final String PREFIX = "TWEED-";

  /**
   * A rule that leads to a chain of ours.
   *
   * @param line as printed
   * @param rule the same, read
   * @param position in its chain, from 1
   */
  record Jump(String line, IptablesRule rule, int position) {}

  IptablesListing {
    chains = Map.copyOf(chains);
    jumps = List.copyOf(jumps);
  }

  /** Our chain for a direction. */
  static String chain(Direction direction) {
    return PREFIX + base(direction);
  }

  /** The chain that packets of a direction begin in. */
  static String base(Direction direction) {
    return switch (direction) {
      case IN -> "INPUT";
      case OUT -> "OUTPUT";
      case ROUTED -> "FORWARD";
    };
  }

  /** Reads what iptables-save prints of the filter table. */
  static IptablesListing parse(String text) {
    Map<String, List<String>> chains = new LinkedHashMap<>();
    Map<String, Integer> positions = new LinkedHashMap<>();
    List<Jump> jumps = new ArrayList<>();
    text.lines()
        .forEach(
            line -> {
              if (line.startsWith(":" + PREFIX)) {
                String chain = line.substring(1).split(" ", 2)[0];
                if (isOurs(chain)) {
                  chains.put(chain, new ArrayList<>());
                }
              } else if (line.startsWith("-A ")) {
                String chain = line.split(" ", 3)[1];
                int position = positions.merge(chain, 1, Integer::sum);
                if (chains.containsKey(chain)) {
                  chains.get(chain).add(line);
                } else if (line.contains(" " + PREFIX)) {
                  IptablesRule.tryParse(line)
                      .filter(rule -> isOurs(rule.target()))
                      .ifPresent(rule -> jumps.add(new Jump(line, rule, position)));
                }
              }
            });
    return new IptablesListing(chains, jumps);
  }

  /** Lines of our chain for a direction; empty if it is not there. */
  Optional<List<String>> lines(Direction direction) {
    return Optional.ofNullable(chains.get(chain(direction)));
  }

  /** Jumps out of the chain that packets of a direction begin in. */
  List<Jump> jumps(Direction direction) {
    return jumps.stream().filter(jump -> jump.rule().chain().equals(base(direction))).toList();
  }

  /** Whether packets of a direction come to our chain first, and once. */
  boolean isFirst(Direction direction) {
    List<Jump> found = jumps(direction);
    return found.size() == 1 && isRight(found.getFirst(), direction);
  }

  /** Whether this is the one jump there should be. */
  static boolean isRight(Jump jump, Direction direction) {
    return jump.position() == 1
        && jump.rule().chain().equals(base(direction))
        && jump.rule().isPlainJumpTo(chain(direction));
  }

  private static boolean isOurs(String chain) {
    for (Direction direction : Direction.values()) {
      if (chain.equals(chain(direction))) {
        return true;
      }
    }
    return false;
  }
}
