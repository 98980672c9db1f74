package dev.tweed.agent.finding;

/** What the agent itself finds; the data path has reasons of its own. */
public enum AgentReason {
  /** The operator has not given this node a block, or what it belongs to is gone. */
  WaitingForSubnet(true),
  /** A NodeSubnet holds values that cannot be right; it is skipped. */
  InvalidPeer(false),
  /** The PodNetwork holds values that cannot be right. */
  InvalidPodNetwork(true),
  /** Part of the PodNetwork's spec is left out. */
  IgnoredField(false),
  /** Another CNI configuration wins over Tweed's. */
  ForeignCNIConfig(true),
  /** A file could not be written for want of space. */
  DiskFull(true),
  /** A file of the CNI configuration could not be written. */
  CNIConfigFailed(true),
  /** A CNI plugin that pods need is neither there nor could be installed. */
  CNIPluginMissing(true),
  /** The host's firewall drops what the pod network needs. */
  HostFirewallBlocks(false),
  /** The data path could not be worked on at all. */
  DataPathFailed(true);

  private final boolean blocking;

  AgentReason(boolean blocking) {
    this.blocking = blocking;
  }

  /** Whether pods on this node cannot work, or not with this network, until it is mended. */
  public boolean blocking() {
    return blocking;
  }
}
