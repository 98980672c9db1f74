package dev.tweed.firewall;

import dev.tweed.firewall.ruleset.Chain;
import dev.tweed.firewall.ruleset.Ruleset;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The firewall of the host, as far as it can be seen.
 *
 * @param manager who made the rules
 * @param state whether they are in force
 * @param reason what that was told by, or why it is not known; one sentence for people
 * @param rules what the kernel does with packets; empty if it could not be read
 * @param legacy rules of iptables-legacy, which are not among these; empty if nobody can tell
 */
public record HostFirewall(
    Manager manager, State state, String reason, Ruleset rules, Optional<LegacyRules> legacy) {

  /** Made by firewalld for as long as it reloads, or is in panic mode. */
  private static final String POLICY_DROP = "firewalld_policy_drop";

  /** One without rules of iptables-legacy that drop. */
  public HostFirewall(Manager manager, State state, String reason, Ruleset rules) {
    this(manager, state, reason, rules, Optional.of(LegacyRules.HARMLESS));
  }

  /** The same without its rules, which are large. */
  public HostFirewall withoutRules() {
    return new HostFirewall(manager, state, reason, Ruleset.empty(), legacy);
  }

  /** The same rules, by which it has been told who made them. */
  HostFirewall madeBy(Manager manager, State state, String reason) {
    return new HostFirewall(manager, state, reason, rules, legacy);
  }

  /** The rules without those that lead to rows of ours. */
  public Ruleset theirs() {
    return rules.withoutJumpsTo(chain -> chain.startsWith("TWEED-"));
  }

  /** Whether ufw, or firewalld, has rules in force: both can be on one host. */
  public boolean isActive(Manager which) {
    return manager == which && state == State.ACTIVE || isInKernel(which);
  }

  /** ufw removes these chains when it is disabled, and leaves its other chains empty. */
  boolean isInKernel(Manager which) {
    return switch (which) {
      case UFW -> rules.hasChain("ufw-user-input") || rules.hasChain("ufw6-user-input");
      case FIREWALLD -> rules.hasTable("firewalld") || rules.hasChain("INPUT_ZONES");
      default -> false;
    };
  }

  /** Who has made a base chain, so that rows which let packets through it have to go there. */
  public Manager managerOf(Chain base) {
    if (base.table().equals("firewalld") || base.table().equals(POLICY_DROP)) {
      return Manager.FIREWALLD;
    }
    boolean iptables =
        base.table().equals("filter")
            && !base.family().equals("inet")
            && Set.of("INPUT", "FORWARD", "OUTPUT").contains(base.name());
    if (!iptables) {
      return Manager.NFTABLES;
    }
    return isInKernel(Manager.UFW)
        ? Manager.UFW
        : rules.hasChain("INPUT_ZONES") ? Manager.FIREWALLD : Manager.IPTABLES;
  }

  /**
   * Whether the firewall of a base chain takes no rows for it: ufw with IPV6=no drops all of IPv6.
   */
  public boolean isShut(Chain base) {
    return base.family().equals("ip6")
        && managerOf(base) == Manager.UFW
        && !rules.hasChain("ufw6-user-input");
  }

  /** Whether every packet is dropped, whatever the rules, until firewalld's panic mode ends. */
  public boolean isPanicking() {
    return hasPolicyDrop("output") && !isLoading();
  }

  /**
   * Whether firewalld reloads: its own table goes and comes, and another one drops what is new. In
   * panic mode that has other chains, beside the table.
   */
  boolean isLoading() {
    return hasPolicyDrop("input");
  }

  private boolean hasPolicyDrop(String hook) {
    return rules.bases().stream()
        .filter(base -> base.table().equals(POLICY_DROP))
        .anyMatch(base -> base.base().orElseThrow().hook().equals(hook));
  }

  /** Who makes the rules. */
  public enum Manager {
    UFW,
    FIREWALLD,
    /** Rules loaded by hand or by another program, through iptables. */
    IPTABLES,
    /** The same, as nftables. */
    NFTABLES,
    NONE,
    UNKNOWN;

    /** As in a NodeReport. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
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
