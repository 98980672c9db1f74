package dev.tweed.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7, 192.0.2.7",
    "0.0.0.0, 0.0.0.0",
    "255.255.255.255, 255.255.255.255",
    "2001:DB8::0001, 2001:db8::1",
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "0:0:0:0:0:0:0:1, ::1",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1", // a single zero group stays (RFC 5952 4.2.2)
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1", // the longest run is shortened
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1", // the first of equal runs
    "::ffff:192.0.2.7, ::ffff:192.0.2.7",
    "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
    "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
  })
  void printsCanonicalText(String text, String canonical) {
    assertThat(IpAddress.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.+4",
        "1.2.3.-4",
        "1..2.3",
        ".1.2.3.4",
        "1.2.3.4.",
        "1.2.3.4 ",
        "0x1.2.3.4",
        "127.1",
        "localhost",
        "example.com",
        "١.2.3.4",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "fe80::1%eth0",
        "[::1]",
        "::1.2.3",
        "1.2.3.4::",
        "::g",
        "::1:",
        ":1::",
        "1:2:3:4:5:6:7:8::",
        "::1.2.3.4:5",
        "::-1",
        "::+1",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::１"
      })
  void refusesWhatIsNoCompleteNumericAddress(String text) {
    assertThat(IpAddress.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> IpAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is not an IP address");
  }

  @Property
  void bytesRoundTripAsTheJdkReadsThem(@ForAll @Size(4) byte[] four) throws UnknownHostException {
    IpAddress address = IpAddress.ofBytes(four);

    assertThat(address.toBytes()).isEqualTo(four);
    assertThat(address).hasToString(InetAddress.getByAddress(four).getHostAddress());
    assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
  }

  @Property
  void ipv6TextIsReadByTheJdkAsTheSameBytes(
      @ForAll @Size(16) byte[] sixteen, @ForAll @IntRange(max = 8) int zeroedGroups)
      throws UnknownHostException {
    // Given addresses with runs of zero groups, which random bytes hardly ever have
    for (int i = 0; i < 2 * zeroedGroups && i + 4 < 16; i++) {
      sixteen[i + 4] = 0;
    }

    IpAddress address = IpAddress.ofBytes(sixteen);

    assertThat(address.toBytes()).isEqualTo(sixteen);
    assertThat(InetAddress.getByName(address.toString()))
        .isEqualTo(InetAddress.getByAddress(sixteen));
    assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
  }

  @Property
  void ordersByFamilyThenNumber(@ForAll @Size(16) byte[] a, @ForAll @Size(16) byte[] b) {
    IpAddress left = IpAddress.ofBytes(a);
    IpAddress right = IpAddress.ofBytes(b);

    assertThat(Integer.signum(left.compareTo(right)))
        .isEqualTo(Integer.signum(java.util.Arrays.compareUnsigned(a, b)));
    assertThat(IpAddress.parse("255.255.255.255")).isLessThan(left);
  }

  @ParameterizedTest
  @CsvSource({
    "224.0.0.1, true, false, false",
    "ff02::1, true, false, false",
    "127.3.2.1, false, true, false",
    "::1, false, true, false",
    "169.254.1.1, false, false, true",
    "fe80::1, false, false, true",
    "febf::1, false, false, true",
    "fec0::1, false, false, false",
    "10.0.0.1, false, false, false",
    "239.255.255.255, true, false, false",
    "240.0.0.1, false, false, false",
  })
  void knowsSpecialAddresses(String text, boolean multicast, boolean loopback, boolean linkLocal) {
    IpAddress address = IpAddress.parse(text);

    assertThat(address.isMulticast()).isEqualTo(multicast);
    assertThat(address.isLoopback()).isEqualTo(loopback);
    assertThat(address.isLinkLocal()).isEqualTo(linkLocal);
  }
}
