package dev.tweed.firewall;

import dev.tweed.firewall.ruleset.Ruleset;

/**
 * The firewall of the host, as far as it can be seen.
 *
 * @param manager who made the rules
 * @param state whether they are in force
 * @param reason what that was told by, or why it is not known; one sentence for people
 * @param rules what the kernel does with packets; empty if it could not be read
 * @param hidden whether rules of iptables-legacy, which are not among these, drop packets beside
 *     them, or may
 */
public record HostFirewall(
    Manager manager, State state, String reason, Ruleset rules, boolean hidden) {

  /** One without hidden rules. */
  public HostFirewall(Manager manager, State state, String reason, Ruleset rules) {
    this(manager, state, reason, rules, false);
  }

  /** Who makes the rules. */
  public enum Manager {
    UFW("ufw"),
    FIREWALLD("firewalld"),
    /** Rules loaded by hand or by another program, through iptables. */
    IPTABLES("iptables"),
    /** The same, as nftables. */
    NFTABLES("nftables"),
    NONE("none"),
    UNKNOWN("unknown");

    private final String text;

    Manager(String text) {
      this.text = text;
    }

    /** As in a NodeReport. */
    public String text() {
      return text;
    }
  }

  /** Whether rules are in force. */
  public enum State {
    ACTIVE("Active"),
    INACTIVE("Inactive"),
    UNKNOWN("Unknown");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** As in a NodeReport. */
    public String text() {
      return text;
    }
  }
}
