package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.ApiContact;
import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.Reachable;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.SyncStatus;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.ip.IpPrefix;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusAggregatorTest {

  private static final NodeFinding REFUSED =
      NodeFinding.of(AgentReason.FirewallPolicyFailed, "FirewallPolicy/a", "WouldLockOut", "");
  private static final FirewallStatus FIREWALL =
      new FirewallStatus(
          new Firewall("ufw", "Active", "seen", "ufw", "ufw is active", 3, null),
          List.of(new PolicyState("a", "uid-a", 1L, false, "WouldLockOut", "rule x")),
          List.of(REFUSED));

  private static final Reachability NOBODY =
      new Reachability(
          Proof.PROBES,
          1,
          0,
          List.of(
              new UnreachedPeer(
                  "n2",
                  IpPrefix.parse("10.244.2.0/24"),
                  UnreachedPeer.Cause.SILENT,
                  true,
                  true,
                  Instant.parse("2026-02-03T04:05:06Z"),
                  Optional.empty(),
                  OptionalInt.empty(),
                  UnreachedPeer.Where.UNKNOWN)));

  @TempDir Path runDir;
  private final RepairLog repairs = new RepairLog(Clock.systemUTC(), List.of());
  private int shown;

  @Test
  void whatBothThreadsTellIsOneState() {
    StatusAggregator board = board(Optional.empty());

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
    StatusAggregator board = board(Optional.empty());
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
    StatusAggregator board = board(Optional.empty());
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

  /** Policies are looked at now and then, and tell of all that can be wrong each time. */
  @Test
  void whatIsToldAgainIsNotShownAgain() {
    StatusAggregator board = board(Optional.empty());
    NodeFinding bypassed = NodeFinding.of(AgentReason.PolicyBypassed, "bridge", "0", "1");
    board.show(ready(), List.of());
    int before = shown;

    board.show(AgentReason.PolicyBypassed, Optional.empty());
    assertThat(shown).isEqualTo(before);
    board.show(AgentReason.PolicyBypassed, Optional.of(bypassed));
    assertThat(shown).isEqualTo(before + 1);
    board.show(AgentReason.PolicyBypassed, Optional.of(bypassed));
    assertThat(shown).isEqualTo(before + 1);
    board.show(AgentReason.PolicyBypassed, Optional.empty());
    assertThat(shown).isEqualTo(before + 2);
  }

  @Test
  void nothingButWordsFollowsThatTheApiServerIsSilent() {
    StatusAggregator board = board(Optional.empty());
    board.show(ready(), List.of());
    Connected deaf =
        new Connected(
            Connected.Reason.APISilent, Optional.of(Instant.parse("2026-02-03T04:05:06Z")));
    NodeFinding silent = NodeFinding.of(AgentReason.APISilent, "API server", "silent", "");

    board.show(new ApiContact(deaf, List.of(silent)));

    NodeStatus status = new StatusFiles(runDir).read().orElseThrow();
    assertThat(status.connected()).isEqualTo(deaf);
    assertThat(status.findings()).containsExactly(silent);
    assertThat(status.ready()).isTrue();
    assertThat(board.readiness().good()).isTrue();

    // When it is heard again, which does not end what was found
    board.show(new ApiContact(Connected.YES, List.of(silent)));

    assertThat(new StatusFiles(runDir).read().orElseThrow().connected()).isEqualTo(Connected.YES);
  }

  @Test
  void readyFollowsTheProbesAndTheReadinessProbeDoesNot() {
    StatusAggregator board = board(Optional.empty());
    board.show(ready(), List.of());

    board.show(NOBODY);

    NodeStatus status = new StatusFiles(runDir).read().orElseThrow();
    assertThat(status.reachability()).contains(NOBODY);
    assertThat(status.ready()).isFalse();
    assertThat(board.readiness().good()).isTrue();

    // When one answers
    board.show(new Reachability(Proof.PROBES, 1, 1, List.of()));

    assertThat(new StatusFiles(runDir).read().orElseThrow().ready()).isTrue();
  }

  @Test
  void aRestartMakesNoNodeReachableThatWasNot() {
    StatusAggregator board = board(Optional.empty());
    board.show(ready(), List.of());
    board.show(NOBODY);
    Optional<NodeStatus> before = new StatusFiles(runDir).read();

    // When another process has not asked often enough yet
    StatusAggregator next = board(before);
    next.show(ready(), List.of());
    next.show(Reachability.without(Proof.NOT_YET));

    // Then what the one before found stands
    assertThat(new StatusFiles(runDir).read()).isEqualTo(before);

    // Until it has, and from then on only its own word counts
    next.show(new Reachability(Proof.PROBES, 1, 1, List.of()));
    next.show(Reachability.without(Proof.NOT_YET));
    assertThat(new StatusFiles(runDir).read().orElseThrow().reachable().reason())
        .isEqualTo(Reachable.Reason.Probing);
  }

  @Test
  void repairsOfTheFirewallAreTold() {
    StatusAggregator board = board(Optional.empty());
    board.show(ready(), List.of());
    repairs.add(RepairLog.FIREWALL);

    board.show(FIREWALL);

    assertThat(new StatusFiles(runDir).read().orElseThrow().repairs())
        .extracting(NodeReportStatus.Repair::kind)
        .containsExactly("Firewall");
  }

  @Test
  void aRestartKnowsOfTheFirewallWhatWasToldBefore() {
    StatusAggregator board = board(Optional.empty());
    board.show(ready(), List.of());
    board.show(FIREWALL);
    NodeStatus before = new StatusFiles(runDir).read().orElseThrow();

    board(Optional.of(before)).show(ready(), List.of());

    assertThat(new StatusFiles(runDir).read()).contains(before);
  }

  private StatusAggregator board(Optional<NodeStatus> earlier) {
    return new StatusAggregator(
        new StatusFiles(runDir), (status, own) -> shown++, new Metrics(), repairs, earlier);
  }

  private static SyncStatus ready() {
    return new SyncStatus(
        "n1",
        NodeStatus.State.READY,
        "",
        "default",
        List.of("10.244.1.0/24"),
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.of(new Versions("test", null, null, null)));
  }
}
