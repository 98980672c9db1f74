package dev.tweed.firewall.backend;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.State;

/**
 * Chooses where rows go. Pure.
 *
 * <p>Into the firewall that would drop the packets: an accept elsewhere opens nothing. Only where
 * nothing drops, or nobody manages what does, a table of our own.
 */
public final class BackendPlanner {

  /** The obstacle of a firewall whose tools the daemon has not been given. */
  public static final String HOST_TOOLS_NEEDED = "HostToolsNeeded";

  /** The obstacle of rules that cannot be read. */
  public static final String FIREWALL_UNKNOWN = "FirewallUnknown";

  private BackendPlanner() {}

  /**
   * Chooses.
   *
   * @param found the firewall of the host
   * @param hostTools whether the host's files and programs may be used
   */
  public static BackendChoice plan(HostFirewall found, boolean hostTools) {
    return switch (found.manager()) {
      case UFW ->
          found.state() == State.INACTIVE
              ? inactive("ufw", BackendKind.UFW, hostTools)
              : managed(found, "ufw", BackendKind.UFW, hostTools);
      case FIREWALLD ->
          found.state() == State.INACTIVE
              ? BackendChoice.in(
                  BackendKind.NFTABLES,
                  "firewalld is installed but not running; a table of our own")
              : managed(found, "firewalld", BackendKind.FIREWALLD, hostTools);
      case IPTABLES ->
          found.state() == State.UNKNOWN
              ? BackendChoice.in(
                  BackendKind.NFTABLES,
                  "a table of our own; there may be rules of iptables-legacy, which cannot be seen"
                      + " from here: what those drop, rules of ours cannot let through")
              : managed(found, "iptables", BackendKind.IPTABLES, hostTools);
      case NFTABLES ->
          BackendChoice.in(
              BackendKind.NFTABLES,
              "somebody's own nftables rules; what they drop, rules of ours cannot let through");
      case NONE ->
          BackendChoice.in(BackendKind.NFTABLES, "no firewall is active; a table of our own");
      case UNKNOWN -> BackendChoice.nowhere(FIREWALL_UNKNOWN, found.reason());
    };
  }

  private static BackendChoice managed(
      HostFirewall found, String name, BackendKind kind, boolean hostTools) {
    if (found.state() == State.UNKNOWN) {
      return BackendChoice.nowhere(FIREWALL_UNKNOWN, found.reason());
    }
    return hostTools
        ? BackendChoice.in(kind, name + " is active: " + found.reason())
        : BackendChoice.nowhere(
            HOST_TOOLS_NEEDED,
            name
                + " is active, and rules can only be put into it with the host's files and"
                + " programs: set the chart value firewall.hostTools");
  }

  private static BackendChoice inactive(String name, BackendKind kind, boolean hostTools) {
    BackendChoice own =
        BackendChoice.in(
            BackendKind.NFTABLES,
            name
                + " is installed but switched off; a table of our own"
                + (hostTools
                    ? ", and the same rules in " + name + "'s files for the day it is on"
                    : ""));
    return hostTools ? own.withStandby(kind) : own;
  }
}
