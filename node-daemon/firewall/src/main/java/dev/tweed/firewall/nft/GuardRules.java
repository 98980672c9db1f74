package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.rules.RuleGroup.Mode;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What is guarded beside the host's own firewall.
 *
 * @param rows those in force that matter here, in order; of packets to the host itself, those that
 *     refuse something close NodePorts, too, and those before them keep some open
 * @param audit the same with rows that are only tried, in order
 * @param cutting whose rows end connections that stand
 * @param tried whose rows are only tried
 */
public record GuardRules(
    List<FilterRow> rows, List<FilterRow> audit, Set<Origin> cutting, Set<Origin> tried) {

  public GuardRules {
    rows = List.copyOf(rows);
    audit = List.copyOf(audit);
    cutting = Set.copyOf(cutting);
    tried = Set.copyOf(tried);
  }

  /** Of rows that leave connections that stand. */
  public GuardRules(List<FilterRow> rows) {
    this(rows, List.of(), Set.of(), Set.of());
  }

  /** What a plan asks for. */
  public static GuardRules of(PlannedRules planned) {
    Set<Origin> cutting = planned.origins(Mode.CUT_ESTABLISHED);
    return new GuardRules(
        planned.rows().stream()
            .filter(row -> row.direction() == Direction.IN || !cutting.isEmpty())
            .toList(),
        planned.audit(),
        cutting,
        planned.origins(Mode.AUDIT));
  }

  /** Nothing at all. */
  public static GuardRules none() {
    return new GuardRules(List.of());
  }

  /** Rows up to the last that refuses something: what comes after is accepted anyway. */
  public List<FilterRow> nodePortRows() {
    return upTo(
        rows,
        row -> row.direction() == Direction.IN && !row.protocol().isIcmp(),
        GuardRules::refuses);
  }

  /** Rows of a direction up to the last that ends connections that stand. */
  public List<FilterRow> cuttingRows(Direction direction) {
    return upTo(
        rows,
        row -> row.direction() == direction,
        row -> refuses(row) && cutting.contains(row.origin()));
  }

  /** Rows of a direction up to the last that is only tried. */
  public List<FilterRow> triedRows(Direction direction) {
    return upTo(audit, row -> row.direction() == direction, row -> tried.contains(row.origin()));
  }

  private static boolean refuses(FilterRow row) {
    return row.action() != Action.ALLOW;
  }

  private static List<FilterRow> upTo(
      List<FilterRow> all, Predicate<FilterRow> about, Predicate<FilterRow> last) {
    List<FilterRow> own = all.stream().filter(about).toList();
    int end = own.size();
    while (end > 0 && !last.test(own.get(end - 1))) {
      end--;
    }
    return own.subList(0, end);
  }
}
