package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link ProbeAddress}. */
class ProbeAddressTest {

  @ParameterizedTest
  @CsvSource({
    "10.244.3.0/24, 10.244.3.254",
    "10.244.3.8/29, 10.244.3.14",
    "10.244.0.0/16, 10.244.255.254",
    "0.0.0.0/0, 255.255.255.254",
    "fd00:3::/64, fd00:3::ffff:ffff:ffff:fffe",
    "fd00:3::/120, fd00:3::fe",
    "fd00::/32, fd00:0:ffff:ffff:ffff:ffff:ffff:fffe",
  })
  void isTheLastButOneOfTheBlock(String block, String address) {
    // When, Then
    assertThat(ProbeAddress.of(IpPrefix.parse(block))).contains(IpAddress.parse(address));
  }

  @ParameterizedTest
  @CsvSource({"10.244.3.0/30", "10.244.3.0/31", "10.244.3.0/32", "fd00:3::/126"})
  void aSmallBlockHasNone(String block) {
    // When, Then
    assertThat(ProbeAddress.of(IpPrefix.parse(block))).isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.3.8/29, 10.244.3.14",
    "10.244.3.4/30, 10.244.3.5",
    "fd00:3::4/126, fd00:3::5",
    "10.244.3.4/31,",
    "10.244.3.4/32,",
  })
  void ofASmallBlockTheGatewayIsAsked(String block, String address) {
    // When, Then
    assertThat(ProbeAddress.asked(IpPrefix.parse(block)))
        .isEqualTo(Optional.ofNullable(address).map(IpAddress::parse));
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.3.0/24, 10.244.3.253",
    "10.244.3.8/29, 10.244.3.13",
    "fd00:3::/64, fd00:3::ffff:ffff:ffff:fffd",
  })
  void podsGetThoseBeforeIt(String block, String address) {
    // When, Then
    assertThat(ProbeAddress.lastOfPods(IpPrefix.parse(block))).contains(IpAddress.parse(address));
  }
}
