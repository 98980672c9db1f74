package dev.tweed.netlink.socket;

import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.codec.EventDecoder;
import dev.tweed.netlink.codec.Message;
import dev.tweed.netlink.codec.Rt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to listen to.
 *
 * @param receiveQueueBytes what the kernel may queue
 * @param incomingBytes size of the buffer for one datagram
 */
record Subscription(Set<NetlinkGroup> groups, int receiveQueueBytes, int incomingBytes) {

  /** A socket with the decoder its protocol needs. */
  record Source(NetlinkDescriptor descriptor, Decoder decoder) {
    interface Decoder {
      Optional<NetlinkEvent> decode(Message message);
    }
  }

  Subscription {
    groups = Set.copyOf(groups);
  }

  /**
   * Opens a socket for each protocol. All of them, or none.
   *
   * @throws NetlinkException when the system gives no such socket
   */
  List<Source> open() {
    List<Source> sources = new ArrayList<>();
    try {
      for (int protocol : List.of(Rt.NETLINK_ROUTE, Rt.NETLINK_NETFILTER)) {
        List<NetlinkGroup> wanted =
            groups.stream().filter(group -> protocolOf(group) == protocol).toList();
        if (!wanted.isEmpty()) {
          sources.add(open(protocol, wanted));
        }
      }
      return List.copyOf(sources);
    } catch (RuntimeException failure) {
      sources.forEach(source -> source.descriptor().close());
      throw failure;
    }
  }

  private Source open(int protocol, List<NetlinkGroup> wanted) {
    NetlinkDescriptor descriptor =
        NetlinkDescriptor.open(protocol, receiveQueueBytes, incomingBytes);
    try {
      wanted.forEach(group -> descriptor.join(numberOf(group)));
    } catch (RuntimeException failure) {
      descriptor.close();
      throw failure;
    }
    EventDecoder decoder = new EventDecoder();
    return new Source(
        descriptor, protocol == Rt.NETLINK_ROUTE ? decoder::routeEvent : decoder::netfilterEvent);
  }

  private static int protocolOf(NetlinkGroup group) {
    return group == NetlinkGroup.NFTABLES ? Rt.NETLINK_NETFILTER : Rt.NETLINK_ROUTE;
  }

  private static int numberOf(NetlinkGroup group) {
    return switch (group) {
      case LINK -> Rt.RTNLGRP_LINK;
      case NEIGHBOUR -> Rt.RTNLGRP_NEIGH;
      case IPV4_ADDRESS -> Rt.RTNLGRP_IPV4_IFADDR;
      case IPV4_ROUTE -> Rt.RTNLGRP_IPV4_ROUTE;
      case IPV6_ADDRESS -> Rt.RTNLGRP_IPV6_IFADDR;
      case IPV6_ROUTE -> Rt.RTNLGRP_IPV6_ROUTE;
      case IPV4_RULE -> Rt.RTNLGRP_IPV4_RULE;
      case IPV6_RULE -> Rt.RTNLGRP_IPV6_RULE;
      // Numbers to 32 may be joined on any kernel (__netlink_kernel_create() in af_netlink.c), so
      // an
      // old one without nexthop objects does not refuse this.
      case NEXTHOP -> Rt.RTNLGRP_NEXTHOP;
      case NFTABLES -> Rt.NFNLGRP_NFTABLES;
    };
  }
}
