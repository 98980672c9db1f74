package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.ruleset.Packet;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostFirewallReaderTest {

  private static final NftListing NO_RULES = new FixedListing("{\"nftables\": []}");

  @TempDir Path root;

  @Test
  void isUnknownWhenNftCannotBeRun() {
    HostFirewall firewall =
        new HostFirewallReader(root, root, new NftCommand(root.resolve("nft"))).read();

    assertThat(firewall.manager()).isEqualTo(Manager.UNKNOWN);
    assertThat(firewall.state()).isEqualTo(State.UNKNOWN);
    assertThat(firewall.reason()).contains("could not be read").contains("nft");
    assertThat(FirewallAdvicePlanner.plan(firewall, AdviceGoldenTest.NEEDS)).isEmpty();
  }

  @Test
  void isUnknownWhenNftFails() throws IOException {
    Path nft = script("echo 'Operation not permitted' >&2; exit 1");

    HostFirewall firewall = new HostFirewallReader(root, root, new NftCommand(nft)).read();

    assertThat(firewall.state()).isEqualTo(State.UNKNOWN);
    assertThat(firewall.reason()).contains("ended with status 1 Operation not permitted");
  }

  @Test
  void isUnknownWhenNftPrintsSomethingElse() throws IOException {
    HostFirewall firewall =
        new HostFirewallReader(root, root, new NftCommand(script("echo table ip x"))).read();

    assertThat(firewall.state()).isEqualTo(State.UNKNOWN);
    assertThat(firewall.reason()).contains("no JSON");
  }

  @Test
  void isUnknownWhenThereIsTooMuchToRead() throws IOException {
    HostFirewall firewall =
        new HostFirewallReader(
                root,
                root,
                new NftCommand(script("printf '{\"nftables\": ['; exec yes '{\"x\": 1},'")))
            .read();

    assertThat(firewall.state()).isEqualTo(State.UNKNOWN);
    assertThat(firewall.reason()).contains("more than");
  }

  @Test
  void whereATableGoesWhileAllAreReadAllAreReadAgain() throws IOException {
    HostFirewall firewall =
        new HostFirewallReader(root, root, new NftCommand(changing("gone other"))).read();

    assertThat(firewall.manager()).isEqualTo(Manager.NFTABLES);
    assertThat(firewall.reason()).contains("table inet other drops");
  }

  @Test
  void whereTablesGoAllTheTimeNobodyKnows() throws IOException {
    HostFirewall firewall =
        new HostFirewallReader(root, root, new NftCommand(changing("gone"))).read();

    assertThat(firewall.state()).isEqualTo(State.UNKNOWN);
  }

  /**
   * Lists a chain of these tables in turn, the last of them again and again; "gone" is not there.
   */
  private Path changing(String tables) throws IOException {
    return script(
        """
        cd %s; [ -e turns ] || echo %s >turns
        read table others <turns
        chain='{"nftables": [{"chain": {"family": "inet", "table": "TABLE", "name": "input",
          "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}]}'
        case "$2" in
          list) ;;
          *) [ $table = other ] || { echo ${others:-$table} >turns
               echo 'Error: No such file or directory' >&2; exit 1; } ;;
        esac
        echo "$chain" | sed s/TABLE/$table/
        """
            .formatted(root, tables));
  }

  @Test
  void iptablesLegacyCannotBeJudged() throws IOException {
    Files.writeString(root.resolve("ip_tables_names"), "nat\nfilter\n");

    HostFirewall firewall = new HostFirewallReader(root, root, NO_RULES).read();

    assertThat(firewall.manager()).isEqualTo(Manager.IPTABLES);
    assertThat(firewall.state()).isEqualTo(State.UNKNOWN);
    assertThat(firewall.reason()).endsWith("look with: iptables-legacy-save");
  }

  @Test
  void ufwThatGoesByIptablesLegacyIsUfw() throws IOException {
    Files.writeString(root.resolve("ip_tables_names"), "filter\n");

    HostFirewall firewall =
        new HostFirewallReader(root, root, NO_RULES, () -> Optional.of(LegacyRules.OF_UFW)).read();

    assertThat(firewall.manager()).isEqualTo(Manager.UFW);
    assertThat(firewall.state()).isEqualTo(State.ACTIVE);
    assertThat(firewall.reason()).endsWith("iptables-legacy");
  }

  @Test
  void aDisabledUfwIsInactive() throws IOException {
    ufwConf("# Set to yes: ENABLED=yes\nENABLED=no\n");

    HostFirewall firewall = new HostFirewallReader(root, root, NO_RULES).read();

    assertThat(firewall.manager()).isEqualTo(Manager.UFW);
    assertThat(firewall.state()).isEqualTo(State.INACTIVE);
    assertThat(firewall.reason()).startsWith("it is installed");
  }

  @Test
  void whatARemovedUfwLeftIsNoUfw() throws IOException {
    ufwConf("ENABLED=yes\n");
    Files.delete(root.resolve("usr/sbin/ufw"));

    assertThat(new HostFirewallReader(root, root, NO_RULES).read().manager())
        .isEqualTo(Manager.NONE);
  }

  @Test
  void aUfwThatDidNotComeUpIsTold() throws IOException {
    ufwConf("ENABLED = \"yes\"\n");

    HostFirewall firewall = new HostFirewallReader(root, root, NO_RULES).read();

    assertThat(firewall.state()).isEqualTo(State.INACTIVE);
    assertThat(firewall.reason()).contains("ENABLED=yes, but its rules are not in the kernel");
  }

  @Test
  void aStoppedFirewalldIsInactive() throws IOException {
    Files.createDirectories(root.resolve("etc/firewalld"));
    Files.writeString(root.resolve("etc/firewalld/firewalld.conf"), "DefaultZone=public\n");

    HostFirewall firewall = new HostFirewallReader(root, root, NO_RULES).read();

    assertThat(firewall.manager()).isEqualTo(Manager.FIREWALLD);
    assertThat(firewall.state()).isEqualTo(State.INACTIVE);
  }

  /** What the kernel has for a moment of each reload, when firewalld's own table is gone. */
  @Test
  void aFirewalldThatReloadsIsStillThere() {
    String chain =
        """
        {"nftables": [{"chain": {"family": "inet", "table": "firewalld_policy_drop",
        "name": "filter_input", "handle": 1, "type": "filter", "hook": "input", "prio": 9,
        "policy": "drop"}}]}
        """;

    HostFirewall firewall = read(chain);

    assertThat(firewall.manager()).isEqualTo(Manager.FIREWALLD);
    assertThat(firewall.state()).isEqualTo(State.ACTIVE);
    assertThat(firewall.reason()).contains("loading");
    assertThat(FirewallAdvicePlanner.plan(firewall, AdviceGoldenTest.NEEDS)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tweed", "tweed-filter", "tweed-guard", "tweed-tunnel", "tweed-trace"})
  void tablesOfOurOwnAreNoFirewall(String table) {
    String chain =
        "\"family\": \"inet\", \"table\": \"%s\", \"name\": \"input\", \"handle\": 1, \"type\": \"filter\","
            + " \"hook\": \"input\", \"prio\": 0, \"policy\": \"drop\"";
    String listing = "{\"nftables\": [{\"chain\": {" + chain + "}}]}";

    assertThat(read(listing.formatted(table)).manager()).isEqualTo(Manager.NONE);
    assertThat(read(listing.formatted("filter")).manager()).isEqualTo(Manager.NFTABLES);
  }

  /** As ufw on Debian 12 makes it: first it goes back from what is for addresses of the host. */
  @ParameterizedTest
  @CsvSource({"22, false", "6443, true"})
  void ufwIsClosedToWhatNoneOfItsRulesLetsIn(int port, boolean closed) throws IOException {
    String ruleset =
        Files.readString(Path.of("src/test/resources/rulesets/ufw-debian12-enabled/ruleset.json"));

    HostFirewall found = new HostFirewallReader(root, root, new FixedListing(ruleset)).read();

    assertThat(found.rules().closedTo(toPort(port)).isEmpty()).isEqualTo(!closed);
  }

  @ParameterizedTest
  @CsvSource({"22, false", "80, true"})
  void aRuleForNewConnectionsToAPortLetsThemIn(int port, boolean closed) {
    HostFirewall found =
        HostRules.read(
            """
            table ip filter
            :INPUT input drop
            -A INPUT --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A INPUT -p tcp --dport 22 --ctstate NEW -j ACCEPT
            """);

    assertThat(found.rules().closedTo(toPort(port)).isEmpty()).isEqualTo(!closed);
  }

  private static Packet toPort(int port) {
    return Packet.of("input", AddressFamily.IPV4, "tcp").to(OptionalInt.of(port));
  }

  @Test
  void aUfwThatLeavesIpv6OutIsTold() {
    String four =
        """
        table ip filter
        :INPUT input drop
        :ufw-user-input
        """;
    String six =
        """
        table ip6 filter
        :INPUT input drop
        """;

    assertThat(HostRules.read(four, six).reason()).contains("IPV6=no");
    assertThat(HostRules.read(four, six + ":ufw6-user-input").reason()).doesNotContain("IPV6");
    assertThat(HostRules.read(four).reason()).doesNotContain("IPV6");
  }

  @Test
  void dropsAreSeenHoweverDeepAndIptablesBeforeTablesOfOthers() {
    String mine =
        """
        table inet mine
        :input input drop
        """;
    String deep =
        """
        table ip filter
        :INPUT input accept
        :A
        :B
        -A INPUT -j A
        -A A -j B
        -A B -j A
        -A B -p tcp --dport 80 -j %s
        """;

    assertThat(HostRules.read(deep.formatted("DROP")).reason())
        .isEqualTo("chain INPUT of table ip filter drops packets");
    assertThat(HostRules.read(mine, deep.formatted("DROP")).manager()).isEqualTo(Manager.IPTABLES);
    assertThat(HostRules.read(deep.formatted("DROP"), mine).manager()).isEqualTo(Manager.IPTABLES);
    assertThat(HostRules.read(mine, deep.formatted("RETURN")).manager())
        .isEqualTo(Manager.NFTABLES);
    assertThat(HostRules.read(deep.formatted("RETURN")).manager()).isEqualTo(Manager.NONE);
  }

  private HostFirewall read(String listing) {
    return new HostFirewallReader(root, root, new FixedListing(listing)).read();
  }

  private void ufwConf(String text) throws IOException {
    Files.createDirectories(root.resolve("etc/ufw"));
    Files.writeString(root.resolve("etc/ufw/ufw.conf"), text);
    Files.createDirectories(root.resolve("usr/sbin"));
    Files.writeString(root.resolve("usr/sbin/ufw"), "");
  }

  private Path script(String body) throws IOException {
    Path script = root.resolve("nft");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }
}
