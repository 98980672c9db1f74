package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;

/** No row that is accepted makes a line that is not meant. */
class NftTableRendererProperties {

  // What a rule made of rows may look like, word by word. Nothing here matches a quote inside of
  // quotes, a line end, or a semicolon outside of them.
  private static final String LIST = "(@[a-z0-9-]+|\\{ [^{}\"]+ \\}|[0-9a-f.:/-]+)";
  private static final String DEVICES =
      "(\"[A-Za-z0-9_.-]{1,15}\"|\\{ \"[A-Za-z0-9_.-]{1,15}\"(, \"[A-Za-z0-9_.-]{1,15}\")+ \\})";
  private static final Pattern RULE =
      Pattern.compile(
          "\t\t(iifname "
              + DEVICES
              + " )?(oifname "
              + DEVICES
              + " )?(meta nfproto ipv[46] )?((ct original )?ip6? saddr "
              + LIST
              + " )?((ct original )?ip6? daddr "
              + LIST
              + " )?(meta l4proto "
              + LIST
              + " )?((tcp|udp|th) sport "
              + LIST
              + " )?((tcp dport|udp dport|th dport|ct original proto-dst"
              + "|(ct original )?ip6? [sd]addr \\. (tcp dport|udp dport|th dport|ct original proto-dst)) "
              + LIST
              + " )?((ct state new )?limit rate 3/minute burst 10 packets log prefix"
              + " \"\\[TWEED (ALLOW|BLOCK|LIMIT)\\] \"|accept|drop|reject|reject with tcp reset"
              + "|jump limited) comment \"(?<comment>tweed:(policy|network)/[^\"\\n\\r]*)\"");

  private static NftNode node;

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void everyLineIsOneThatIsMeant(@ForAll("anyRows") List<FilterRow> rows) {
    checkLines(NftTableCompiler.compile(rows));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void everyLineOfDenseRowsIsOneThatIsMeant(@ForAll("denseRows") List<FilterRow> rows) {
    checkLines(NftTableCompiler.compile(rows));
    GuardTableCompiler.compile(new GuardRules(rows, Optional.empty()))
        .ifPresent(NftTableRendererProperties::checkLines);
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void nftTakesEveryGuard(@ForAll("denseRows") List<FilterRow> rows) throws Exception {
    Optional<NftTable> guard = GuardTableCompiler.compile(new GuardRules(rows, Optional.empty()));
    if (guard.isPresent()) {
      checkByNft(guard.get());
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void nftTakesEveryTable(@ForAll("anyRows") List<FilterRow> rows) throws Exception {
    checkByNft(NftTableCompiler.compile(rows));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void nftTakesEveryTableOfDenseRows(@ForAll("denseRows") List<FilterRow> rows) throws Exception {
    checkByNft(NftTableCompiler.compile(rows));
  }

  @AfterContainer
  static void close() {
    if (node != null) {
      node.close();
    }
  }

  private static void checkLines(NftTable table) {
    NftText text = NftTableRenderer.render(table);
    List<String> made = text.text().lines().filter(line -> line.contains("tweed:")).toList();
    long lines =
        text.chains().stream()
            .flatMap(chain -> chain.lines().stream())
            .filter(line -> !line.rows().isEmpty())
            .count();

    assertThat(made).hasSize((int) lines);
    for (String line : made) {
      Matcher matcher = RULE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      String comment = matcher.group("comment");
      assertThat(comment.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(128);
      assertThat(FilterRow.isOurs(comment)).as(comment).isTrue();
    }
    // Braces of blocks: one for each chain and set, two more for those with elements, the table.
    assertThat(text.text().lines().filter(line -> line.matches("\t+\\}")).count())
        .isEqualTo(text.text().lines().filter(line -> line.matches("\t+.* (= )?\\{")).count());
  }

  private static void checkByNft(NftTable table) throws Exception {
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

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void nftTakesEveryTableOfPairs(@ForAll("pairs") List<FilterRow> rows) throws Exception {
    checkLines(NftTableCompiler.compile(rows));
    checkByNft(NftTableCompiler.compile(rows));
  }

  @Provide
  Arbitrary<List<FilterRow>> pairs() {
    return RowArbitraries.pairs();
  }

  @Provide
  Arbitrary<List<FilterRow>> anyRows() {
    return RuleArbitraries.groups()
        .map((List<RuleGroup> groups) -> RuleCompiler.compile(groups).rows());
  }

  @Provide
  Arbitrary<List<FilterRow>> denseRows() {
    return RowArbitraries.rows();
  }
}
