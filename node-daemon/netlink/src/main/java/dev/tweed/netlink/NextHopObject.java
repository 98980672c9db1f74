package dev.tweed.netlink;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * A nexthop object (RTM_NEWNEXTHOP, linux/nexthop.h; Linux 5.3 or newer): where packets go, kept
 * once for any number of routes that name its id.
 *
 * @param id 1..4294967295
 * @param family whose routes may use it (IPv4 routes may use IPv6 ones, too); empty for a group
 * @param gateway next router, of the same family
 * @param linkIndex device
 * @param onlink whether the gateway is taken to be on the link although no route says so
 * @param protocol who made it
 * @param group whether it is a group of others, or anything else that is more than a gateway or
 *     device (blackhole, FDB, encapsulation): such are read, never written
 */
public record NextHopObject(
    long id,
    Optional<AddressFamily> family,
    Optional<IpAddress> gateway,
    int linkIndex,
    boolean onlink,
    RouteProtocol protocol,
    boolean group) {

  private static final long MAX_U32 = 0xffff_ffffL;

  /** Refuses nulls, an id beyond 32 bits and a gateway of another family. */
  public NextHopObject {
    Objects.requireNonNull(family, "family");
    Objects.requireNonNull(protocol, "protocol");
    if (id < 1 || id > MAX_U32) {
      throw new IllegalArgumentException("a nexthop id is 1..4294967295, not " + id);
    }
    if (gateway.isPresent() && !gateway.map(IpAddress::family).equals(family)) {
      throw new IllegalArgumentException("a nexthop object of " + family + " via " + gateway);
    }
  }

  /** By way of a gateway on a device. */
  public static NextHopObject via(
      long id, IpAddress gateway, int linkIndex, RouteProtocol protocol) {
    return new NextHopObject(
        id, Optional.of(gateway.family()), Optional.of(gateway), linkIndex, false, protocol, false);
  }

  /** Through a device, whose neighbours the packets are for. */
  public static NextHopObject through(
      long id, AddressFamily family, int linkIndex, RouteProtocol protocol) {
    return new NextHopObject(
        id, Optional.of(family), Optional.empty(), linkIndex, false, protocol, false);
  }

  /** The same with its gateway taken to be on the link. */
  public NextHopObject withOnlink() {
    return new NextHopObject(id, family, gateway, linkIndex, true, protocol, group);
  }

  /** Whether it can be made by a request. */
  boolean isWritable() {
    return !group && family.isPresent();
  }
}
