package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendPlanner;
import dev.tweed.ip.AddressFamily;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of the firewalls of a host hold rows, when another comes, goes, or is out of reach. */
class FirewallSyncPlaceTest {

  private static final Duration HOLD = Duration.ofNanos(BackendPlanner.HOLD);

  @TempDir Path runDir;
  private FirewalledNode node;

  @BeforeEach
  void start() {
    node = new FirewalledNode(runDir);
    node.asks(Policies.allowing("web", 1, "80"));
  }

  @Test
  void anotherFirewallGetsTheRowsBeforeTheOldOneLosesThem() {
    node.run();
    node.host.log.clear();

    node.host.manager = Manager.FIREWALLD;
    node.firewallChanged();
    node.run();

    assertThat(node.host.log).containsExactly("firewalld 2");
    assertThat(node.within()).hasValue(HOLD);
    node.host.log.clear();

    node.later(HOLD);
    assertThat(node.run()).isTrue();

    assertThat(node.host.log).containsExactly("firewalld 2", "ufw 0");
    assertThat(node.within()).isEmpty();
    assertThat(node.repaired()).isZero();
  }

  @Test
  void aFirewallThatComesWhileRowsAreWrittenElsewhereIsFollowedAtOnce() {
    node.host.manager = Manager.NONE;
    node.host.onApply = () -> node.host.manager = Manager.UFW;

    assertThat(node.run()).isFalse();
    assertThat(node.run()).isTrue();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void aFirewallThatIsUninstalledWithRowsOfOursIsNoFailure() {
    node.host.manager = Manager.IPTABLES;
    node.run();

    node.host.manager = Manager.UFW;
    node.host.instead.put(
        BackendKind.IPTABLES,
        new BackendOutcome.Refused(BackendOutcome.NOT_FOUND, "no iptables", "install it"));
    node.firewallChanged();
    assertThat(node.run()).isTrue();
    node.later(HOLD); // it is asked when it has been unneeded for a while

    assertThat(node.run()).isTrue();
    assertThat(node.told().findings()).isEmpty();
  }

  @Test
  void whatIsFoundElsewhereAfterAStartIsTakenOutOnce() {
    node.run();
    assertThat(node.host.log).containsExactly("ufw 2", "firewalld 0", "iptables 0", "nftables 0");

    node.host.log.clear();
    node.firewallChanged();
    node.run();

    assertThat(node.host.log).containsExactly("ufw 2");
  }

  @Test
  void ufwThatIsSwitchedOffFindsTheRulesWhenItIsSwitchedOn() {
    node.network(SampleNetwork.member());
    node.host.state = State.INACTIVE;

    node.run();

    // What the network needs open is nothing a table of our own could open.
    assertThat(node.host.rules(BackendKind.NFTABLES)).containsExactly("web/rule");
    assertThat(node.host.rules(BackendKind.UFW)).contains("web/rule", "default/tunnel-in");
    assertThat(node.told().firewall().backend()).isEqualTo("nftables");
  }

  /** Such as ICMPv6, of which ufw could not read its own file. */
  @Test
  void aFirewallThatIsSwitchedOffIsGivenNoPolicyThatItCannotHold() {
    node.host.state = State.INACTIVE;
    node.asks(Policies.allowing("web", 1, "80"), Policies.allowing("odd", 1, "81", "not in ufw"));

    node.run();

    assertThat(node.host.rules(BackendKind.NFTABLES)).containsExactly("odd/rule", "web/rule");
    assertThat(node.host.rules(BackendKind.UFW)).contains("web/rule").doesNotContain("odd/rule");
  }

  /** As on a host with Docker, in a default install. */
  @Test
  void whereUfwLeavesOutIpv6NothingIsSaidToBeInForceThere() {
    node.host.instead.put(
        BackendKind.UFW,
        new BackendOutcome.Applied(true, true, Set.of(AddressFamily.IPV4), List.of()));
    node.asks(
        Policies.allowing("both", 1, "80"),
        YamlViews.policy(
            """
            kind: FirewallPolicy
            apiVersion: tweed.dev/v1alpha1
            metadata: {name: ipv6, uid: uid-ipv6, generation: 1}
            spec:
              nodeSelector: {}
              rules:
              - {name: rule, direction: In, action: Allow, from: [{type: CIDR, cidr: "2001:db8::/32"}]}
            """));

    node.run();

    assertThat(node.told().firewall().rules()).isEqualTo(1);
    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(
            tuple("both", true, "IPv6NotManaged"), tuple("ipv6", false, "IPv6NotManaged"));
  }

  @Test
  void whatIsDeniedIsDeniedWithoutTheHostsTools() {
    node.host.tools = false;
    node.host.manager = Manager.IPTABLES;
    node.host.usable.retainAll(EnumSet.of(BackendKind.NFTABLES));
    node.asks(Policies.allowing("web", 1, "80"), Policies.denying("closed", 9000));

    assertThat(node.run()).isTrue();

    assertThat(node.host.rules(BackendKind.NFTABLES)).containsExactly("closed/rule", "web/rule");
    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("closed", true, null), tuple("web", false, "HostToolsNeeded"));
    assertThat(node.told().findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo("FirewallNotWritten");
              assertThat(finding.object()).isEqualTo("iptables");
              assertThat(finding.message()).contains("web", "chain INPUT of table ip filter");
              assertThat(finding.remedy()).contains("firewall.hostTools=true");
            });
  }

  @ParameterizedTest
  @CsvSource({"false, true", "true, false"})
  void aFirewallThatWaitsForTheHostsToolsIsOpenedByOneCommand(boolean tools, boolean oneCommand) {
    node.host.tools = tools;
    node.host.manager = Manager.FIREWALLD;
    node.host.ruleset = FakeHost.rules("ip", "filter", "FORWARD", "forward", "");
    node.network(SampleNetwork.member());

    node.run();

    assertThat(node.told().findings())
        .filteredOn(finding -> finding.reason().equals("HostFirewallBlocks"))
        .isNotEmpty()
        .extracting(NodeFinding::remedy)
        .allSatisfy(
            remedy -> {
              assertThat(remedy.startsWith("helm upgrade ")).isEqualTo(oneCommand);
              assertThat(remedy).contains("type as root on the node:");
            });
  }

  @Test
  void aPolicyThatTheFirewallLetsThroughAnywayNeedsNoTools() {
    node.host.tools = false;
    node.host.ruleset = FakeHost.rules("ip", "filter", "FORWARD", "forward", "");

    node.run();

    assertThat(node.told().policies()).extracting(PolicyState::applied).containsExactly(true);
    assertThat(node.told().findings()).isEmpty();
  }

  @Test
  void eachFirewallThatDropsGetsTheRowsAndEachCanRefuse() {
    node.host.manager = Manager.FIREWALLD;
    node.host.ruleset = FakeHost.rules("ip", "filter", "FORWARD", "forward", "");
    node.network(SampleNetwork.member());

    assertThat(node.run()).isTrue();

    assertThat(node.host.rows.get(BackendKind.IPTABLES))
        .isEqualTo(node.host.rows.get(BackendKind.FIREWALLD))
        .isNotEmpty();
    assertThat(node.told().firewall().backend()).isEqualTo("firewalld, iptables");
    assertThat(node.files().remembered().places())
        .containsExactlyInAnyOrder(BackendKind.FIREWALLD, BackendKind.IPTABLES);

    node.host.instead.put(BackendKind.IPTABLES, FakeHost.LOCKED);
    node.asks(Policies.allowing("web", 2, "81"));
    assertThat(node.run()).isFalse();

    assertThat(node.told().policies().getFirst().applied()).isFalse();
    assertThat(node.told().findings())
        .filteredOn(finding -> finding.reason().equals("FirewallNotWritten"))
        .extracting(NodeFinding::object)
        .containsExactly("iptables");
  }

  @Test
  void whatSomebodysTableDropsIsToldOfTheRuleThatIsForIt() {
    node.host.manager = Manager.NFTABLES;
    node.host.ruleset = FakeHost.rules("inet", "mine", "in", "input", "");
    node.asks(Policies.allowing("web", 1, "80"), Policies.denying("closed", 9000));

    node.run();

    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("closed", true, null), tuple("web", true, "DroppedElsewhere"));
    assertThat(node.told().policies().getLast().message())
        .startsWith("rule rule: chain in of table inet mine, of nftables, drops 'allow in");
  }

  @Test
  void ipv6ThatUfwLeavesOutIsTold() {
    node.host.ruleset =
        FakeHost.rules(
            "ip6",
            "filter",
            "INPUT",
            "input",
            ", {\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": \"ufw-user-input\"}}");

    node.run();

    assertThat(node.told().firewall().backend()).isEqualTo("ufw");
    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(true, "DroppedElsewhere"));
  }

  @Test
  void inPanicModeNothingIsInForce() {
    node.host.manager = Manager.FIREWALLD;
    node.host.ruleset = FakeHost.rules("inet", "firewalld_policy_drop", "raw_output", "output", "");

    node.run();

    assertThat(node.host.rules(BackendKind.FIREWALLD)).containsExactly("web/rule");
    assertThat(node.told().firewall().rules()).isZero();
    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "PanicMode"));
  }

  /** A reload, or a restart of the service. */
  @Test
  void aFirewallThatIsGoneForAMomentFindsItsRows() {
    node.host.manager = Manager.FIREWALLD;
    node.run();
    node.host.log.clear();

    node.host.state = State.INACTIVE;
    node.firewallChanged();
    node.run();
    node.later(HOLD.minusMillis(1));
    node.run();
    assertThat(node.within()).hasValue(Duration.ofMillis(1));
    node.host.state = State.ACTIVE;
    node.firewallChanged();
    assertThat(node.run()).isTrue();

    assertThat(node.host.log)
        .containsExactly("nftables 2", "nftables 2", "firewalld 2", "nftables 0");
  }

  /** A run at once, again and again, would find the same. */
  @Test
  void whileNobodyKnowsWhichFirewallThereIsRowsThatWereToLeaveAskForNoRun() {
    node.run();
    node.host.manager = Manager.FIREWALLD;
    node.firewallChanged();
    node.run();

    node.host.manager = Manager.UNKNOWN;
    node.host.state = State.UNKNOWN;
    node.firewallChanged();
    node.later(HOLD);

    assertThat(node.run()).isFalse();
    assertThat(node.within()).isEmpty();
    assertThat(node.host.rules(BackendKind.UFW)).isNotEmpty();
  }

  @Test
  void rowsStayWhereTheyAreWhenNothingDropsThereAnyMore() {
    node.host.manager = Manager.IPTABLES;
    node.run();

    node.host.manager = Manager.NONE;
    node.host.state = State.INACTIVE;
    node.restart();
    node.host.log.clear();

    assertThat(node.run()).isTrue();
    assertThat(node.host.rules(BackendKind.IPTABLES)).containsExactly("web/rule");
    assertThat(node.told().firewall().backend()).isEqualTo("iptables");
  }

  @ParameterizedTest
  @CsvSource({
    "UFW, ufw status numbered",
    "FIREWALLD, firewall-cmd --list-all-policies",
    "IPTABLES, iptables-save",
  })
  void rulesThatCannotBeReachedAnyMoreAreToldWithHowToFindThem(Manager manager, String look) {
    node.host.manager = manager;
    BackendKind kind = BackendKind.valueOf(manager.name());
    node.run();

    node.host.tools = false;
    node.host.usable.remove(kind);
    node.restart();
    node.run();
    node.later(HOLD);
    node.run();

    assertThat(node.told().findings())
        .filteredOn(finding -> finding.reason().equals("FirewallRulesLeft"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.object()).isEqualTo(kind.text());
              assertThat(finding.remedy()).contains(look);
            });
  }

  @Test
  void anUnreadableFirewallChangesNothing() {
    node.run();
    node.host.log.clear();

    node.host.manager = Manager.UNKNOWN;
    node.host.state = State.UNKNOWN;
    node.firewallChanged();
    node.run();

    assertThat(node.host.log).isEmpty();
    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "FirewallUnknown"));
  }

  @Test
  void aFirewallThatRefusesWhereNothingIsWantedIsNoMatter() {
    node.asks();
    node.host.instead.put(BackendKind.UFW, FakeHost.LOCKED);

    assertThat(node.run()).isTrue();

    assertThat(node.told().findings()).isEmpty();
  }
}
