package dev.tweed.fastpath.capture;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.LoggedPacket.Header;
import dev.tweed.netlink.codec.PacketLogDecoder;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A packet at the host's end of a pod's veth in a line, such as {@code 18:03:11.123456Z sent TCP
 * 10.244.1.7:4312 > 10.244.2.9:80 [S], 74 bytes}. Flags of TCP are letters as tcpdump has them.
 * Pure functions; packets may be anything.
 */
public final class CapturedPacketText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSSX").withZone(ZoneOffset.UTC);
  private static final int ETHERNET_BYTES = 14;
  private static final int IPV6_BYTES = 40;
  private static final int TCP = 6;
  private static final int TCP_FLAGS = 13;
  private static final String FLAGS = "FSRP.UEW"; // from the lowest bit on

  private CapturedPacketText() {}

  /** The line, in UTC. */
  public static String of(CapturedPacket packet) {
    byte[] bytes = bytes(packet.bytes());
    return "%s %s %s, %d bytes"
        .formatted(
            TIME.format(Instant.ofEpochSecond(0, packet.epochNanos())),
            packet.outgoing() ? "received" : "sent",
            frame(bytes),
            packet.length());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static String frame(byte[] frame) {
    if (frame.length < ETHERNET_BYTES) {
      return "a frame that is not whole";
    }
    int type = u16(frame, ETHERNET_BYTES - 2);
    byte[] packet = Arrays.copyOfRange(frame, ETHERNET_BYTES, frame.length);
    Optional<Header> header = PacketLogDecoder.header(packet);
    return switch (type) {
      case 0x0800, 0x86dd -> header.map(h -> ip(h, packet)).orElse("IP, not whole");
      case 0x0806 -> "ARP";
      default -> "ethertype 0x%04x".formatted(type);
    };
  }

  private static String ip(Header header, byte[] packet) {
    String ends =
        end(header.source(), header.sourcePort())
            + " > "
            + end(header.destination(), header.destinationPort());
    int at = header.source().family() == AddressFamily.IPV6 ? IPV6_BYTES : (packet[0] & 0xf) * 4;
    return switch (header.protocol()) {
      case TCP -> "TCP " + ends + flags(header, packet, at);
      case 17 -> "UDP " + ends;
      case 132 -> "SCTP " + ends;
      case 1 -> "ICMP " + ends + type(packet, at);
      case 58 -> "ICMPv6 " + ends + type(packet, at);
      default -> "protocol " + header.protocol() + " " + ends;
    };
  }

  private static String flags(Header header, byte[] packet, int at) {
    if (header.sourcePort().isEmpty() || at + TCP_FLAGS >= packet.length) {
      return "";
    }
    StringBuilder text = new StringBuilder(" [");
    for (int bit = 0; bit < FLAGS.length(); bit++) {
      if ((packet[at + TCP_FLAGS] >>> bit & 1) != 0) {
        text.append(FLAGS.charAt(bit));
      }
    }
    return text.append(']').toString();
  }

  private static String type(byte[] packet, int at) {
    return at + 1 < packet.length
        ? " type %d code %d".formatted(packet[at] & 0xff, packet[at + 1] & 0xff)
        : "";
  }

  private static String end(IpAddress address, OptionalInt port) {
    return port.isEmpty()
        ? address.toString()
        : (address.family() == AddressFamily.IPV6 ? "[" + address + "]" : address.toString())
            + ":"
            + port.getAsInt();
  }

  private static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
  }
}
