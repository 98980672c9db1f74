package dev.tweed.netlink;

/**
 * Settings of a bridge ({@code IFLA_BR_*}), as far as a pod network cares.
 *
 * @param stp whether the spanning tree protocol runs (a new port would then wait 15 s to forward)
 * @param vlanFiltering whether the bridge filters by VLAN
 * @param multicastSnooping whether multicast is sent to listeners only
 */
public record BridgeInfo(boolean stp, boolean vlanFiltering, boolean multicastSnooping) {

  /** Whether it passes frames of a new port at once, and all of them. */
  public boolean isPlain() {
    return !stp && !vlanFiltering;
  }
}
