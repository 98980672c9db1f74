package dev.tweed.agent.finding;

import java.util.Set;

/** What the agent itself finds; the data path has reasons of its own. */
public enum AgentReason {
  /** The operator has not given this node a block, or what it belongs to is gone. */
  WaitingForSubnet(true),
  /** Another node has the address that this one claims. */
  NodeAddressTaken(true),
  /** A NodeSubnet holds values that cannot be right; it is skipped. Blocking if most do. */
  InvalidPeer(false),
  /** The PodNetwork holds values that cannot be right. */
  InvalidPodNetwork(true),
  /** Part of the PodNetwork's spec is left out. */
  IgnoredField(false),
  /** No PodNetwork selects the node any more: it gets no new pods, and what runs keeps running. */
  Leaving(false),
  /** Pods have addresses of a block that the node has no NodeSubnet of any more. */
  BlockRetiring(false),
  /** Another CNI configuration wins over Tweed's. */
  ForeignCNIConfig(true),
  /** A file could not be written for want of space. */
  DiskFull(true),
  /** A file of the CNI configuration could not be written. */
  CNIConfigFailed(true),
  /** The container runtime has not taken the CNI configuration that is in place. */
  CNIConfigUnseen(false),
  /** A CNI plugin that pods need is neither there nor could be installed. */
  CNIPluginMissing(true),
  /** The host's firewall drops what the pod network needs. Blocking if that is between pods. */
  HostFirewallBlocks(false),
  /** The rules of Tweed's could not be put into the host's firewall. */
  FirewallNotWritten(false),
  /** A FirewallPolicy that selects this node is not in force on it. */
  FirewallPolicyFailed(false),
  /** Rules of Tweed's are in a firewall the daemon has no access to any more. */
  FirewallRulesLeft(false),
  /** The table of network policies could not be written or read. */
  PolicyTableFailed(false),
  /** Packets between pods of this node do not pass the table of network policies. */
  PolicyBypassed(false),
  /** Pods can send as others of their node. */
  SpoofGuardFailed(false),
  /** Pods are closed until the operator has said which policies select them. */
  PodsWaitForPolicy(false),
  /** Pods are not known before the API server has their addresses, so that they start open. */
  PodsNotGated(false),
  /** The API server does not take the status of this node's NodePolicy. */
  PolicyStatusNotWritten(false),
  /** The API server said nothing for so long that the connections to it are made anew. */
  APISilent(false),
  /** The API server answers at its own address, and not at the one that was configured. */
  APIByEndpoint(false),
  /** The API server refuses to list objects of a kind. */
  ClusterNotRead(false),
  /** The API server refuses the Lease by which the operator knows that the daemon lives. */
  LeaseNotRenewed(false),
  /** The API server does not take the status of this node. */
  StatusNotWritten(false),
  /** The node goes by what it remembers, since the API server has not said anything yet. */
  FromMemory(false),
  /** The daemon's own certificate ends soon, or has ended. */
  CertificateExpiring(false),
  /** No other node answers, and one that did before lives. */
  NoPeerAnswers(true),
  /** Packets do not reach a node that lives. Blocking if most do not, because of this host. */
  PeerUnreachable(false),
  /** The host drops packets of pods, which no probe can tell. Blocking if most peers are so. */
  ForwardDropped(false),
  /** Small packets reach a node, large ones do not. */
  LargePacketsLost(false),
  /** Checksums of packets to other nodes are damaged, by the network card or on the way. */
  ChecksumsDamaged(false),
  /** A node that lives has not answered a probe since it is known. */
  ProbeUnanswered(false),
  /** This host refuses to send probes, so that it is not known whom packets of pods reach. */
  ProbesNotSent(false),
  /** What the daemon writes for people and for its next process could not be written. */
  FilesNotWritten(false),
  /** Changes of files are seen by the periodic audit only. */
  FilesNotWatched(false),
  /** Probes and metrics are not answered. */
  ProbesNotAnswered(false),
  /** More FirewallPolicies select this node than a NodeReport tells of. */
  TooManyPolicies(false),
  /** More was found than a NodeReport tells of. */
  MoreFindings(false),
  /** The data path could not be worked on at all. */
  DataPathFailed(true);

  private static final Set<String> FIREWALL =
      Set.of(
          HostFirewallBlocks.name(),
          FirewallNotWritten.name(),
          FirewallPolicyFailed.name(),
          FirewallRulesLeft.name());

  private static final Set<String> REACHABILITY =
      Set.of(
          NoPeerAnswers.name(),
          PeerUnreachable.name(),
          LargePacketsLost.name(),
          ChecksumsDamaged.name(),
          ProbeUnanswered.name(),
          ProbesNotSent.name(),
          ForwardDropped.name());

  private final boolean blocking;

  AgentReason(boolean blocking) {
    this.blocking = blocking;
  }

  /** Whether a reason is one of the host's firewall, which is told by a thread of its own. */
  public static boolean ofFirewall(String reason) {
    return FIREWALL.contains(reason);
  }

  /** Whether a reason follows from what probing found of the peers. */
  public static boolean ofReachability(String reason) {
    return REACHABILITY.contains(reason);
  }

  /**
   * Whether pods on this node cannot work, or not with this network, until it is mended; of a
   * finding, {@link NodeFinding#blocking} counts.
   */
  public boolean blocking() {
    return blocking;
  }
}
