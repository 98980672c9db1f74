package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What no firewall can say: NodePorts that rules close. */
class FirewallSyncGuardTest {

  @TempDir Path runDir;
  private FirewalledNode node;

  @BeforeEach
  void start() {
    node = new FirewalledNode(runDir);
    node.asks(Policies.allowing("web", 1, "80"));
  }

  @Test
  void peersThatComeAskForNoRun() {
    assertThat(node.network(SampleNetwork.member(2))).isTrue();

    assertThat(node.network(SampleNetwork.member(2, 3))).isFalse();
  }

  @Test
  void nodePortsStayClosedWhereTheFirewallRefusesSinceTheDaemonsStart() {
    node.run();
    List<FilterRow> guarded = node.guardedRows();

    node.host.guarded = Optional.empty();
    node.host.instead.put(
        BackendKind.UFW, new BackendOutcome.Refused("FileNotUnderstood", "nonsense", "mend it"));
    node.asks(Policies.allowing("web", 2, "81"));
    node.restart();
    node.run();

    assertThat(node.guardedRows()).isEqualTo(guarded);
  }

  @Test
  void inRowsGuardNodePortsAndStayWhileTheFirewallRefusesNewOnes() {
    node.run();
    List<FilterRow> guarded = node.guardedRows();
    assertThat(guarded).isEqualTo(node.host.rows.get(BackendKind.UFW));

    node.host.instead.put(BackendKind.UFW, FakeHost.LOCKED);
    node.asks(Policies.allowing("web", 2, "81"));
    node.run();

    assertThat(node.guardedRows()).isEqualTo(guarded);
  }

  @Test
  void nodePortsStayClosedWhileTheFirewallCannotBeRead() {
    node.run();
    List<FilterRow> guarded = node.guardedRows();
    assertThat(guarded).isNotEmpty();

    node.host.manager = Manager.UNKNOWN;
    node.host.state = State.UNKNOWN;
    node.firewallChanged();
    node.run();

    assertThat(node.guardedRows()).isEqualTo(guarded);
  }

  @Test
  void nodePortsStayClosedWhereTheRowsCannotBePutAnywhere() {
    node.asks(Policies.denying("closed", 30090));
    node.run();
    List<FilterRow> guarded = node.guardedRows();
    assertThat(guarded).isNotEmpty();

    node.host.tools = false;
    node.firewallChanged();
    node.run();
    assertThat(node.guardedRows()).isEqualTo(guarded);

    // Of a policy that never was in force elsewhere, and over a restart, too.
    node.asks(Policies.denying("closed", 30090), Policies.denying("more", 2222));
    node.restart();
    node.run();
    assertThat(node.guardedRows()).hasSize(2 * guarded.size()).containsAll(guarded);
    node.sshListensAt(2222);
    node.firewallChanged();
    node.run();
    assertThat(node.guardedRows()).hasSize(2 * guarded.size());
    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied)
        .containsExactly(tuple("closed", true), tuple("more", true));
  }

  @Test
  void nodePortsOpenWhenTheirPolicyGoesWhereTheRowsCannotBePutAnywhere() {
    node.host.tools = false;
    node.asks(Policies.denying("closed", 30090));
    node.run();
    assertThat(node.guardedRows()).isNotEmpty();

    node.asks();
    node.run();

    assertThat(node.guardedRows()).isEmpty();
  }

  @Test
  void aGuardThatSomebodyRemovedIsMendedAndCounted() {
    node.run();
    node.host.guarded = Optional.empty();

    node.firewallChanged();
    node.run();

    assertThat(node.host.guarded).isPresent();
    assertThat(node.repaired()).isEqualTo(1);
  }

  @Test
  void aGuardThatIsRefusedIsToldAndTriedAgain() {
    node.host.guardRefuses = true;

    assertThat(node.run()).isFalse();

    assertThat(node.told().findings())
        .extracting(NodeFinding::reason, NodeFinding::object)
        .containsExactly(tuple("FirewallNotWritten", "tweed-guard"));
  }

  @Test
  void aPolicyThatClosesNodePortsIsNotInForceWhereTheyStayOpen() {
    node.host.guardRefuses = true;
    node.asks(Policies.allowing("web", 1, "30080"), Policies.denying("closed", 30090));

    node.run();

    assertThat(node.told().policies())
        .extracting(PolicyState::name, PolicyState::applied, PolicyState::reason)
        .containsExactly(
            tuple("closed", false, "KernelTooOld"), tuple("web", true, "NodePortOpen"));
  }
}
