package dev.tweed.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.NetlinkException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Packets are whatever their sender wrote: none makes more of an exception than a malformed one.
 */
class PacketLogDecoderTest {

  private static final String TCP =
      "4500003c0000400040060000c0000207c0000201" + "10920050" + "00".repeat(36);

  @Test
  void whatIsToldIsThePrefixTheDevicesAndTheEnds() {
    LoggedPacket packet = packet(TCP).orElseThrow();

    assertThat(packet.prefix()).isEqualTo("tweed deny api/ssh");
    assertThat(packet.hook()).isEqualTo(1);
    assertThat(packet.inputIndex()).isEqualTo(3);
    assertThat(packet.header().orElseThrow().toString())
        .isEqualTo(
            "Header[source=192.0.2.7, destination=192.0.2.1, protocol=6,"
                + " sourcePort=OptionalInt[4242], destinationPort=OptionalInt[80]]");
  }

  @Test
  void fragmentsButTheFirstHaveNoPorts() {
    String second = TCP.replace("40004006", "00014006");

    assertThat(packet(second).orElseThrow().header().orElseThrow().sourcePort()).isEmpty();
  }

  @Test
  void portsOfIpv6ComeAfterItsHeader() {
    String udp =
        "60000000000c1140"
            + "20010db8000000000000000000000007"
            + "20010db8000000000000000000000001"
            + "00350036000c0000";

    assertThat(packet(udp).orElseThrow().header().orElseThrow().destinationPort()).hasValue(0x36);
  }

  @Property
  void anyPacketIsDecoded(@ForAll byte[] payload) {
    assertThat(packet(HexFormat.of().formatHex(payload))).isPresent();
  }

  @Property
  void anyMessageIsDecodedOrMalformed(@ForAll byte[] body) {
    ByteBuffer bytes = ByteBuffer.allocate(body.length + 64);
    MessageWriter out = new MessageWriter(bytes);
    out.begin(Rt.NFNL_SUBSYS_ULOG << 8 | Rt.NFULNL_MSG_PACKET, 0, 0);
    for (byte b : body) {
      out.u8(b);
    }
    out.end();
    try {
      PacketLogDecoder.packet(Message.split(bytes.flip()).getFirst());
    } catch (NetlinkException e) {
      assertThat(e.reason()).isEqualTo(NetlinkException.Reason.MALFORMED);
    }
  }

  private static Optional<LoggedPacket> packet(String payload) {
    ByteBuffer bytes = ByteBuffer.allocate(4096 + payload.length());
    MessageWriter out = new MessageWriter(bytes);
    out.begin(Rt.NFNL_SUBSYS_ULOG << 8 | Rt.NFULNL_MSG_PACKET, 0, 0);
    out.u8(2).u8(0).u16(0);
    out.attributeBytes(Rt.NFULA_PACKET_HDR, new byte[] {8, 0, 1, 0});
    out.attribute32NetworkOrder(Rt.NFULA_IFINDEX_INDEV, 3);
    out.attributeText(Rt.NFULA_PREFIX, "tweed deny api/ssh");
    out.attributeBytes(Rt.NFULA_PAYLOAD, HexFormat.of().parseHex(payload));
    out.end();
    return PacketLogDecoder.packet(Message.split(bytes.flip()).getFirst());
  }
}
