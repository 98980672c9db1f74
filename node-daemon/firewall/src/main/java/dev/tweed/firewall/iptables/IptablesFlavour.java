package dev.tweed.firewall.iptables;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import java.util.Collection;

/**
 * The two programs called iptables. They keep their rules in different places of the kernel and do
 * not see each other's; a packet passes both, and either may drop it.
 */
public enum IptablesFlavour {
  /** Keeps its rules in nftables. */
  NFT("nft"),
  /** Keeps its rules where iptables always had them. */
  LEGACY("legacy");

  private final String text;

  IptablesFlavour(String text) {
    this.text = text;
  }

  /** As in the names of the programs. */
  public String text() {
    return text;
  }

  /**
   * Where rows have to go to have a say before a person's rules: to where those are. What nft lists
   * is known to drop packets; a legacy table may.
   *
   * @param found by nft, which sees the rules of the first flavour only
   * @param legacyTables lines of {@code /proc/net/ip_tables_names} and {@code ip6_tables_names}
   */
  public static IptablesFlavour of(HostFirewall found, Collection<String> legacyTables) {
    boolean seenByNft = found.manager() == Manager.IPTABLES && found.state() == State.ACTIVE;
    return !seenByNft && legacyTables.contains("filter") ? LEGACY : NFT;
  }

  /**
   * Which one a program says it is; before iptables 1.8 there was only one, and it said nothing.
   */
  static IptablesFlavour ofVersion(String version) {
    return version.contains("(nf_tables)") ? NFT : LEGACY;
  }
}
