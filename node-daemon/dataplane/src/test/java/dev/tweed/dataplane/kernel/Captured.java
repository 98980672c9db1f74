package dev.tweed.dataplane.kernel;

import dev.tweed.netlink.testing.Netns;

/** Counts echo requests by source address as they arrive at a namespace, by nftables. */
final class Captured {
  private final Netns netns;

  private Captured(Netns netns) {
    this.netns = netns;
  }

  static Captured icmpOn(Netns netns) {
    netns.sh(
        "nft 'table ip captured { set seen { type ipv4_addr; flags dynamic; size 64; }; "
            + "chain c { type filter hook prerouting priority -300; "
            + "icmp type echo-request add @seen { ip saddr }; }; }'");
    return new Captured(netns);
  }

  /** What nft prints of the set: the source addresses of all echo requests so far. */
  String sources() {
    return netns.sh("nft list set ip captured seen");
  }
}
