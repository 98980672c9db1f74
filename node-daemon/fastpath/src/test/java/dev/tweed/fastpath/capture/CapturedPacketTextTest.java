package dev.tweed.fastpath.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.CapturedPacket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapturedPacketTextTest {
  private static final long TIME = 1_764_525_791_123_456_789L;
  private static final String MACS = "020000000001020000000002";
  private static final String IPV4 = "0800" + "4500003c00004000400600000af401070af40209";
  private static final String TCP = "10d80050" + "00000000" + "00000000" + "5012" + "0000";
  private static final String IPV6 =
      "86dd60000000000c1140fd000001000000000000000000000007fd000002000000000000000000000009";

  @Test
  void aPacketIsALine() {
    assertThat(text(MACS + IPV4 + TCP, true))
        .isEqualTo("18:03:11.123456Z received TCP 10.244.1.7:4312 > 10.244.2.9:80 [S.], 50 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        MACS + IPV6 + "00350036000c0000 | UDP [fd00:1::7]:53 > [fd00:2::9]:54",
        MACS + "0806 | ARP",
        MACS + "88cc00 | ethertype 0x88cc",
        MACS + "0800450000 | IP, not whole",
        MACS + " | a frame that is not whole",
        MACS
            + "080045000054000040004001000000000001000000020800 | ICMP 0.0.0.1 > 0.0.0.2 type 8 code 0",
      })
  void whatItIsIsSaid(String frame, String said) {
    assertThat(text(frame, false)).contains(" sent " + said + ", ");
  }

  @Test
  void aFragmentHasNeitherPortsNorFlags() {
    assertThat(text(MACS + IPV4.replace("4000400600", "0001400600") + TCP, false))
        .contains("TCP 10.244.1.7 > 10.244.2.9, ");
  }

  @Property
  void anythingHasALine(@ForAll byte[] frame, @ForAll boolean ipv4) {
    byte[] bytes = frame.clone();
    if (bytes.length > 14) {
      bytes[12] = (byte) (ipv4 ? 0x08 : 0x86);
      bytes[13] = (byte) (ipv4 ? 0x00 : 0xdd);
      bytes[14] = (byte) (ipv4 ? bytes[14] & 0xf | 0x40 : 0x60);
    }
    assertThat(CapturedPacketText.of(packet(bytes, true)))
        .contains(" received ")
        .endsWith(frame.length + " bytes")
        .doesNotContain("\n");
  }

  @Property
  void aFileHasEveryByteThatWasKept(@ForAll byte[] frame) {
    ByteBuffer record =
        ByteBuffer.wrap(PcapEncoder.packet(packet(frame, true))).order(ByteOrder.LITTLE_ENDIAN);

    assertThat(record.getInt() * 1_000_000_000L + record.getInt()).isEqualTo(TIME);
    assertThat(record.getInt()).isEqualTo(frame.length);
    assertThat(record.getInt()).isEqualTo(frame.length);
    assertThat(record).isEqualTo(ByteBuffer.wrap(frame));
  }

  @Test
  void aFileBeginsAsTheFormatHasIt() {
    // Nanoseconds, little-endian, version 2.4, Ethernet
    assertThat(HexFormat.of().formatHex(PcapEncoder.header(262_144)))
        .isEqualTo(
            "4d3cb2a1" + "0200" + "0400" + "00000000" + "00000000" + "00000400" + "01000000");
  }

  private static String text(String frame, boolean outgoing) {
    return CapturedPacketText.of(packet(HexFormat.of().parseHex(frame.strip()), outgoing));
  }

  private static CapturedPacket packet(byte[] frame, boolean outgoing) {
    return new CapturedPacket(TIME, outgoing, frame.length, ByteBuffer.wrap(frame));
  }
}
