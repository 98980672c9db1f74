package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.AddressFamily;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class UfwRulesFilePropertiesTest {

  private static final AddressFamily V4 = AddressFamily.IPV4;

  @Property(tries = 200)
  void whatIsNotOursStaysByteForByte(@ForAll("groups") List<RuleGroup> groups) throws Exception {
    List<FilterRow> rows = supported(groups);
    for (AddressFamily family : AddressFamily.values()) {
      String golden = UfwGoldenTest.resource(family == V4 ? "user.rules" : "user6.rules");

      UfwRulesFile.Replacement first = read(golden, family).withOurs(tuples(rows, family));
      String text = first.file().text();
      UfwRulesFile again = read(text, family);

      assertThat(again.withOurs(List.of()).file().text()).isEqualTo(golden);
      assertThat(again.withOurs(tuples(rows, family)).file().text()).isEqualTo(text);
      assertThat(again.ours().size() + first.overlaps().size())
          .isEqualTo(tuples(rows, family).size());
      assertThat(again.ours()).isEqualTo(first.file().ours());
    }
  }

  @Property(tries = 200)
  void noInputMakesALineOfAnotherKind(@ForAll("groups") List<RuleGroup> groups) {
    for (FilterRow row : supported(groups)) {
      UfwTuple tuple = UfwTuple.of(row);
      String prefix = row.family() == V4 ? "ufw" : "ufw6";

      assertThat(tuple.line())
          .matches(
              "### tuple ### (route:)?(allow|deny|reject|limit)(_log(-all)?)? [a-z0-9]+"
                  + " [0-9:,any]+ [0-9a-f.:/]+ [0-9:,any]+ [0-9a-f.:/]+"
                  + " (in|out)(_[a-z0-9._-]+(!out_[a-z0-9._-]+)?)? comment=[0-9a-f]+");
      assertThat(UfwRuleRenderer.lines(tuple, row.family()))
          .allMatch(
              line ->
                  line.matches(
                      "-A "
                          + prefix
                          + "-user-(logging-)?(input|output|forward)( [A-Za-z0-9.,:/_-]+)*"
                          + "( --log-prefix \"\\[UFW [A-Z]+] \")?"));
    }
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }

  private static List<FilterRow> supported(List<RuleGroup> groups) {
    return RuleCompiler.compile(groups).rows().stream()
        .filter(row -> new UfwBackend(null).unsupported(row).isEmpty())
        .toList();
  }

  private static List<UfwTuple> tuples(List<FilterRow> rows, AddressFamily family) {
    return rows.stream().filter(row -> row.family() == family).map(UfwTuple::of).toList();
  }

  private static UfwRulesFile read(String text, AddressFamily family) {
    return UfwGoldenTest.parsed(text, family);
  }
}
