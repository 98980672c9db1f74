package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import java.util.List;

/**
 * What is guarded beside the host's own firewall.
 *
 * @param inRows rows for packets to the host itself, in order; those that refuse something close
 *     NodePorts, too, and those before them keep some open
 */
public record GuardRules(List<FilterRow> inRows) {

  public GuardRules {
    inRows = List.copyOf(inRows);
  }

  /** Rows up to the last that refuses something: what comes after is accepted anyway. */
  public List<FilterRow> nodePortRows() {
    List<FilterRow> in =
        inRows.stream()
            .filter(row -> row.direction() == Direction.IN && !row.protocol().isIcmp())
            .toList();
    int last = in.size();
    while (last > 0 && in.get(last - 1).action() == Action.ALLOW) {
      last--;
    }
    return in.subList(0, last);
  }

  /** Nothing at all. */
  public static GuardRules none() {
    return new GuardRules(List.of());
  }
}
