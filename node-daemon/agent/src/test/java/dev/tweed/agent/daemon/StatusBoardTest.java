package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.StatusApi;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.StatusMapper;
import dev.tweed.agent.status.StatusPublisher;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.crds.NodeSubnetStatus;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusBoardTest {

  private static final NodeFinding REFUSED =
      NodeFinding.of(AgentReason.FirewallPolicyFailed, "FirewallPolicy/a", "WouldLockOut", "");
  private static final FirewallStatus FIREWALL =
      new FirewallStatus(
          new Firewall("ufw", "Active", "seen", "ufw", "ufw is active", 3),
          List.of(new PolicyState("a", "uid-a", 1L, false, "WouldLockOut", "rule x")),
          List.of(REFUSED));

  @TempDir Path runDir;
  private final RepairLog repairs = new RepairLog(Clock.systemUTC(), List.of());

  @Test
  void whatBothThreadsTellIsOneState() {
    StatusBoard board = board(Optional.empty());

    board.show(ready(), List.of());
    board.show(FIREWALL);

    NodeStatus status = new StatusFiles(runDir).read().orElseThrow();
    assertThat(status.state()).isEqualTo(NodeStatus.State.READY);
    assertThat(status.firewall()).contains(FIREWALL.firewall());
    assertThat(status.policies()).isEqualTo(FIREWALL.policies());
    assertThat(status.findings()).containsExactly(REFUSED);

    // When the data path has news
    board.show(ready(), List.of());

    // Then what is known of the firewall stays, once
    assertThat(new StatusFiles(runDir).read()).contains(status);
  }

  @Test
  void probesFollowTheDataPathAndNotWhatKeepsPodsFromWorking() {
    StatusBoard board = board(Optional.empty());
    board.show(ready(), List.of());

    board.show(
        new FirewallStatus(
            FIREWALL.firewall(),
            List.of(),
            List.of(NodeFinding.of(AgentReason.HostFirewallBlocks, true, "ufw", "ufw drops", ""))));

    assertThat(new StatusFiles(runDir).read().orElseThrow().ready()).isFalse();
    assertThat(board.readiness().good()).isTrue();
    assertThat(board.readiness().text()).contains("ufw drops");
  }

  @Test
  void whatTheDaemonRunsOnIsToldUntilItIsOver() {
    StatusBoard board = board(Optional.empty());
    NodeFinding taken =
        NodeFinding.of(AgentReason.ProbesNotAnswered, "127.0.0.1:9464", "taken", "another");

    board.show(AgentReason.ProbesNotAnswered, Optional.of(taken));
    board.show(ready(), List.of());
    board.show(FIREWALL);
    assertThat(new StatusFiles(runDir).read().orElseThrow().findings())
        .containsExactly(taken, REFUSED);

    board.show(AgentReason.ProbesNotAnswered, Optional.empty());
    assertThat(new StatusFiles(runDir).read().orElseThrow().findings()).containsExactly(REFUSED);
  }

  @Test
  void repairsOfTheFirewallAreTold() {
    StatusBoard board = board(Optional.empty());
    board.show(ready(), List.of());
    repairs.add(RepairLog.FIREWALL);

    board.show(FIREWALL);

    assertThat(new StatusFiles(runDir).read().orElseThrow().repairs())
        .extracting(NodeReportStatus.Repair::kind)
        .containsExactly("Firewall");
  }

  @Test
  void aRestartKnowsOfTheFirewallWhatWasToldBefore() {
    StatusBoard board = board(Optional.empty());
    board.show(ready(), List.of());
    board.show(FIREWALL);
    NodeStatus before = new StatusFiles(runDir).read().orElseThrow();

    board(before.firewallStatus()).show(ready(), List.of());

    assertThat(new StatusFiles(runDir).read()).contains(before);
  }

  private StatusBoard board(Optional<FirewallStatus> earlier) {
    return new StatusBoard(
        new StatusFiles(runDir),
        new StatusPublisher(
            new NoApi(), new StatusMapper(Clock.systemUTC()), System::nanoTime, () -> 0),
        new Metrics(),
        repairs,
        earlier);
  }

  private static NodeStatus ready() {
    return new NodeStatus(
        "n1",
        NodeStatus.State.READY,
        "",
        "default",
        List.of("10.244.1.0/24"),
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.of(new Versions("test", null, null, null)));
  }

  private static final class NoApi implements StatusApi {
    @Override
    public boolean applySubnetStatus(String name, NodeSubnetStatus status) {
      return true;
    }

    @Override
    public boolean applyReportStatus(NodeReportStatus status) {
      return true;
    }

    @Override
    public Optional<NodeReportStatus> report() {
      return Optional.empty();
    }
  }
}
