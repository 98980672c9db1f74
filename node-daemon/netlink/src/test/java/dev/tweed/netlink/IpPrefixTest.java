package dev.tweed.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "::/129",
        "/8",
        "10.0.0.0/ 8",
        "10.0.0.0/99999999999"
      })
  void refusesWhatIsNoPrefix(String text) {
    assertThat(IpPrefix.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> IpPrefix.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is not a prefix");
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.0/24, true",
    "10.244.1.1/24, false",
    "0.0.0.0/0, true",
    "fd00::1/64, false"
  })
  void tellsNetworksFromInterfaceAddresses(String text, boolean canonical) {
    assertThat(IpPrefix.parse(text).isCanonical()).isEqualTo(canonical);
  }

  @Property
  void maskingClearsExactlyTheHostBits(
      @ForAll @Size(16) byte[] bytes, @ForAll @IntRange(max = 128) int length) {
    IpPrefix prefix = new IpPrefix(IpAddress.ofBytes(bytes), length);

    BigInteger expected = new BigInteger(1, bytes).shiftRight(128 - length).shiftLeft(128 - length);

    assertThat(new BigInteger(1, prefix.network().address().toBytes())).isEqualTo(expected);
    assertThat(prefix.contains(prefix.address())).isTrue();
  }

  @Property
  void maskingIpv4ClearsExactlyTheHostBits(
      @ForAll int value, @ForAll @IntRange(max = 32) int length) {
    IpPrefix prefix = new IpPrefix(new Ipv4Address(value), length);

    long expected = (value & 0xffff_ffffL) >>> (32 - length) << (32 - length);

    assertThat(prefix.network().address()).isEqualTo(new Ipv4Address((int) expected));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.1.0.0/16, true",
    "10.1.0.0/16, 10.0.0.0/8, true",
    "10.0.0.0/9, 10.128.0.0/9, false",
    "0.0.0.0/0, ::/0, false",
    "fd00::/48, fd00:0:0:1::/64, true",
  })
  void overlapIsSymmetric(String a, String b, boolean overlap) {
    assertThat(IpPrefix.parse(a).overlaps(IpPrefix.parse(b))).isEqualTo(overlap);
    assertThat(IpPrefix.parse(b).overlaps(IpPrefix.parse(a))).isEqualTo(overlap);
  }

  @Test
  void routeToAPrefixWithHostBitsIsRefusedWithTheRemedy() {
    assertThatThrownBy(
            () -> Route.through(IpPrefix.parse("10.244.1.1/24"), 4, RouteProtocol.STATIC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use 10.244.1.0/24");
  }
}
