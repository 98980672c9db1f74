package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import java.util.List;
import java.util.OptionalInt;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/** No row that is accepted makes a table that the kernel refuses. */
@Tag("kernel")
class NftCheckPropertiesTest {

  private static NftNode node;

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void tablesOfAnyRowsAreTaken(@ForAll("any") List<FilterRow> rows) {
    check(NftTableCompiler.compile(rows, OptionalInt.empty()));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void tablesOfDenseRowsAreTaken(@ForAll("dense") List<FilterRow> rows) {
    check(NftTableCompiler.compile(rows, OptionalInt.empty()));
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void tablesOfPairsAreTaken(@ForAll("pairs") List<FilterRow> rows) {
    check(NftTableCompiler.compile(rows, OptionalInt.empty()));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void guardsAreTaken(@ForAll("dense") List<FilterRow> rows) {
    GuardTableCompiler.compile(new GuardRules(rows), OptionalInt.empty())
        .ifPresent(NftCheckPropertiesTest::check);
  }

  private static void check(NfTableContent table) {
    if (node == null) {
      node = NftNode.open();
    }

    assertThat(node.tables().execute(NfTableDiff.replacement(table))).isEmpty();
    assertThat(table.rules())
        .filteredOn(rule -> rule.expressions().contains(NfExpression.Counter.ZERO))
        .allMatch(rule -> FilterRow.isOurs(rule.comment()));
  }

  @AfterContainer
  static void close() {
    if (node != null) {
      node.close();
    }
  }

  @Provide
  Arbitrary<List<FilterRow>> any() {
    return RuleArbitraries.groups()
        .map((List<RuleGroup> groups) -> RuleCompiler.compile(groups).rows());
  }

  @Provide
  Arbitrary<List<FilterRow>> dense() {
    return RowArbitraries.rows();
  }

  @Provide
  Arbitrary<List<FilterRow>> pairs() {
    return RowArbitraries.pairs();
  }
}
