package dev.tweed.agent.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that is known of this node, by who tells it; everything told to anyone derives from it. Holds
 * no time of its own, so that equal states are equal.
 *
 * @param sync what the last sync of the data path came to
 * @param connected whether the daemon learns what changes in the cluster
 * @param surroundings what is wrong with what the daemon itself runs on
 * @param firewallStatus the host's firewall; empty before the first look
 * @param reachability what probing found of the peers; empty before it began
 * @param repairs drift repaired since the node was booted, by kind
 * @param fastPath whether packets skip netfilter; empty where nothing is known of it
 */
public record NodeStatus(
    SyncStatus sync,
    Connected connected,
    List<NodeFinding> surroundings,
    Optional<FirewallStatus> firewallStatus,
    Optional<Reachability> reachability,
    List<Repair> repairs,
    Optional<NodeReportStatus.FastPath> fastPath) {

  /** Copies the lists. */
  public NodeStatus {
    surroundings = List.copyOf(surroundings);
    repairs = List.copyOf(repairs);
  }

  /** How the node stands. */
  public enum State {
    /** The first lists are not complete, or something the node needs is missing. */
    WAITING,
    /** No PodNetwork wants this node: ready, nothing to do. */
    IDLE,
    /** Programmed and verified. */
    READY,
    /** Programming was tried; not all of it is in the kernel. */
    FAILED
  }

  /** Name of the Node. */
  public String node() {
    return sync.node();
  }

  /** How it stands. */
  public State state() {
    return sync.state();
  }

  /** Why, in a few words; empty when the data path is programmed. */
  public String reason() {
    return sync.reason();
  }

  /** Name of the network the node belongs to; empty if to none. */
  public String podNetwork() {
    return sync.podNetwork();
  }

  /** Address blocks set up on the node, also while it has no NodeSubnet. */
  public List<String> blocks() {
    return sync.blocks();
  }

  /** What is programmed; empty before the first sync. */
  public Optional<DataPathStatus> dataPath() {
    return sync.dataPath();
  }

  /** The sysctls kept, with the value read back. */
  public List<SysctlValue> sysctls() {
    return sync.sysctls();
  }

  /** Versions of the tools used; empty before they were read. */
  public Optional<Versions> versions() {
    return sync.versions();
  }

  /** The host's firewall; empty before the first look. */
  public Optional<Firewall> firewall() {
    return firewallStatus.map(FirewallStatus::firewall);
  }

  /** The FirewallPolicies that select this node, by name. */
  public List<PolicyState> policies() {
    return firewallStatus.map(FirewallStatus::policies).orElse(List.of());
  }

  /** Whether packets of pods reach the other nodes. */
  public Reachable reachable() {
    return ReachabilityPlanner.plan(
        state(), reason(), dataPath(), reachability, firewall().map(Firewall::forward));
  }

  /** What is wrong or notable: causes before what follows from them. */
  public List<NodeFinding> findings() {
    return Stream.of(
            sync.findings(),
            surroundings,
            firewallStatus.map(FirewallStatus::findings).orElse(List.of()),
            reachable().findings())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * Whether what this node needs is in place: the data path, verified, and the CNI configuration;
   * or it needs nothing. Probes and the Node's condition follow this, and not {@link #ready}: a
   * node must come up for anyone to see what is wrong with it, and a later fault takes no pods
   * down.
   */
  public boolean programmed() {
    return sync.programmed();
  }

  /**
   * Whether it is programmed, and nothing that was found keeps pods on this node from working, such
   * as that it is not {@link #reachable}.
   */
  public boolean ready() {
    return programmed() && blocking().isEmpty();
  }

  /** The first finding that stops pods from working. */
  public Optional<NodeFinding> blocking() {
    return findings().stream().filter(NodeFinding::blocking).findFirst();
  }

  /**
   * What is programmed.
   *
   * @param device device that carries pod traffic to other nodes; empty when there is none
   * @param mtu MTU of pods, bytes; 0 while unknown
   * @param underlayDevice link between the nodes; empty while unknown
   * @param underlayAddress this node's address on it; empty while unknown
   * @param tunnelPort UDP port of the tunnel; 0 if packets go without one
   * @param outsideDevices links of the default routes
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DataPathStatus(
      String device,
      int mtu,
      String underlayDevice,
      String underlayAddress,
      int tunnelPort,
      List<String> outsideDevices,
      int peersExpected,
      int peersProgrammed) {
    public DataPathStatus {
      outsideDevices =
          outsideDevices == null ? List.of() : List.copyOf(outsideDevices); // older file
    }
  }
}
