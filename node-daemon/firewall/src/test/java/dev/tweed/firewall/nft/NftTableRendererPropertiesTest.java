package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.nft.NftTable.Rule;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** No row that is accepted makes a line that is not meant. */
class NftTableRendererPropertiesTest {

  // What a rule made of rows may look like, word by word. Nothing here matches a quote inside of
  // quotes, a line end, or a semicolon outside of them.
  private static final String LIST = "(@[a-z0-9-]+|\\{ [0-9a-f.:/, -]+ \\}|[0-9a-f.:/-]+)";
  private static final String DEVICE = "\"[A-Za-z0-9_.-]{1,15}\"";
  private static final Pattern RULE =
      Pattern.compile(
          "\t\t(iifname "
              + DEVICE
              + " )?(oifname "
              + DEVICE
              + " )?(meta nfproto ipv[46] )?((ct original )?ip6? saddr "
              + LIST
              + " )?((ct original )?ip6? daddr "
              + LIST
              + " )?(meta l4proto "
              + LIST
              + " )?((tcp|udp|th) sport "
              + LIST
              + " )?((tcp dport|udp dport|th dport|ct original proto-dst) "
              + LIST
              + " )?((ct state new )?limit rate 3/minute burst 10 packets log prefix"
              + " \"\\[TWEED (ALLOW|BLOCK|LIMIT)\\] \"|accept|drop|reject|reject with tcp reset"
              + "|jump limited) comment \"(?<comment>tweed:(policy|network)/[^\"\\n\\r]*)\"");

  // What is between rules, and what sets hold.
  private static final Pattern FRAME =
      Pattern.compile(
          "(add |delete )?table inet [a-z-]+( \\{)?|\t(chain|set) [a-z0-9-]+ \\{|\t{0,2}\\}"
              + "|\t\ttype filter hook [a-z]+ priority -?[0-9]+; policy accept;"
              + "|\t\ttypeof (ip6? saddr|th dport)|\t\tflags [a-z,]+|\t\tsize 65535"
              + "|\t\ttimeout 30s|\t\telements = \\{"
              + "|\t\t\t[0-9a-f.:/-]+,?");

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void everyLineIsOneThatIsMeant(@ForAll("anyRows") List<FilterRow> rows) {
    checkLines(NftTableCompiler.compile(rows));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void everyLineOfDenseRowsIsOneThatIsMeant(@ForAll("denseRows") List<FilterRow> rows) {
    checkLines(NftTableCompiler.compile(rows));
    GuardTableCompiler.compile(new GuardRules(rows))
        .ifPresent(NftTableRendererPropertiesTest::checkLines);
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void everyLineOfPairsIsOneThatIsMeant(@ForAll("pairs") List<FilterRow> rows) {
    checkLines(NftTableCompiler.compile(rows));
  }

  private static void checkLines(NftTable table) {
    NftText text = NftTableRenderer.render(table);
    List<String> fixed =
        table.chains().stream()
            .flatMap(chain -> chain.rules().stream())
            .flatMap(
                rule ->
                    switch (rule) {
                      case Rule.Fixed(var statement, var comment) ->
                          Stream.of("\t\t" + line(statement, comment));
                      case Rule.Narrowed(var match, var statement, var comment) ->
                          Stream.of(line(statement, comment));
                      case Rule.OfPerson of -> Stream.<String>empty();
                    })
            .toList();
    String seal = "\t\t" + line("return", text.seal());
    List<String> rest =
        text.text()
            .lines()
            .filter(line -> !FRAME.matcher(line).matches())
            .filter(line -> !line.equals(seal) && fixed.stream().noneMatch(line::endsWith))
            .toList();

    assertThat(rest).hasSize(text.rules() - fixed.size());
    for (String line : rest) {
      Matcher matcher = RULE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      String comment = matcher.group("comment");
      assertThat(comment.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(128);
      assertThat(FilterRow.isOurs(comment)).as(comment).isTrue();
    }
  }

  private static String line(String statement, String comment) {
    return "%s comment \"%s\"".formatted(statement, comment);
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
