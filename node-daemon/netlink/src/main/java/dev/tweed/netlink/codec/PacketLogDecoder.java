package dev.tweed.netlink.codec;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.LoggedPacket.Header;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Logged packets from messages of the kernel (nfnetlink_log.h). */
public final class PacketLogDecoder {

  private static final int IPV4_BYTES = 20;
  private static final int IPV6_BYTES = 40;
  private static final int IPV4_OFFSET_MASK = 0x1fff; // of fragments, in units of 8 bytes
  private static final Set<Integer> WITH_PORTS = Set.of(6, 17, 132);

  private PacketLogDecoder() {}

  /**
   * The packet that a message tells of; empty if it is another message.
   *
   * @throws dev.tweed.netlink.NetlinkException (MALFORMED) when it cannot be decoded
   */
  public static Optional<LoggedPacket> packet(Message message) {
    if (message.type() != (Rt.NFNL_SUBSYS_ULOG << 8 | Rt.NFULNL_MSG_PACKET)) {
      return Optional.empty();
    }
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    String prefix = "";
    int hook = -1;
    int input = 0;
    int output = 0;
    byte[] payload = new byte[0];
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFULA_PACKET_HDR -> {
          byte[] header = attributes.raw();
          hook = header.length > 2 ? header[2] & 0xff : -1;
        }
        case Rt.NFULA_IFINDEX_INDEV -> input = attributes.s32NetworkOrder();
        case Rt.NFULA_IFINDEX_OUTDEV -> output = attributes.s32NetworkOrder();
        case Rt.NFULA_PAYLOAD -> payload = attributes.raw();
        case Rt.NFULA_PREFIX -> prefix = attributes.text();
        default -> {}
      }
    }
    return Optional.of(new LoggedPacket(prefix, hook, input, output, header(payload)));
  }

  /** The header of a packet of IPv4 or IPv6, of which these are the first bytes. */
  public static Optional<Header> header(byte[] packet) {
    int version = packet.length == 0 ? 0 : packet[0] >>> 4 & 0xf;
    if (version == 4 && packet.length >= IPV4_BYTES) {
      boolean first = (u16(packet, 6) & IPV4_OFFSET_MASK) == 0;
      return Optional.of(
          header(packet, 12, 4, packet[9] & 0xff, first ? (packet[0] & 0xf) * 4 : packet.length));
    }
    return version == 6 && packet.length >= IPV6_BYTES
        ? Optional.of(header(packet, 8, 16, packet[6] & 0xff, IPV6_BYTES))
        : Optional.empty();
  }

  private static Header header(byte[] packet, int at, int bytes, int protocol, int transport) {
    boolean ports = WITH_PORTS.contains(protocol) && transport + 4 <= packet.length;
    return new Header(
        IpAddress.ofBytes(Arrays.copyOfRange(packet, at, at + bytes)),
        IpAddress.ofBytes(Arrays.copyOfRange(packet, at + bytes, at + 2 * bytes)),
        protocol,
        ports ? OptionalInt.of(u16(packet, transport)) : OptionalInt.empty(),
        ports ? OptionalInt.of(u16(packet, transport + 2)) : OptionalInt.empty());
  }

  private static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
  }
}
