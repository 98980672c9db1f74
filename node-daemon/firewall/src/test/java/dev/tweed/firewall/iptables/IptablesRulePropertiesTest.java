package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.RuleArbitraries;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.firewall.ufw.SampleRows;
import dev.tweed.ip.AddressFamily;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class IptablesRulePropertiesTest {

  /** A comment stands in quotes, and in them only a backslash brings a quote or a backslash. */
  private static final String LINE =
      "-A TWEED-(INPUT|OUTPUT|FORWARD)( [!A-Za-z0-9.,:/_-]+)*"
          + " --comment \"tweed:(?:[^\"\\\\\\x00-\\x1f]|\\\\[\"\\\\])*\""
          + "( -j (ACCEPT|DROP|REJECT --reject-with [a-z0-9-]+"
          + "|LOG --log-prefix \"\\[TWEED [A-Z]+] \"))?";

  /** What has a meaning to some program on the way. */
  static final List<String> NASTY =
      List.of(
          "eth0",
          "\n",
          "\"",
          "\\",
          "'",
          " ",
          "COMMIT",
          "\r\nCOMMIT\n",
          "-j ACCEPT",
          "-t nat",
          "#",
          "$(id)",
          "`id`",
          "%s",
          "\0",
          "\u0085",
          "\u2028",
          "ä",
          "\ud83d\ude00",
          "\ud800",
          "*filter",
          "a".repeat(254));

  @Property(tries = 300)
  void noInputMakesALineOfAnotherKind(@ForAll("groups") List<RuleGroup> groups) {
    for (FilterRow row : RuleCompiler.compile(groups).rows()) {
      assertThat(IptablesRuleRenderer.lines(row)).isNotEmpty().allMatch(line -> line.matches(LINE));
    }
  }

  @Property(tries = 1000)
  void noFreeTextMakesALineOfAnotherKind(
      @ForAll("texts") String note, @ForAll("texts") String rule, @ForAll("texts") String device) {
    if (device.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")) {
      assertThat(IptablesRuleRenderer.lines(row(note, rule, device)))
          .singleElement()
          .satisfies(
              line -> {
                assertThat(line).matches(LINE);
                assertThat(line.lines()).hasSize(1);
                assertThat(comment(line).getBytes(StandardCharsets.ISO_8859_1))
                    .hasSizeLessThanOrEqualTo(255);
              });
    } else {
      assertThatThrownBy(() -> row(note, rule, device))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Property(tries = 300)
  void whatIsRenderedIsReadBack(@ForAll("groups") List<RuleGroup> groups) {
    List<FilterRow> rows = RuleCompiler.compile(groups).rows();
    for (AddressFamily family : AddressFamily.values()) {
      String input = IptablesPlanner.input(IptablesListing.parse(""), family, rows).orElse("");

      // iptables-save prints jumps as -A.
      IptablesListing found =
          IptablesListing.parse(input.replaceAll("(?m)^-I (\\w+) 1 ", "-A $1 "));

      assertThat(IptablesPlanner.input(found, family, rows)).isEmpty();
    }
  }

  static String comment(String line) {
    return IptablesRule.tryParse(line).orElseThrow().options().stream()
        .filter(option -> option.startsWith("--comment "))
        .map(option -> option.substring("--comment ".length()))
        .findFirst()
        .orElseThrow();
  }

  static FilterRow row(String note, String rule, String device) {
    FilterRow row =
        SampleRows.policy(FirewallRule.allow("r", Direction.IN).withInterfaceIn("eth0")).getFirst();
    return new FilterRow(
        row.family(),
        row.direction(),
        row.action(),
        row.protocol(),
        row.icmpTypes(),
        row.destination(),
        row.destinationPorts(),
        row.source(),
        row.sourcePorts(),
        Optional.of(device),
        row.interfaceOut(),
        row.logging(),
        row.origin(),
        rule,
        note);
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }

  @Provide
  static Arbitrary<String> texts() {
    Arbitrary<String> nasty = Arbitraries.of(NASTY);
    return Combinators.combine(
            Arbitraries.oneOf(nasty, Arbitraries.strings().ofMaxLength(30)),
            Arbitraries.oneOf(nasty, Arbitraries.strings().ofMaxLength(30)))
        .as(String::concat);
  }
}
