package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTableTest {

  private static final String IPV4 =
      """
      Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
      eth1\t00000000\t010200C0\t0003\t0\t0\t200\t00000000\t0\t0\t0
      eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
      eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
      tweed-br0\t0001F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
      tweed.1\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
      *\t000A0A0A\t00000000\t0200\t0\t0\t0\t00FFFFFF\t0\t0\t0
      """;

  private static final String IPV6 =
      """
      20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
      00000000000000000000000000000000 00 00000000000000000000000000000000 00 20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth1
      00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
      """;

  @Test
  void theLongestPrefixTellsTheDevice() {
    assertThat(device("10.244.1.7")).isEqualTo("tweed-br0");
    assertThat(device("10.244.2.7")).isEqualTo("tweed.1");
    assertThat(device("192.0.2.9")).isEqualTo("eth0");
    assertThat(device("2001:db8::9")).isEqualTo("eth0");
    assertThat(device("2001:db8:1::9")).isEqualTo("eth1");
  }

  @Test
  void ofEqualOnesTheSmallerMetricDoes() {
    assertThat(device("203.0.113.1")).isEqualTo("eth0");
  }

  @Test
  void devicesThatLeadNoFurtherThanTheirLinkAreLeftOut() {
    String ownLink =
        """
        fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth2
        ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth2
        """;

    assertThat(RouteTable.parse(List.of(IPV4, IPV6, ownLink), ByteOrder.LITTLE_ENDIAN).devices())
        .containsExactlyInAnyOrder("eth0", "eth1", "tweed-br0", "tweed.1");
  }

  @Test
  void aRouteThatRejectsLeadsNowhere() {
    assertThat(
            RouteTable.parse(List.of(IPV4.replaceAll("(?m)^eth.*\n", "")), ByteOrder.LITTLE_ENDIAN)
                .deviceTo(IpAddress.parse("10.10.10.1")))
        .isEmpty();
  }

  @Test
  void theListingOfThisMachineIsUnderstood() throws IOException {
    String listing = Files.readString(Path.of("/proc/thread-self/net/route"));

    assertThat(RouteTable.parse(List.of(listing), ByteOrder.nativeOrder()).routes())
        .hasSize((int) listing.lines().skip(1).filter(l -> !l.matches("(lo|\\*)\\s.*")).count());
  }

  private static String device(String address) {
    return RouteTable.parse(List.of(IPV4, IPV6), ByteOrder.LITTLE_ENDIAN)
        .deviceTo(IpAddress.parse(address))
        .orElse("none");
  }
}
