package dev.tweed.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
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

  @ParameterizedTest
  @CsvSource({
    "10.244.3.0/24, 10.244.3.0/24",
    "255.255.255.255/32, 255.255.255.255/32",
    "FD00:10:244::/64, fd00:10:244::/64",
    "::/0, ::/0",
    "2001:db8:0:1:0:0:0:0/64, 2001:db8:0:1::/64",
    "1:0:0:2:0:0:0:3/128, 1:0:0:2::3/128",
  })
  void readsNetworksAsKubernetesDoes(String text, String canonical) {
    assertThat(IpPrefix.tryParseNetwork(text).orElseThrow()).hasToString(canonical);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "10.0.0.0",
        "10.0.0.1/24",
        "fd00::1/64",
        "::ffff:10.0.0.0/120",
        "::ffff:a00:0/120",
        "::10.0.0.0/120",
        "010.0.0.0/24",
        "fe80::%eth0/64"
      })
  void refusesNetworksThatKubernetesDoes(String text) {
    assertThat(IpPrefix.tryParseNetwork(text)).isEmpty();
  }

  @Property
  void consistsOfNetworksOfEqualSize(
      @ForAll @Size(16) byte[] bytes,
      @ForAll boolean six,
      @ForAll @IntRange(max = 128) int some,
      @ForAll @IntRange(max = 60) int more,
      @ForAll long random) {
    IpAddress address = IpAddress.ofBytes(six ? bytes : Arrays.copyOf(bytes, 4));
    int bits = address.family().bits();
    int length = some % (bits + 1);
    int ofParts = Math.min(length + more, bits);
    IpPrefix whole = new IpPrefix(address, length).network();
    long index = random & (1L << ofParts - length) - 1;

    IpPrefix part = whole.subnet(index, ofParts);

    assertThat(number(part.address()))
        .isEqualTo(
            number(whole.address()).add(BigInteger.valueOf(index).shiftLeft(bits - ofParts)));
    assertThat(whole.contains(part)).isTrue();
    assertThat(whole.indexOf(part.address(), ofParts)).isEqualTo(index);
    assertThat(whole.indexOf(part.last(), ofParts)).isEqualTo(index);
    assertThat(number(part.last()))
        .isEqualTo(
            number(part.address())
                .add(BigInteger.ONE.shiftLeft(bits - ofParts))
                .subtract(BigInteger.ONE));
  }

  @Test
  void placesBeyondItAreTheNearest() {
    IpPrefix whole = IpPrefix.parse("fd00::/16");
    assertThat(whole.indexOf(IpAddress.parse("fc00::"), 64)).isZero();
    assertThat(whole.indexOf(IpAddress.parse("ffff::"), 128)).isEqualTo(Long.MAX_VALUE);
    assertThat(IpPrefix.parse("10.1.0.0/16").indexOf(IpAddress.parse("10.0.0.0"), 24)).isZero();
    assertThat(IpPrefix.parse("10.1.0.0/16").indexOf(IpAddress.parse("255.0.0.0"), 8))
        .isEqualTo(244);
  }

  private static BigInteger number(IpAddress address) {
    return new BigInteger(1, address.toBytes());
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
}
