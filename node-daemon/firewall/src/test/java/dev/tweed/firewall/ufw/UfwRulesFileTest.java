package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class UfwRulesFileTest {

  private static final AddressFamily V4 = AddressFamily.IPV4;
  private static final Origin POLICY = new Origin(Origin.Kind.POLICY, "p");

  @Test
  void veryOldRulesHaveNoDirection() {
    String tuple = "### tuple ### allow tcp 1 0.0.0.0/0 any 0.0.0.0/0";

    for (String apps : List.of("", " OpenSSH -")) {
      for (String comment : List.of("", " comment=6162")) {
        assertThat(UfwTuple.tryParse(tuple + apps + comment))
            .isPresent()
            .isEqualTo(UfwTuple.tryParse(tuple + apps + " in" + comment));
      }
    }
    assertThat(UfwTuple.tryParse(tuple + " sideways")).isEmpty();
  }

  @Test
  void ourRulesComeLastAsUfwAllowPutsThem() throws IOException {
    String golden = UfwGoldenTest.resource("user.rules");

    String text = read(golden).withOurs(tuples(port(9999))).file().text();

    String added =
        """

        ### tuple ### allow tcp 9999 0.0.0.0/0 any 192.0.2.0/24 in comment=%s
        -A ufw-user-input -p tcp --dport 9999 -s 192.0.2.0/24 -j ACCEPT
        """
            .formatted("74776565643a706f6c6963792f702f72");
    assertThat(text)
        .isEqualTo(golden.replace("\n### END RULES ###", added + "\n### END RULES ###"));
  }

  @Test
  void ourRulesStayWhereTheyAreWhenAPersonAddsMore() throws IOException {
    String golden = UfwGoldenTest.resource("user.rules");
    String typed =
        "\n### tuple ### allow tcp 1 0.0.0.0/0 any 0.0.0.0/0 in\n"
            + "-A ufw-user-input -p tcp --dport 1 -j ACCEPT\n";
    String ours = read(golden).withOurs(tuples(port(9999))).file().text();
    String both = ours.replace("\n### END RULES ###", typed + "\n### END RULES ###");

    assertThat(read(both).withOurs(tuples(port(9999))).file().text()).isEqualTo(both);
    assertThat(read(both).withOurs(List.of()).file().text())
        .isEqualTo(golden.replace("\n### END RULES ###", typed + "\n### END RULES ###"));
  }

  @Test
  void whatAPersonInsertsAmongOursStaysThere() throws IOException {
    String ours = read(golden()).withOurs(tuples(port(9997), port(9998), port(9999))).file().text();
    String inserted = before(ours, 9999, typed(1));

    assertThat(read(inserted).withOurs(tuples(port(9997), port(9998), port(9999))).file().text())
        .isEqualTo(inserted);
  }

  @Test
  void aNewRuleOfOursComesRightAfterTheOneBeforeIt() throws IOException {
    String ours = read(golden()).withOurs(tuples(port(9997), port(9999))).file().text();
    String inserted = before(ours, 9999, typed(1));

    assertThat(ports(read(inserted).withOurs(tuples(port(9997), port(9998), port(9999))).file(), 4))
        .containsExactly("9997", "9998", "1", "9999");
  }

  @Test
  void ourRulesInAnotherOrderComeAfterWhatAPersonInserted() throws IOException {
    String ours = read(golden()).withOurs(tuples(port(9997), port(9999))).file().text();
    String inserted = before(ours, 9999, typed(1));

    assertThat(ports(read(inserted).withOurs(tuples(port(9999), port(9997))).file(), 3))
        .containsExactly("1", "9999", "9997");
  }

  /** "Allow from here, deny from anywhere" locks out if the first comes last. */
  @Test
  void ourRulesComeAfterThePersonsThatStandsInForOneBeforeThem() throws IOException {
    String ours = read(golden()).withOurs(tuples(port(9997))).file().text();
    String both = after(ours, typed(9998));

    UfwRulesFile.Replacement replacement =
        read(both).withOurs(tuples(port(9997), anywhere(9998), port(9999)));

    assertThat(replacement.overlaps()).hasSize(1);
    assertThat(ports(replacement.file(), 3)).containsExactly("9997", "9998", "9999");
    assertThat(
            read(replacement.file().text())
                .withOurs(tuples(port(9997), anywhere(9998), port(9999)))
                .file()
                .text())
        .isEqualTo(replacement.file().text());
  }

  /** As "ufw allow" does where a rule of ours matches the same: it becomes the person's. */
  @Test
  void aRuleOfOursThatAPersonTypedAgainKeepsItsPlace() throws IOException {
    String ours =
        read(golden()).withOurs(tuples(port(9997), anywhere(9998), port(9999))).file().text();
    String taken = ours.replaceFirst("(?m)^(### tuple ### allow tcp 9998 .*) comment=.*$", "$1");

    assertThat(taken).isNotEqualTo(ours);
    assertThat(read(taken).withOurs(tuples(port(9997), anywhere(9998), port(9999))).file().text())
        .isEqualTo(taken);
  }

  @Test
  void aRuleAPersonTypedIsNotWrittenAgain() throws IOException {
    FirewallRule same =
        FirewallRule.allow("r", Direction.IN).withPorts(Protocol.UDP, PortRange.of(8472));

    UfwRulesFile.Replacement replacement =
        read(UfwGoldenTest.resource("user.rules")).withOurs(tuples(same));

    assertThat(replacement.file().ours()).isEmpty();
    assertThat(replacement.overlaps())
        .singleElement()
        .satisfies(overlap -> assertThat(overlap.contradicts()).isFalse());
  }

  @Test
  void aRuleThatContradictsAPersonsIsToldAndNotWritten() throws IOException {
    FirewallRule other =
        FirewallRule.allow("r", Direction.IN)
            .withPorts(Protocol.UDP, PortRange.of(8472))
            .withAction(Action.DENY);

    UfwRulesFile.Replacement replacement =
        read(UfwGoldenTest.resource("user.rules")).withOurs(tuples(other));

    assertThat(replacement.file().ours()).isEmpty();
    assertThat(replacement.overlaps())
        .singleElement()
        .satisfies(overlap -> assertThat(overlap.contradicts()).isTrue());
  }

  @Test
  void aLineSomebodyPutBelowARuleOfOursStays() throws IOException {
    String line = "-A ufw-user-input -s 198.51.100.1 -j DROP\n";
    String ours =
        read(UfwGoldenTest.resource("user.rules")).withOurs(tuples(port(9999))).file().text();
    String edited = ours.replace("\n### END RULES ###", line + "\n### END RULES ###");

    assertThat(read(edited).withOurs(List.of()).file().text()).contains(line);
    assertThat(read(edited).withOurs(List.of()).file().ours()).isEmpty();
  }

  @Test
  void aRuleOfOursThatLostALineIsRepaired() throws IOException {
    String ours =
        read(UfwGoldenTest.resource("user.rules")).withOurs(tuples(port(9999))).file().text();
    String broken =
        ours.replace("-A ufw-user-input -p tcp --dport 9999 -s 192.0.2.0/24 -j ACCEPT\n", "");

    assertThat(broken).isNotEqualTo(ours);
    assertThat(read(broken).withOurs(tuples(port(9999))).file().text()).isEqualTo(ours);
  }

  @Test
  void aPersonsLinesReachTheChainsHoweverTheyAreSpaced() throws IOException {
    String spaced = "-A  ufw-user-input\t-s 198.51.100.1 -j DROP\n-A\tufw-user-input -j RETURN\n";
    String edited = after(golden(), spaced);

    assertThat(read(edited).withOurs(tuples(port(9999))).file().restoreInput()).contains(spaced);
  }

  @Test
  void aCommentThatOnlyBeginsAsOursIsAPersons() throws IOException {
    String noted = typed(1).replace(" in\n", " in comment=74776565643a206d696e65\n"); // tweed: mine
    String text = after(golden(), noted);

    assertThat(read(text).ours()).isEmpty();
    assertThat(read(text).withOurs(List.of()).file().text()).isEqualTo(text);
  }

  @Test
  void anApostropheIsNoneForUfw() {
    assertThat(tuples(port(9999).withComment("it's")).getFirst().comment())
        .isEqualTo("tweed:policy/p/r it\u2019s");
  }

  @Test
  void filesThatAreNotAsUfwWritesThemAreRefused() throws IOException {
    String golden = UfwGoldenTest.resource("user.rules");

    assertRefused("");
    assertRefused(golden.substring(0, golden.length() / 2));
    assertRefused(golden.replace("### RULES ###\n", ""));
    assertRefused(golden.replace("### RULES ###\n", "### RULES ###\n### RULES ###\n"));
    assertRefused(golden.replace("### END RULES ###", "### tuple ### hello\n### END RULES ###"));
    assertRefused(golden.replace("\n### END RULES ###", "COMMIT\n### END RULES ###"));
    assertRefused(golden.replace("\n### END RULES ###", "nonsense\n### END RULES ###"));
    assertRefused(golden.replace("### END RULES ###\n", ""));
    assertRefused(golden.replace("COMMIT\n", "### END RULES ###\nCOMMIT\n"));
    assertRefused(golden.replace("\n", "\r\n"));
    assertRefused(golden.replace("COMMIT\n", ""));
    assertRefused(golden.replace("*filter", "*nat"));
    assertRefused("\u00ef\u00bb\u00bf" + golden); // a byte order mark
    assertRefused(
        golden.replace("### LOGGING ###\n", "### LOGGING ###\n[1:2] -A ufw-user-input\n"));
    assertRefused(golden.replace("### LOGGING ###\n", "### LOGGING ###\n -A ufw-user-input\n"));
    assertRefused(golden.replace("### LOGGING ###\n", "### LOGGING ###\n-F ufw-user-input\n"));
    assertRefused(golden.replace("### RULES ###\n", "### RULES ###\n-I ufw-user-input -j DROP\n"));
    assertRefused(golden.replace("### RULES ###\n", "### RULES ###\n:mine - [0:0]\n"));
  }

  @Test
  void theFileAsInstalledIsUnderstood() {
    String installed =
        """
        *filter
        :ufw-user-input - [0:0]
        :ufw-user-output - [0:0]
        :ufw-user-forward - [0:0]
        :ufw-user-limit - [0:0]
        :ufw-user-limit-accept - [0:0]
        ### RULES ###
        -A ufw-user-limit -j REJECT
        -A ufw-user-limit-accept -j ACCEPT
        COMMIT
        """;

    String text = read(installed).withOurs(tuples(port(9999))).file().text();

    assertThat(text).contains("--dport 9999").contains("-A ufw-user-limit -j REJECT\n");
    assertThat(read(text).ours()).hasSize(1);
  }

  private static FirewallRule anywhere(int port) {
    return FirewallRule.allow("r" + port, Direction.IN).withPorts(Protocol.TCP, PortRange.of(port));
  }

  private static String typed(int port) {
    return "\n### tuple ### allow tcp %1$d 0.0.0.0/0 any 0.0.0.0/0 in\n".formatted(port)
        + "-A ufw-user-input -p tcp --dport %d -j ACCEPT\n".formatted(port);
  }

  private static String after(String text, String rule) {
    return text.replace("\n### END RULES ###", rule + "\n### END RULES ###");
  }

  private static String before(String text, int port, String rule) {
    int place = text.indexOf("\n### tuple ### allow tcp " + port + " ");
    return text.substring(0, place) + rule + text.substring(place);
  }

  /** Destination ports of the last rules. */
  private static List<String> ports(UfwRulesFile file, int count) {
    List<String> ports =
        file.text()
            .lines()
            .filter(line -> line.startsWith("### tuple ### "))
            .map(line -> line.split(" ")[5])
            .toList();
    return ports.subList(ports.size() - count, ports.size());
  }

  private static FirewallRule port(int port) {
    return FirewallRule.allow("r", Direction.IN)
        .withPorts(Protocol.TCP, PortRange.of(port))
        .withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24")));
  }

  private static String golden() throws IOException {
    return UfwGoldenTest.resource("user.rules");
  }

  private static List<UfwTuple> tuples(FirewallRule... rules) {
    return tuples(
        RuleCompiler.compile(List.of(new RuleGroup(POLICY, 0, List.of(rules)))).rows(), V4);
  }

  private static List<UfwTuple> tuples(List<FilterRow> rows, AddressFamily family) {
    return rows.stream().filter(row -> row.family() == family).map(UfwTuple::of).toList();
  }

  private static UfwRulesFile read(String text) {
    return read(text, V4);
  }

  private static UfwRulesFile read(String text, AddressFamily family) {
    return UfwGoldenTest.parsed(text, family);
  }

  private static void assertRefused(String text) {
    assertThatThrownBy(() -> UfwRulesFile.parse(text, V4))
        .isInstanceOf(RefusalException.class)
        .hasMessageStartingWith("/etc/ufw/user.rules is not as ufw writes it: ");
  }
}
