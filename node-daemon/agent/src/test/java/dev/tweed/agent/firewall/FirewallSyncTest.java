package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ruleset.RulesetParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the cluster asks for is brought into force, kept there, and told. */
class FirewallSyncTest {

  @TempDir Path runDir;
  private FirewalledNode node;

  @BeforeEach
  void start() {
    node = new FirewalledNode(runDir);
    node.asks(Policies.allowing("web", 1, "80"));
  }

  @Test
  void nothingIsTouchedBeforeTheClusterIsKnown() {
    FirewalledNode unheard = new FirewalledNode(runDir);

    assertThat(unheard.run()).isTrue();

    assertThat(unheard.host.log).isEmpty();
  }

  @Test
  void norBeforeTheNetworkIs() {
    node.restartUnaware();

    assertThat(node.run()).isTrue();

    assertThat(node.host.log).isEmpty();
  }

  @Test
  void whatWasInForceIsKeptWhileTheNodeGoesByMemory() {
    // Given rules in force, of which something takes one while the daemon is away
    node.run();
    List<FilterRow> rows = node.host.rows.get(BackendKind.UFW);
    node.host.rows.put(BackendKind.UFW, List.of());
    node.restartUnaware();
    node.network(new NetworkState.Waiting());

    // When the next one hears nothing of the API server
    node.remembersOnly();
    node.run();

    // Then the same are in force, and no other
    assertThat(node.host.rows.get(BackendKind.UFW)).isEqualTo(rows);
    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void afterARebootMemoryTouchesNoRule() {
    // Given rules that ufw has saved by itself, and no memory of this boot
    FirewalledNode rebooted = new FirewalledNode(runDir.resolve("another-boot"));
    rebooted.network(new NetworkState.Waiting());
    rebooted.remembersOnly();

    assertThat(rebooted.run()).isTrue();

    assertThat(rebooted.host.log).isEmpty();
  }

  @Test
  void aPolicyIsBroughtIntoForceAndTold() {
    assertThat(node.run()).isTrue();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(node.told().policies())
        .containsExactly(new PolicyState("web", "uid-web", 1L, true, null, null));
    assertThat(node.told().firewall().backend()).isEqualTo("ufw");
    assertThat(node.told().firewall().rules()).isEqualTo(2);
    assertThat(node.told().findings()).isEmpty();
    assertThat(node.files().remembered().policies()).containsOnlyKeys("web");
  }

  @Test
  void aFileThatCannotBeWrittenIsToldAndTriedAgain() throws IOException {
    // Given a directory in its place
    Path file = runDir.resolve("firewall").resolve("last-good.json");
    Files.createDirectories(file.resolve("something"));

    // Then rules come into force all the same, and it is told what to do
    assertThat(node.run()).isFalse();
    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(node.told().findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo("FilesNotWritten");
              assertThat(finding.remedy()).contains("rm -r " + file);
            });

    // When it is gone
    Files.delete(file.resolve("something"));
    Files.delete(file);
    assertThat(node.run()).isTrue();
    assertThat(node.told().findings()).isEmpty();
    assertThat(file).isRegularFile();

    // And when somebody takes the file away, the next look puts it back
    Files.delete(file);
    node.firewallChanged();
    assertThat(node.run()).isTrue();
    assertThat(file).isRegularFile();
  }

  @Test
  void whatIsDroppedBetweenPodsKeepsThemFromWorking() throws IOException {
    node.network(SampleNetwork.member(2));

    // Given a firewall that drops all that is routed, then one that drops what leaves the pods' net
    for (String rule :
        List.of(
            "{\"drop\":null}",
            "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"oifname\"}},\"right\":\"eth0\"}},"
                + "{\"drop\":null}")) {
      node.host.ruleset = forwarding(rule);
      node.firewallChanged();
      node.run();

      // Then both are told, and the first is what the node is not ready for
      assertThat(node.told().findings())
          .extracting(NodeFinding::reason, NodeFinding::blocking)
          .containsOnly(tuple("HostFirewallBlocks", !rule.contains("eth0")));
    }
  }

  @Test
  void whatForwardDoesWithPodsOfASmallBlockIsTold() throws IOException {
    node.network(SampleNetwork.memberWithSmallBlock());
    node.host.ruleset =
        forwarding(
            "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"oifname\"}},\"right\":\"eth9\"}},"
                + "{\"drop\":null}");
    node.run();
    assertThat(node.told().firewall().forward()).isEqualTo("Passes");

    node.host.ruleset = forwarding("{\"drop\":null}");
    node.firewallChanged();
    node.run();
    assertThat(node.told().firewall().forward())
        .isEqualTo(
            "packets from 10.244.1.0/30 to other nodes are dropped in FORWARD of this host by chain"
                + " fwd of table inet mine; packets from other nodes to 10.244.1.0/30 are dropped in"
                + " FORWARD of this host by chain fwd of table inet mine");

    node.host.ruleset = Ruleset.empty();
    node.host.state = State.UNKNOWN;
    node.firewallChanged();
    node.run();
    assertThat(node.told().firewall().forward()).isEqualTo("Unknown");

    // And where probes can ask, nobody has to judge
    node.network(SampleNetwork.member(2));
    node.firewallChanged();
    node.run();
    assertThat(node.told().firewall().forward()).isNull();
  }

  private static Ruleset forwarding(String rule) throws IOException {
    RulesetParser parser = new RulesetParser();
    String listing =
        """
        {"nftables": [
          {"table": {"family": "inet", "name": "mine", "handle": 1}},
          {"chain": {"family": "inet", "table": "mine", "name": "fwd", "handle": 1,
            "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
          {"rule": {"family": "inet", "table": "mine", "chain": "fwd", "handle": 2, "expr": [%s]}}
        ]}
        """
            .formatted(rule);
    parser.add(new ByteArrayInputStream(listing.getBytes(StandardCharsets.UTF_8)));
    return parser.ruleset();
  }

  @Test
  void whatSomebodyElseChangedIsMendedAndCounted() {
    node.run();
    node.host.rows.put(BackendKind.UFW, List.of());

    node.firewallChanged();
    node.run();
    node.firewallChanged();
    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(node.repaired()).isEqualTo(1);
  }

  @Test
  void whatIsAskedForIsNoRepair() {
    node.run();

    node.asks(Policies.allowing("web", 2, "81"));
    node.run();

    assertThat(node.repaired()).isZero();
    assertThat(node.told().policies().getFirst().generation()).isEqualTo(2);
  }

  @Test
  void whatWasRefusedIsToldAndTriedAgainAndNoRepairThen() {
    node.host.instead.put(BackendKind.UFW, FakeHost.LOCKED);
    assertThat(node.run()).isFalse();
    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(false, "Locked"));
    assertThat(node.told().findings())
        .extracting(NodeFinding::reason)
        .containsExactly("FirewallNotWritten");

    node.host.instead.clear();
    assertThat(node.run()).isTrue();

    assertThat(node.told().policies().getFirst().applied()).isTrue();
    assertThat(node.repaired()).isZero();
  }

  @Test
  void aLockHeldByOthersDoesNotPutOutOfForceWhatIs() {
    node.run();
    node.host.instead.put(BackendKind.UFW, FakeHost.LOCKED);

    node.later(Duration.ofSeconds(31));
    node.run();

    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(true, "Locked"));
  }

  @Test
  void aGenerationThatIsRefusedLeavesTheOneBeforeEvenOverARestart() {
    node.run();

    node.asks(Policies.allowing("web", 2, "80:70"));
    node.run();
    node.restart();
    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
    PolicyState state = node.told().policies().getFirst();
    assertThat(state.applied()).isFalse();
    assertThat(state.generation()).isEqualTo(2);
    assertThat(state.reason()).isEqualTo("InvalidRule");
    assertThat(state.message()).endsWith("Until then the rules of generation 1 stay");
  }

  @Test
  void aRowTheFirewallCannotSayRefusesItsPolicyOnly() {
    node.asks(Policies.allowing("web", 1, "80"), Policies.allowing("odd", 1, "81", "unsupported"));

    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("odd", false, "NotSupportedHere"), tuple("web", true, null));
    assertThat(node.told().findings())
        .extracting(NodeFinding::reason, NodeFinding::object)
        .containsExactly(tuple("FirewallPolicyFailed", "FirewallPolicy/odd"));
  }

  @Test
  void aPolicyThatWouldCutSshIsNotBroughtIntoForce() {
    node.sshListensAt(2222);
    node.asks(Policies.allowing("web", 1, "80"), Policies.denying("shut", 2222));

    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple("shut", false, "WouldLockOut"), tuple("web", true, null));
  }

  @Test
  void aPolicyInForceStaysWhenSshComesToListenBehindItAndThatIsTold() {
    node.asks(Policies.denying("shut", 2222));
    node.run();
    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("shut/rule");

    node.sshListensAt(2222);
    node.firewallChanged();
    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("shut/rule");
    assertThat(node.told().policies())
        .extracting(PolicyState::applied, PolicyState::reason)
        .containsExactly(tuple(true, "WouldLockOutByNow"));
    assertThat(node.repaired()).isZero();
  }

  @Test
  void itStaysOverARestartOfTheDaemon() {
    node.asks(Policies.denying("shut", 2222));
    node.run();

    node.sshListensAt(2222);
    node.restart();
    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("shut/rule");
  }

  @Test
  void whatIsKeptFromTheDaemonBeforeStaysToo() {
    node.asks(Policies.denying("shut", 2222));
    node.run();
    List<FilterRow> guarded = node.guardedRows();
    assertThat(guarded).isNotEmpty();

    node.sshListensAt(2222);
    node.host.instead.put(BackendKind.UFW, FakeHost.LOCKED);
    node.restart();
    node.host.guarded = Optional.empty();
    node.run();

    assertThat(node.guardedRows()).isEqualTo(guarded);
  }

  @Test
  void whatTheNetworkNeedsComesAfterPolicies() {
    node.network(SampleNetwork.member());

    node.run();

    assertThat(node.host.rules(BackendKind.UFW))
        .startsWith("web/rule", "default/tunnel-port-in")
        .contains("default/to-own-pods");
  }

  @Test
  void whatIsOpenForANetworkStaysWhileTheNodeWaits() {
    node.network(SampleNetwork.member());
    node.run();
    List<FilterRow> open = node.host.rows.get(BackendKind.UFW);

    node.restart();
    node.network(new NetworkState.Waiting());
    node.run();

    assertThat(node.host.rows.get(BackendKind.UFW)).isEqualTo(open);
  }

  @Test
  void aNodeThatLeavesItsNetworkKeepsItsPolicies() {
    node.network(SampleNetwork.member());
    node.run();

    node.network(new NetworkState.Outside());
    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void aNodeWithoutItsObjectKeepsAll() {
    node.run();
    List<FilterRow> before = node.host.rows.get(BackendKind.UFW);

    node.losesItsObject();
    node.run();

    assertThat(node.host.rows.get(BackendKind.UFW)).isEqualTo(before);
  }
}
