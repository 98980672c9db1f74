package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/** No row that is accepted makes a table that nft and the kernel refuse. */
@Tag("kernel")
class NftCheckPropertiesTest {

  private static NftNode node;

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void tablesOfAnyRowsAreTaken(@ForAll("any") List<FilterRow> rows) throws IOException {
    check(NftTableCompiler.compile(rows));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void tablesOfDenseRowsAreTaken(@ForAll("dense") List<FilterRow> rows) throws IOException {
    check(NftTableCompiler.compile(rows));
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void tablesOfPairsAreTaken(@ForAll("pairs") List<FilterRow> rows) throws IOException {
    check(NftTableCompiler.compile(rows));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void guardsAreTaken(@ForAll("dense") List<FilterRow> rows) throws IOException {
    Optional<NftTable> guard = GuardTableCompiler.compile(new GuardRules(rows));
    if (guard.isPresent()) {
      check(guard.get());
    }
  }

  private static void check(NftTable table) throws IOException {
    if (node == null) {
      node = NftNode.open();
    }
    Path file = Files.createTempFile("tweed", ".nft");
    try {
      Files.writeString(file, NftTableRenderer.render(table).text());

      assertThat(node.sh("nft -c -f " + file + " 2>&1 || cat " + file)).isEmpty();
    } finally {
      Files.delete(file);
    }
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
