package dev.tweed.netlink;

/** What a {@code socket.NetlinkMonitor} can listen to. */
public enum NetlinkGroup {
  /** Devices made, changed and removed. */
  LINK,
  /** Neighbours and FDB entries. */
  NEIGHBOUR,
  /** IPv4 addresses. */
  IPV4_ADDRESS,
  /** IPv4 routes. */
  IPV4_ROUTE,
  /** IPv6 addresses. */
  IPV6_ADDRESS,
  /** IPv6 routes. */
  IPV6_ROUTE,
  /** Routing rules of IPv4. */
  IPV4_RULE,
  /** Routing rules of IPv6. */
  IPV6_RULE,
  /** Nexthop objects. A kernel older than 5.3, which has none, is silent. */
  NEXTHOP,
  /** Changes of the nftables rule set. Needs the kernel's nfnetlink. */
  NFTABLES
}
