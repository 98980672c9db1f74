package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NextHop;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.Scope;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Messages about routes and nexthop objects to values. */
public final class RouteDecoder {
  private RouteDecoder() {}

  /** Whether a route is an entry of the kernel's cache or a look-up, not of a table. */
  public static boolean isCloned(Message message) {
    return (message.s32(8) & Rt.RTM_F_CLONED) != 0;
  }

  /**
   * The route of a message; empty for other families (MPLS, multicast routing) and for an IPv4
   * route that is for one type of service only: it is beside those of the same destination and
   * metric, and of no packet without.
   */
  public static Optional<Route> route(Message message) {
    Optional<AddressFamily> known = ObjectDecoder.family(message);
    if (known.isEmpty() || message.u8(3) != 0) { // rtm_tos
      return Optional.empty();
    }
    AddressFamily family = known.get();
    AttributeReader attributes = message.attributesAfter(Rt.RTMSG_BYTES);
    IpAddress destination = IpPrefix.any(family).address();
    Optional<IpAddress> gateway = Optional.empty();
    Optional<IpPrefix> from = Optional.empty();
    Optional<IpAddress> source = Optional.empty();
    int link = 0;
    long metric = 0;
    long table = message.u8(4);
    long nextHopId = 0;
    int mtu = 0;
    List<NextHop> multipath = List.of();
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.RTA_DST -> destination = attributes.ip(family);
        case Rt.RTA_SRC ->
            from = Optional.of(ObjectDecoder.prefix(attributes.ip(family), message.u8(2)));
        case Rt.RTA_GATEWAY -> gateway = Optional.of(attributes.ip(family));
        case Rt.RTA_VIA -> gateway = attributes.via();
        case Rt.RTA_PREFSRC -> source = Optional.of(attributes.ip(family));
        case Rt.RTA_OIF -> link = attributes.s32();
        case Rt.RTA_PRIORITY -> metric = attributes.u32();
        case Rt.RTA_TABLE -> table = attributes.u32();
        case Rt.RTA_NH_ID -> nextHopId = attributes.u32();
        case Rt.RTA_METRICS -> mtu = mtu(attributes.nested());
        case Rt.RTA_MULTIPATH -> multipath = multipath(attributes, family);
        default -> {}
      }
    }
    IpPrefix prefix = ObjectDecoder.prefix(destination, message.u8(1));
    if (!prefix.isCanonical()) {
      throw NetlinkException.malformed("route to " + prefix + ", which has host bits set");
    }
    int flags = message.s32(8);
    return Optional.of(
        new Route(
            prefix,
            from,
            gateway,
            link,
            metric,
            new RouteProtocol(message.u8(5)),
            table,
            new Scope(message.u8(6)),
            new RouteType(message.u8(7)),
            (flags & Rt.RTNH_F_ONLINK) != 0,
            source,
            multipath,
            nextHopId,
            mtu,
            flags & Rt.RTNH_F_STATUS));
  }

  private static int mtu(AttributeReader metrics) {
    int mtu = 0;
    while (metrics.next()) {
      if (metrics.type() == Rt.RTAX_MTU) {
        mtu = metrics.s32();
      }
    }
    if (mtu < 0) {
      throw NetlinkException.malformed("MTU of " + Integer.toUnsignedString(mtu));
    }
    return mtu;
  }

  /** A run of {@code struct rtnexthop}, each with attributes of its own. */
  private static List<NextHop> multipath(AttributeReader attribute, AddressFamily family) {
    List<NextHop> ways = new ArrayList<>();
    ByteBuffer bytes = attribute.bytes();
    int at = attribute.start();
    int end = attribute.end();
    while (end - at >= Rt.RTNEXTHOP_BYTES) {
      int length = bytes.getShort(at) & 0xffff;
      if (length < Rt.RTNEXTHOP_BYTES || length > end - at) {
        throw NetlinkException.malformed("nexthop of " + length + " bytes in " + (end - at));
      }
      AttributeReader own = new AttributeReader(bytes, at + Rt.RTNEXTHOP_BYTES, at + length);
      Optional<IpAddress> gateway = Optional.empty();
      while (own.next()) {
        switch (own.type()) {
          case Rt.RTA_GATEWAY -> gateway = Optional.of(own.ip(family));
          case Rt.RTA_VIA -> gateway = own.via();
          default -> {}
        }
      }
      int flags = bytes.get(at + 2) & 0xff;
      int weight = (bytes.get(at + 3) & 0xff) + 1; // rtnh_hops is the weight less one
      ways.add(new NextHop(bytes.getInt(at + 4), gateway, weight, flags));
      at = Math.min(end, at + Rt.align(length));
    }
    return ways;
  }

  /** RTM_NEWNEXTHOP, RTM_DELNEXTHOP; empty for one without an id. */
  public static Optional<NextHopObject> nextHopObject(Message message) {
    Optional<AddressFamily> family = ObjectDecoder.family(message);
    AttributeReader attributes = message.attributesAfter(Rt.NHMSG_BYTES);
    long id = 0;
    int link = 0;
    boolean group = family.isEmpty();
    Optional<IpAddress> gateway = Optional.empty();
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NHA_ID -> id = attributes.u32();
        case Rt.NHA_OIF -> link = attributes.s32();
        case Rt.NHA_GATEWAY -> gateway = Optional.of(attributes.ip());
        case Rt.NHA_GROUP, Rt.NHA_BLACKHOLE, Rt.NHA_FDB, Rt.NHA_ENCAP_TYPE -> group = true;
        default -> {}
      }
    }
    if (gateway.isPresent() && !gateway.map(IpAddress::family).equals(family)) {
      throw NetlinkException.malformed("nexthop object of " + family + " via " + gateway);
    }
    if (id == 0) {
      return Optional.empty();
    }
    boolean onlink = (message.s32(4) & Rt.RTNH_F_ONLINK) != 0;
    RouteProtocol protocol = new RouteProtocol(message.u8(2));
    return Optional.of(new NextHopObject(id, family, gateway, link, onlink, protocol, group));
  }
}
