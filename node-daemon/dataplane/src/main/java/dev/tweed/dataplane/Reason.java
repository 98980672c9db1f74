package dev.tweed.dataplane;

/** Why something is worth a person's attention; the names are those of the status conditions. */
public enum Reason {
  /** The vxlan or br_netfilter kernel module is not there. */
  ModuleMissing(Severity.BLOCKING),
  /** Another VXLAN device has the network identifier. */
  VniInUse(Severity.BLOCKING),
  /** Something else receives on the tunnel's UDP port. */
  PortInUse(Severity.BLOCKING),
  /** A sysctl has the wrong value and cannot be written. */
  ReadOnlySysctl(Severity.BLOCKING),
  /** A sysctl of the PodNetwork is not one that may be set. */
  SysctlRefused(Severity.NOTABLE),
  /** A file of the host sets a sysctl otherwise than it has to be. */
  SysctlContradicted(Severity.NOTABLE),
  /** A peer's values cannot be right; it is skipped, the others are not affected. */
  InvalidPeer(Severity.NOTABLE),
  /** No link of this node carries its InternalIP. */
  NoInternalIP(Severity.BLOCKING),
  /** A block of this node lies outside the pools of its network. */
  OutsidePools(Severity.BLOCKING),
  /** A device we need exists and is not ours. */
  ForeignDevice(Severity.BLOCKING),
  /** A device has the name of that by which nodes probe each other, and is not ours. */
  ProbeDeviceForeign(Severity.NOTABLE),
  /** Somebody has the address that other nodes probe. */
  ProbeAddressTaken(Severity.NOTABLE),
  /** The MTU asked for does not fit the underlay; a smaller one is in use. */
  MtuClamped(Severity.NOTABLE),
  /** The MTU is too small for IPv6 (RFC 8200 section 5). */
  MtuTooSmall(Severity.NOTABLE),
  /** nft is missing, too old or refused the rules. */
  NftUnavailable(Severity.BLOCKING),
  /** The filter of the tunnel cannot be put into the kernel, or not be changed. */
  TunnelFilterUnavailable(Severity.NOTABLE),
  /** Packets to the tunnel come from an address of no node, and are dropped. */
  TunnelSourceUnknown(Severity.NOTABLE),
  /** Somebody else keeps putting a route of the same destination in the place of ours. */
  RouteContested(Severity.NOTABLE),
  /** The kernel refused an object; the message has its errno and text. */
  ProgrammingFailed(Severity.NOTABLE),
  /**
   * Somebody's route or rule takes packets of the pod network elsewhere. Blocking where it does so
   * to most peers or to the pods of this node.
   */
  RouteShadowed(Severity.NOTABLE),
  /** Policy routing may take packets of the pod network elsewhere; it cannot be told which. */
  RulesNotChecked(Severity.NOTABLE),
  /** The kernel's events cannot be listened to; changes are found by the periodic audit only. */
  KernelNotWatched(Severity.NOTABLE),
  /** What is in the kernel and what is remembered do not go together; the kernel's stands. */
  NotAsRemembered(Severity.BLOCKING);

  private final Severity severity;

  Reason(Severity severity) {
    this.severity = severity;
  }

  /** Whether pods on this node cannot work until it is mended. */
  public Severity severity() {
    return severity;
  }

  /** How bad a finding is. */
  public enum Severity {
    /** Pods on this node would not work. */
    BLOCKING,
    /** Something is not as asked; pods work. */
    NOTABLE
  }
}
