package dev.tweed.firewall.iptables;

import java.util.Locale;

/**
 * The two programs called iptables. They keep their rules in different places of the kernel and do
 * not see each other's; a packet passes both, and either may drop it.
 */
public enum IptablesFlavour {
  /** Keeps its rules in nftables. */
  NFT,
  /** Keeps its rules where iptables always had them. */
  LEGACY;

  /** As in the names of the programs. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Which one a program says it is; before iptables 1.8 there was only one, and it said nothing.
   */
  static IptablesFlavour ofVersion(String version) {
    return version.contains("(nf_tables)") ? NFT : LEGACY;
  }
}
