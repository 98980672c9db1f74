package dev.tweed.firewall;

/** What is in the filter tables of iptables-legacy, which nft does not list. */
public enum LegacyRules {
  /** Nothing that drops, bans of sources aside. */
  HARMLESS,
  /** Rules that drop, of a person or of a program that does not keep a firewall. */
  DROPPING,
  /** ufw's chains: it goes by the iptables it finds. */
  OF_UFW
}
