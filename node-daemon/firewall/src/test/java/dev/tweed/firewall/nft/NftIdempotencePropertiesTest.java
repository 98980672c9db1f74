package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/** Whatever the rows: once they are in the kernel, they are found there, and not written again. */
@Tag("kernel")
class NftIdempotencePropertiesTest {

  private static NftNode node;

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void rowsAreWrittenOnce(@ForAll("rows") List<FilterRow> rows) {
    // Two of one match cannot be told apart, and compilers make none.
    List<FilterRow> distinct = rows.stream().distinct().toList();

    node().call(() -> new NftablesBackend(node().tables(), OptionalInt::empty).apply(distinct));

    assertThat(
            node()
                .call(
                    () -> new NftablesBackend(node().tables(), OptionalInt::empty).apply(distinct)))
        .isEqualTo(new Applied(false, true, List.of()));
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void whatWasThereBeforeMakesNoDifference(
      @ForAll("rows") List<FilterRow> before, @ForAll("rows") List<FilterRow> rows) {
    NftablesBackend backend = new NftablesBackend(node().tables(), OptionalInt::empty);
    backend.apply(List.of());
    backend.apply(rows);
    String fresh = node().sh("nft -s list ruleset");

    backend.apply(before);
    backend.apply(rows);

    assertThat(node().sh("nft -s list ruleset")).isEqualTo(fresh);
    backend.apply(List.of());
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void guardsAreWrittenOnce(@ForAll("rows") List<FilterRow> rows) {
    GuardRules rules = new GuardRules(rows);

    node().call(() -> new GuardWriter(node().tables(), OptionalInt::empty).apply(rules));

    assertThat(node().call(() -> new GuardWriter(node().tables(), OptionalInt::empty).apply(rules)))
        .isEqualTo(BackendOutcome.applied(false));
  }

  @Provide
  Arbitrary<List<FilterRow>> rows() {
    return Arbitraries.oneOf(RowArbitraries.rows(), RowArbitraries.pairs());
  }

  private static NftNode node() {
    if (node == null) {
      node = NftNode.open();
    }
    return node;
  }

  @AfterContainer
  static void close() {
    if (node != null) {
      node.close();
    }
  }
}
