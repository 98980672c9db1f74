package dev.tweed.firewall.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.HostRules;
import dev.tweed.firewall.LegacyRules;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ufw.SampleRows;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BackendPlannerTest {

  static final String OPEN =
      """
      table ip filter
      :INPUT input accept
      :FORWARD forward accept
      :OUTPUT output accept
      """;
  static final String CLOSED =
      """
      table ip filter
      :INPUT input drop
      :FORWARD forward accept
      :OUTPUT output accept
      -A INPUT -i lo -j ACCEPT
      -A INPUT --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A INPUT -p tcp --dport 22 -j ACCEPT
      """;
  static final String DOCKER =
      """
      table ip filter
      :INPUT input accept
      :FORWARD forward drop
      :OUTPUT output accept
      :DOCKER-USER
      :DOCKER
      :DOCKER-ISOLATION
      -A FORWARD -j DOCKER-USER
      -A FORWARD -j DOCKER-ISOLATION
      -A FORWARD -o docker0 -j DOCKER
      -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
      -A DOCKER ! -i docker0 -o docker0 -j DROP
      -A DOCKER-ISOLATION -i docker0 -o br-1 -j DROP
      """;
  static final String UFW =
      """
      table ip filter
      :INPUT input drop
      :FORWARD forward drop
      :OUTPUT output accept
      :ufw-user-input
      -A INPUT -j ufw-user-input
      -A ufw-user-input -p tcp --dport 22 -j ACCEPT
      """;
  static final String FIREWALLD =
      """
      table inet firewalld
      :filter_INPUT input accept
      :filter_FORWARD forward accept
      :filter_OUTPUT output accept
      -A filter_INPUT -j ACCEPT
      """;
  static final String CROWDSEC =
      """
      table ip crowdsec
      :crowdsec-chain input accept
      -A crowdsec-chain -s @blacklist -j DROP
      """;
  private static final String FAIL2BAN =
      OPEN
          + """
          :f2b-sshd
          -I INPUT -p tcp --dport 22 -j f2b-sshd
          -A f2b-sshd -j RETURN
          """;

  static final Optional<NetworkNeeds> NEEDS = Optional.of(SampleRows.needs());

  private static Arguments host(String name, String places, String... tables) {
    return arguments(name, places, tables);
  }

  static Stream<Arguments> hosts() {
    return Stream.of(
        host("nothing", "nftables"),
        host("iptables without a rule", "nftables", OPEN),
        // Bans
        host("fail2ban without a ban", "nftables", FAIL2BAN),
        host("a ban", "nftables", FAIL2BAN + "-I f2b-sshd -s 203.0.113.66 -j REJECT"),
        host("a ban of a network", "nftables", OPEN + "-A INPUT -s 203.0.0.0/12 -j DROP"),
        host("all but friends", "iptables", OPEN + "-A INPUT ! -s 192.0.2.0/24 -j DROP"),
        host("a set of bans", "nftables", OPEN + "-A INPUT --match-set bans src -j DROP"),
        host("CrowdSec", "nftables", CROWDSEC),
        // Others' tables come first, or last
        host("CrowdSec, and iptables closed", "iptables", CROWDSEC, CLOSED),
        host("iptables closed, and CrowdSec", "iptables", CLOSED, CROWDSEC),
        host("CrowdSec, and Docker", "iptables", CROWDSEC, DOCKER),
        host("rules of somebody in nftables", "nftables", CLOSED.replace("ip filter", "inet mine")),
        // Several
        host("firewalld and Docker", "firewalld, iptables", DOCKER, FIREWALLD),
        host("firewalld, and Docker that lets through", "firewalld", OPEN, FIREWALLD),
        host("ufw, and Docker in the same table", "ufw", UFW + "-A FORWARD -i docker0 -j ACCEPT"),
        host("ufw and firewalld", "ufw, firewalld", UFW, FIREWALLD),
        // What is closed in iptables, and what only some packets meet
        host("Docker", "iptables", DOCKER),
        host(
            "Docker's networks apart",
            "nftables",
            DOCKER.replace("forward drop", "forward accept")),
        host("a last rule", "iptables", OPEN + "-A INPUT -p udp -j ACCEPT\n-A INPUT -j REJECT"),
        host("output", "iptables", OPEN.replace("output accept", "output drop")),
        host("IPv6 only", "iptables", CLOSED.replace("ip filter", "ip6 filter")),
        host("a port", "nftables", OPEN + "-A INPUT -p tcp --dport 3306 -j DROP"),
        host(
            "a port two jumps deep",
            "nftables",
            OPEN + ":A\n:B\n-A INPUT -j A\n-A A -j B\n-A B -p tcp --dport 80 -j DROP"),
        host(
            "anything two jumps deep",
            "iptables",
            OPEN + ":A\n:B\n-A INPUT -j A\n-A A -j B\n-A B -j DROP"),
        host("one device", "iptables", OPEN + "-A INPUT -i eth1 -j DROP"),
        host("the pods' device", "nftables", OPEN + "-A INPUT -i tweed-br0 -j DROP"),
        host("pods' packets", "iptables", OPEN + "-A FORWARD -s 10.244.0.0/16 -j DROP"),
        host("the tunnel", "iptables", OPEN + "-A INPUT -p udp --dport 8472 -j DROP"),
        // Rows of ours let through what would be dropped
        host(
            "rows of ours",
            "iptables",
            CLOSED + ":TWEED-INPUT\n-I INPUT -j TWEED-INPUT\n-A TWEED-INPUT -j ACCEPT"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("hosts")
  void rowsGoWhereTheyWouldBeDropped(String name, String places, String[] tables) {
    HostFirewall found = HostRules.read(tables);

    BackendChoice choice = plan(found, true, BackendChoice.found(Set.of()), 0);

    assertThat(choice.text()).isEqualTo(places);
    assertThat(choice.unreachable()).isEmpty();
    assertThat(choice.leaving()).isEmpty();
    assertThat(choice.reason()).isNotBlank();

    BackendChoice without = plan(found, false, BackendChoice.found(Set.of()), 0);

    assertThat(without.isOwnTable()).isTrue();
    assertThat(without.unreachable()).isEqualTo(choice.isOwnTable() ? Set.of() : choice.kinds());
    assertThat(without.reason().contains("firewall.hostTools")).isEqualTo(!choice.isOwnTable());
  }

  @ParameterizedTest(name = "{0} {1}, legacy: {2}")
  @CsvSource({
    "UFW,       ACTIVE,   HARMLESS, 'ufw',                 ",
    "UFW,       ACTIVE,   DROPPING, 'ufw, iptables',       ",
    "UFW,       ACTIVE,   OF_UFW, 'ufw',                ",
    "UFW,       ACTIVE,   ,      'ufw',                 ",
    "UFW,       INACTIVE, HARMLESS, 'nftables',            UFW",
    "UFW,       INACTIVE, DROPPING, 'iptables',            UFW",
    "UFW,       UNKNOWN,  HARMLESS, 'none',                ",
    "FIREWALLD, ACTIVE,   HARMLESS, 'firewalld',           ",
    "FIREWALLD, ACTIVE,   DROPPING, 'firewalld, iptables', ",
    "FIREWALLD, INACTIVE, HARMLESS, 'nftables',            ",
    "IPTABLES,  ACTIVE,   DROPPING, 'iptables',            ",
    "IPTABLES,  UNKNOWN,  ,      'nftables',            ",
    "NONE,      INACTIVE, HARMLESS, 'nftables',            ",
    "UNKNOWN,   UNKNOWN,  HARMLESS, 'none',                "
  })
  void whatIsKnownWithoutRules(
      Manager manager, State state, LegacyRules legacy, String places, BackendKind standby) {
    HostFirewall found =
        new HostFirewall(manager, state, "as seen", Ruleset.empty(), Optional.ofNullable(legacy));

    BackendChoice choice = plan(found, true, BackendChoice.found(Set.of()), 0);

    assertThat(choice.text()).isEqualTo(places);
    assertThat(choice.standby().orElse(null)).isEqualTo(standby);
    assertThat(choice.reason()).isNotBlank();
    assertThat(plan(found, false, choice, 0).standby()).isEmpty();
  }

  /** A place that is chosen stays until another is needed for certain, however long that takes. */
  @Test
  void rowsStayInIptablesWhenNothingDropsThereAnyMore() {
    BackendChoice first = plan(HostRules.read(CLOSED), true, BackendChoice.found(Set.of()), 0);

    BackendChoice later = plan(HostRules.read(OPEN), true, first, Long.MAX_VALUE / 2);
    assertThat(later.text()).isEqualTo("iptables");
    assertThat(later.leaving()).isEmpty();

    // Over a restart, too
    assertThat(plan(HostRules.read(OPEN), true, BackendChoice.found(later.kinds()), 0).text())
        .isEqualTo("iptables");
    assertThat(plan(HostRules.read(UFW), true, later, 0).text()).isEqualTo("ufw");
  }

  @Test
  void aFirewallThatIsRestartedKeepsItsRows() {
    BackendChoice choice = plan(HostRules.read(FIREWALLD), true, BackendChoice.found(Set.of()), 0);
    long hold = BackendPlanner.HOLD;

    // While it is gone what is denied is denied by our own table
    choice = plan(HostRules.read(), true, choice, hold);
    assertThat(choice.text()).isEqualTo("nftables");
    assertThat(choice.leaving()).isEqualTo(Map.of(BackendKind.FIREWALLD, hold));
    choice = plan(HostRules.read(), true, choice, 2 * hold - 1);
    assertThat(choice.leaving()).containsOnlyKeys(BackendKind.FIREWALLD);

    BackendChoice back = plan(HostRules.read(FIREWALLD), true, choice, 2 * hold - 1);
    assertThat(back.text()).isEqualTo("firewalld");
    assertThat(back.leaving()).isEmpty();
    assertThat(plan(HostRules.read(), true, choice, 2 * hold).leaving()).isEmpty();
  }

  @Test
  void whatIsNeededBesideIsLeftLast() {
    BackendChoice both =
        plan(HostRules.read(FIREWALLD, DOCKER), true, BackendChoice.found(Set.of()), 0);

    BackendChoice alone = plan(HostRules.read(FIREWALLD, OPEN), true, both, 5);

    assertThat(alone.text()).isEqualTo("firewalld");
    assertThat(alone.leaving()).isEqualTo(Map.of(BackendKind.IPTABLES, 5L));
  }

  /** A reload of thousands of rules takes longer than rows are held. */
  @Test
  void rowsStayInIptablesWhileFirewalldLoads() {
    String loading =
        """
        table inet firewalld_policy_drop
        :filter_input input drop
        :filter_forward forward drop
        :filter_output output drop
        """;
    BackendChoice both =
        plan(HostRules.read(FIREWALLD, DOCKER), true, BackendChoice.found(Set.of()), 0);

    BackendChoice meanwhile = plan(HostRules.read(loading, DOCKER), true, both, 5);

    assertThat(meanwhile.text()).isEqualTo("firewalld, iptables");
    assertThat(meanwhile.leaving()).isEmpty();
  }

  private static BackendChoice plan(
      HostFirewall found, boolean hostTools, BackendChoice before, long now) {
    return BackendPlanner.plan(found, NEEDS, hostTools, before, now);
  }
}
