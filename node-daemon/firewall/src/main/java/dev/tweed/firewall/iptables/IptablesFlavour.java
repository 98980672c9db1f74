package dev.tweed.firewall.iptables;

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
   * Which one a program says it is; before iptables 1.8 there was only one, and it said nothing.
   */
  static IptablesFlavour ofVersion(String version) {
    return version.contains("(nf_tables)") ? NFT : LEGACY;
  }
}
