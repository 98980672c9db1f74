package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.Qdisc;
import dev.tweed.netlink.Scope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Address, neighbour and FDB messages to values; {@link LinkDecoder} and {@link RouteDecoder} do
 * the larger ones. Empty when the message is of a family not known here.
 */
public final class ObjectDecoder {
  private ObjectDecoder() {}

  /** The family of a message, whose number is always its first byte. */
  static Optional<AddressFamily> family(Message message) {
    int number = message.u8(0);
    for (AddressFamily family : AddressFamily.values()) {
      if (family.number() == number) {
        return Optional.of(family);
      }
    }
    return Optional.empty();
  }

  static IpPrefix prefix(IpAddress address, int length) {
    if (length > address.family().bits()) {
      throw NetlinkException.malformed("prefix length " + length + " of " + address);
    }
    return new IpPrefix(address, length);
  }

  /** XFRM_MSG_NEWSPDINFO: policies of all directions, without those of sockets. */
  public static Optional<Long> ipsecPolicies(Message message) {
    AttributeReader attributes = message.attributesAfter(4); // flags
    while (attributes.next()) {
      if (attributes.type() == Rt.XFRMA_SPD_INFO) {
        byte[] counts = attributes.raw(); // struct xfrmu_spdinfo: in, out, fwd, and of sockets
        if (counts.length < 12) {
          throw NetlinkException.malformed("numbers of policies in " + counts.length + " bytes");
        }
        ByteBuffer numbers = ByteBuffer.wrap(counts).order(ByteOrder.nativeOrder());
        return Optional.of(
            Integer.toUnsignedLong(numbers.getInt(0))
                + Integer.toUnsignedLong(numbers.getInt(4))
                + Integer.toUnsignedLong(numbers.getInt(8)));
      }
    }
    return Optional.empty();
  }

  /** RTM_NEWADDR, RTM_DELADDR. */
  public static Optional<Address> address(Message message) {
    Optional<AddressFamily> known = family(message);
    if (known.isEmpty()) {
      return Optional.empty();
    }
    AddressFamily family = known.get();
    AttributeReader attributes = message.attributesAfter(Rt.IFADDRMSG_BYTES);
    int flags = message.u8(2);
    IpAddress local = null;
    IpAddress peer = null;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.IFA_LOCAL -> local = attributes.ip(family);
        case Rt.IFA_ADDRESS -> peer = attributes.ip(family);
        case Rt.IFA_FLAGS -> flags = attributes.s32();
        default -> {}
      }
    }
    // IFA_ADDRESS is the peer's on point-to-point links and equal to IFA_LOCAL elsewhere; IPv6
    // leaves IFA_LOCAL out when there is no peer (if_addr.h).
    IpAddress own = local != null ? local : peer;
    if (own == null) {
      throw NetlinkException.malformed("address message without an address");
    }
    return Optional.of(
        new Address(message.s32(4), prefix(own, message.u8(1)), flags, new Scope(message.u8(3))));
  }

  /** RTM_NEWQDISC. */
  public static Optional<Qdisc> qdisc(Message message) {
    AttributeReader attributes = message.attributesAfter(Rt.TCMSG_BYTES);
    Optional<String> kind = Optional.empty();
    while (attributes.next()) {
      if (attributes.type() == Rt.TCA_KIND) {
        kind = Optional.of(attributes.text());
      }
    }
    return kind.map(name -> new Qdisc(message.s32(4), name, message.s32(12)));
  }

  /** RTM_NEWNEIGH, RTM_DELNEIGH of an IP family. */
  public static Optional<Neighbour> neighbour(Message message) {
    Optional<AddressFamily> family = family(message);
    if (family.isEmpty()) {
      return Optional.empty();
    }
    AttributeReader attributes = message.attributesAfter(Rt.NDMSG_BYTES);
    IpAddress address = null;
    Optional<MacAddress> mac = Optional.empty();
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NDA_DST -> address = attributes.ip(family.get());
        case Rt.NDA_LLADDR -> mac = attributes.mac();
        default -> {}
      }
    }
    if (address == null) { // a parameter table or proxy without address: no neighbour
      return Optional.empty();
    }
    return Optional.of(
        new Neighbour(
            message.s32(4), address, mac, new NeighbourState(message.u16(8)), message.u8(10)));
  }

  /** Whether a neighbour message is about an FDB entry. */
  public static boolean isFdb(Message message) {
    return message.u8(0) == Rt.AF_BRIDGE;
  }

  /** RTM_NEWNEIGH, RTM_DELNEIGH of family AF_BRIDGE. */
  public static Optional<FdbEntry> fdb(Message message) {
    if (!isFdb(message)) {
      return Optional.empty();
    }
    AttributeReader attributes = message.attributesAfter(Rt.NDMSG_BYTES);
    Optional<MacAddress> mac = Optional.empty();
    Optional<IpAddress> vtep = Optional.empty();
    int master = 0;
    int vlan = 0;
    int port = 0;
    int vni = 0;
    int via = 0;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NDA_LLADDR -> mac = attributes.mac();
        case Rt.NDA_DST -> vtep = Optional.of(attributes.ip());
        case Rt.NDA_MASTER -> master = attributes.s32();
        case Rt.NDA_VLAN -> vlan = attributes.u16();
        case Rt.NDA_PORT -> port = attributes.u16NetworkOrder();
        case Rt.NDA_VNI -> vni = attributes.s32();
        case Rt.NDA_IFINDEX -> via = attributes.s32();
        default -> {}
      }
    }
    if (mac.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new FdbEntry(
            message.s32(4),
            mac.get(),
            vtep,
            new NeighbourState(message.u16(8)),
            message.u8(10),
            master,
            vlan,
            port,
            vni,
            via));
  }
}
