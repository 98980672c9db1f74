package dev.tweed.agent.status;

import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.UnreachedPeer;
import dev.tweed.agent.status.NodeStatus.DataPathStatus;
import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Node states for tests. */
public final class Statuses {
  private Statuses() {}

  static NodeStatus ready(NodeFinding... findings) {
    return status(NodeStatus.State.READY, "", findings);
  }

  static NodeStatus failed(NodeFinding... findings) {
    return status(NodeStatus.State.FAILED, findings[0].reason(), findings);
  }

  /** Ready, with that fast path. */
  public static NodeStatus withFastPath(FastPath fastPath) {
    NodeStatus status = ready();
    return new NodeStatus(
        status.sync(),
        status.connected(),
        status.surroundings(),
        status.firewallStatus(),
        status.reachability(),
        status.repairs(),
        Optional.of(fastPath));
  }

  static NodeStatus idle() {
    return idle(Optional.empty());
  }

  /** No network wants the node, and its firewall was looked at. */
  public static NodeStatus idleWithFirewall() {
    return idle(
        Optional.of(
            new FirewallStatus(
                new Firewall("ufw", "Active", "seen", "ufw", "ufw is active", 0, null),
                List.of(),
                List.of())));
  }

  static NodeStatus idle(Optional<FirewallStatus> firewall) {
    return new NodeStatus(
        new SyncStatus(
            "n1",
            NodeStatus.State.IDLE,
            "no PodNetwork selects this node",
            "",
            List.of(),
            Optional.empty(),
            List.of(),
            List.of(),
            Optional.empty()),
        Connected.YES,
        List.of(),
        firewall,
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  /** A node that is ready but for what probing found. */
  static NodeStatus probed(Reachability seen) {
    NodeStatus ready = ready();
    return new NodeStatus(
        ready.sync(),
        ready.connected(),
        List.of(),
        ready.firewallStatus(),
        Optional.of(seen),
        ready.repairs(),
        Optional.empty());
  }

  /** A node that is ready and reaches so many. */
  static NodeStatus withPeers(int peers) {
    NodeStatus ready = ready();
    SyncStatus sync = ready.sync();
    DataPathStatus path = sync.dataPath().orElseThrow();
    return new NodeStatus(
        new SyncStatus(
            sync.node(),
            sync.state(),
            sync.reason(),
            sync.podNetwork(),
            sync.blocks(),
            Optional.of(
                new DataPathStatus(
                    path.device(),
                    path.mtu(),
                    path.underlayDevice(),
                    path.underlayAddress(),
                    path.tunnelPort(),
                    path.outsideDevices(),
                    peers,
                    peers)),
            sync.findings(),
            sync.sysctls(),
            sync.versions()),
        ready.connected(),
        List.of(),
        ready.firewallStatus(),
        Optional.of(new Reachability(Reachability.Proof.PROBES, peers, peers, List.of())),
        ready.repairs(),
        Optional.empty());
  }

  /** A node that is ready but hears nothing of the API server. */
  static NodeStatus deaf() {
    NodeStatus ready = ready();
    return new NodeStatus(
        ready.sync(),
        new Connected(
            Connected.Reason.APISilent, Optional.of(Instant.parse("2026-02-03T04:05:06Z"))),
        List.of(),
        ready.firewallStatus(),
        ready.reachability(),
        ready.repairs(),
        Optional.empty());
  }

  /** Of two peers neither answers; the first lives. */
  static Reachability nobodyAnswers() {
    return new Reachability(
        Reachability.Proof.PROBES,
        2,
        0,
        List.of(
            peer(2, UnreachedPeer.Cause.REJECTED, true, UnreachedPeer.Where.NOT_ARRIVING),
            peer(3, UnreachedPeer.Cause.SILENT, false, UnreachedPeer.Where.UNKNOWN)));
  }

  static UnreachedPeer peer(
      int node, UnreachedPeer.Cause cause, boolean lives, UnreachedPeer.Where where) {
    return new UnreachedPeer(
        "n" + node,
        IpPrefix.parse("10.244." + node + ".0/24"),
        cause,
        true,
        lives,
        Instant.parse("2026-02-03T04:05:06Z"),
        cause == UnreachedPeer.Cause.REJECTED
            ? Optional.of(IpAddress.parse("192.0.2." + node))
            : Optional.empty(),
        cause == UnreachedPeer.Cause.LARGE_LOST ? OptionalInt.of(1400) : OptionalInt.empty(),
        where);
  }

  static NodeFinding blocking() {
    return new NodeFinding(
        "ModuleMissing",
        true,
        "vxlan",
        "the kernel has no module vxlan",
        "apt install linux-modules-extra-raspi");
  }

  static NodeFinding notable() {
    return new NodeFinding(
        "InvalidPeer", false, "NodeSubnet/x", "skipped: spec.cidr '' is no prefix", "");
  }

  private static NodeStatus status(NodeStatus.State state, String reason, NodeFinding... findings) {
    return new NodeStatus(
        new SyncStatus(
            "n1",
            state,
            reason,
            "default",
            List.of("10.244.1.0/24"),
            Optional.of(
                new NodeStatus.DataPathStatus(
                    "tweed.1", 1450, "eth0", "192.0.2.1", 8472, List.of("eth0"), 2, 2)),
            List.of(findings),
            List.of(new SysctlValue("net.ipv4.ip_forward", "1")),
            Optional.of(new Versions("0.1.0", "6.18.0", "1.1.3", "v1.9.1"))),
        Connected.YES,
        List.of(),
        Optional.of(
            new FirewallStatus(
                new Firewall(
                    "ufw",
                    "Active",
                    "its rules are in the kernel",
                    "ufw",
                    "ufw is active",
                    21,
                    null),
                List.of(
                    new PolicyState("api", "uid-api", 3L, true, null, null),
                    new PolicyState(
                        "db",
                        "uid-db",
                        1L,
                        false,
                        "WouldLockOut",
                        "rule all, action: it would cut SSH")),
                List.of())),
        Optional.of(new Reachability(Reachability.Proof.PROBES, 2, 2, List.of())),
        List.of(new Repair("Route", 3L, "2026-01-02T03:04:05Z")),
        Optional.empty());
  }

  /** A NodeSubnet of the node. */
  static SubnetRecord own() {
    return own("uid");
  }

  static SubnetRecord own(String uid) {
    return own(uid, 1);
  }

  static SubnetRecord own(String uid, long generation) {
    return new SubnetRecord(
        "10-244-1-0-24",
        "2026-01-01T00:00:00Z",
        "default",
        "n1",
        new SubnetRecord.Block.Invalid("not looked at"),
        Map.of(),
        Optional.of(new SubnetRecord.OwnSubnet(uid, generation)));
  }
}
