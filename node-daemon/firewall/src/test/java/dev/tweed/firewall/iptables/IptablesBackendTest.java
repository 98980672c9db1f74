package dev.tweed.firewall.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.FirewallAdvicePlanner;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewallReader;
import dev.tweed.firewall.NftCommand;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.ufw.SampleRows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Our rows in real iptables of both flavours, beside a person's rules. */
@Tag("kernel")
class IptablesBackendTest {

  /** What a person has there, with words that must come through as they are. */
  private static final String PERSON =
      """
      iptables -P INPUT DROP
      iptables -A INPUT -i lo -j ACCEPT
      iptables -N mine
      iptables -A mine -p tcp -m multiport --dports 22,80 -m comment --comment "it's \\"mine\\" -j TWEED-INPUT" -j ACCEPT
      iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      iptables -A INPUT -j mine
      ip6tables -A FORWARD -s 2001:db8::/32 -j DROP
      """;

  @AutoClose private IptablesNode node;

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void rowsOfEverySortStandBeforeAPersonsRules(IptablesFlavour flavour) {
    open(flavour);
    String before = node.kernel();
    assertThat(node.check(SampleRows.all())).isEqualTo(applied(true));
    assertThat(node.kernel()).isEqualTo(before);

    assertThat(node.apply(SampleRows.all())).isEqualTo(applied(true));

    assertThat(node.check(SampleRows.all())).isEqualTo(applied(false));
    assertThat(node.sh("iptables -S INPUT").lines().toList())
        .startsWith("-P INPUT DROP", "-A INPUT -j TWEED-INPUT", "-A INPUT -i lo -j ACCEPT");
    assertThat(withoutOurs(node.kernel())).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void anotherRunWritesNothing(IptablesFlavour flavour) {
    open(flavour);
    node.apply(SampleRows.all());

    assertThat(node.apply(SampleRows.all())).isEqualTo(applied(false));
    // A daemon that was started again knows nothing of the run before.
    assertThat(node.apply(IptablesNode.backend(node.table()), SampleRows.all()))
        .isEqualTo(applied(false));
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void removingOursLeavesEverythingAsItWas(IptablesFlavour flavour) {
    open(flavour);
    String before = node.kernel();
    node.apply(SampleRows.all());
    assertThat(node.kernel()).isNotEqualTo(before);

    assertThat(node.apply(List.of())).isEqualTo(applied(true));

    assertThat(node.kernel()).isEqualTo(before);
    assertThat(node.apply(List.of())).isEqualTo(applied(false));
  }

  @ParameterizedTest
  @MethodSource("drift")
  void whatSomebodyChangedIsPutRight(IptablesFlavour flavour, String drift) {
    open(flavour);
    node.apply(SampleRows.lesson());
    String right = node.kernel();

    node.sh(drift);
    assertThat(node.kernel()).isNotEqualTo(right);
    String theirs = withoutOurs(node.kernel());
    assertThat(node.check(SampleRows.lesson())).isEqualTo(applied(true));

    assertThat(node.apply(SampleRows.lesson())).isEqualTo(applied(true));

    assertThat(node.apply(SampleRows.lesson())).isEqualTo(applied(false));
    assertThat(withoutOurs(node.kernel())).isEqualTo(theirs);
  }

  static Stream<Arguments> drift() {
    return Stream.of(IptablesFlavour.values())
        .flatMap(
            flavour ->
                Stream.of(
                        "iptables -F TWEED-INPUT",
                        "iptables -F; ip6tables -F",
                        "iptables -F; iptables -X",
                        "iptables -D TWEED-INPUT 4",
                        "iptables -D TWEED-INPUT 1; iptables -I TWEED-INPUT 3 -j ACCEPT",
                        "iptables -A TWEED-OUTPUT -j DROP",
                        "iptables -D FORWARD 1",
                        "iptables -I INPUT 1 -j TWEED-INPUT",
                        "iptables -A INPUT -j TWEED-INPUT",
                        "iptables -I INPUT 1 -s 192.0.2.1 -j ACCEPT",
                        "ip6tables -D FORWARD 1; ip6tables -A FORWARD -j TWEED-FORWARD",
                        "iptables -A OUTPUT -o eth9 -m comment --comment 'a \"b\"' -g TWEED-INPUT")
                    .map(drift -> Arguments.of(flavour, drift)));
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void aChainThatAPersonsChainLeadsToIsLeftEmpty(IptablesFlavour flavour) {
    open(flavour);
    node.apply(SampleRows.lesson());
    node.sh("iptables -A mine -j TWEED-INPUT");

    assertThat(node.apply(List.of())).isEqualTo(applied(true));

    assertThat(node.sh("iptables -S mine")).contains("-A mine -j TWEED-INPUT");
    assertThat(node.sh("iptables -S TWEED-INPUT")).isEqualTo("-N TWEED-INPUT\n");
    assertThat(node.apply(List.of())).isEqualTo(applied(false));
    assertThat(node.apply(SampleRows.lesson())).isEqualTo(applied(true));
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void commentsComeBackAsTheyWere(IptablesFlavour flavour) {
    open(flavour);
    Random random = new Random(42);
    List<FilterRow> rows =
        Stream.generate(
                () ->
                    random
                        .ints(random.nextInt(40), 0, IptablesRulePropertiesTest.NASTY.size())
                        .mapToObj(IptablesRulePropertiesTest.NASTY::get)
                        .collect(Collectors.joining()))
            .limit(500)
            .map(text -> IptablesRulePropertiesTest.row(text, "r", "eth0"))
            .toList();

    assertThat(node.apply(rows)).isEqualTo(applied(true));

    assertThat(
            node.sh("iptables -S TWEED-INPUT")
                .lines()
                .filter(line -> line.contains("--comment"))
                .map(
                    line ->
                        new String(
                            line.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))
                .map(IptablesRulePropertiesTest::comment)
                .toList())
        .isEqualTo(
            rows.stream()
                .map(
                    row ->
                        IptablesRulePropertiesTest.comment(
                            IptablesRuleRenderer.lines(row).getFirst()))
                .toList());
    assertThat(node.apply(IptablesNode.backend(node.table()), rows)).isEqualTo(applied(false));
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void tenThousandRowsAreHad(IptablesFlavour flavour) {
    open(flavour);
    List<FilterRow> rows = SampleRows.many(10_000);

    assertThat(node.apply(rows)).isEqualTo(applied(true));

    assertThat(node.apply(rows)).isEqualTo(applied(false));
    assertThat(node.check(rows)).isEqualTo(applied(false));
    assertThat(node.sh("iptables -S TWEED-INPUT | tail -1")).contains("10.39.249.1/32");
  }

  @ParameterizedTest
  @EnumSource(IptablesFlavour.class)
  void ourRowsAloneAreNoFirewallOfTheHost(IptablesFlavour flavour) throws Exception {
    node = IptablesNode.open(flavour);
    node.apply(SampleRows.policy(FirewallRule.allow("r", Direction.IN).withAction(Action.DENY)));

    assertThat(read().manager()).isEqualTo(HostFirewall.Manager.NONE);
  }

  @Test
  void whatOurRowsLetThroughIsNotReportedAsBlocked() throws Exception {
    node = IptablesNode.open(IptablesFlavour.NFT);
    node.sh("iptables -P INPUT DROP; iptables -P OUTPUT DROP; iptables -P FORWARD DROP");
    assertThat(FirewallAdvicePlanner.plan(read(), SampleRows.needs())).isNotEmpty();

    node.apply(SampleRows.lesson());

    assertThat(read().manager()).isEqualTo(HostFirewall.Manager.IPTABLES);
    assertThat(FirewallAdvicePlanner.plan(read(), SampleRows.needs())).isEmpty();
  }

  private HostFirewall read() throws Exception {
    Path nowhere = Path.of("/nonexistent");
    NftCommand nft = new NftCommand(Path.of("nft"));
    return node.netns().call(() -> new HostFirewallReader(nowhere, nowhere, nft).read());
  }

  private void open(IptablesFlavour flavour) {
    node = IptablesNode.open(flavour);
    node.sh(PERSON);
  }

  private static String withoutOurs(String kernel) {
    return kernel
        .lines()
        .filter(line -> !line.matches("^(:TWEED-|-A TWEED-|.* -[jg] TWEED-[A-Z]+$).*"))
        .reduce("", (a, b) -> a + b + "\n");
  }

  private static BackendOutcome applied(boolean changed) {
    return new BackendOutcome.Applied(changed, true, List.of());
  }
}
