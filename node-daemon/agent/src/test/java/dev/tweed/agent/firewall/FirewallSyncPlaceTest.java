package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.ip.AddressFamily;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of the firewalls of a host hold rows, when another comes, goes, or is out of reach. */
class FirewallSyncPlaceTest {

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

    assertThat(node.host.log).startsWith("firewalld 2", "ufw 0");
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
              rules:
              - {name: rule, direction: In, action: Allow, from: [{cidr: "2001:db8::/32"}]}
            """));

    node.run();

    assertThat(node.told().firewall().rules()).isEqualTo(1);
    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(
            tuple("both", true, "IPv6NotManaged"), tuple("ipv6", false, "IPv6NotManaged"));
  }

  @Test
  void whereNothingCanBePutNothingIsTakenAway() {
    node.host.tools = false;

    assertThat(node.run()).isTrue();

    assertThat(node.host.log).isEmpty();
    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "HostToolsNeeded"));
    assertThat(node.told().findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo("FirewallNotWritten");
              assertThat(finding.remedy()).contains("firewall.hostTools=true");
            });
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
