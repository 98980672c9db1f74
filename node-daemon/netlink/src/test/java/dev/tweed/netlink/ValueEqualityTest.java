package dev.tweed.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/**
 * The values whose equals and hashCode are written by hand are equal exactly when their parts are.
 */
class ValueEqualityTest {
  private static final long MAC_BITS = 0xffff_ffff_ffffL;

  private static void assertEqual(Object one, Object other) {
    assertThat(one).isEqualTo(other).isNotSameAs(other).hasSameHashCodeAs(other);
  }

  @Property
  void ipv4(@ForAll int value, @ForAll @IntRange(max = 31) int bit) {
    assertEqual(new Ipv4Address(value), new Ipv4Address(value));
    assertThat(new Ipv4Address(value)).isNotEqualTo(new Ipv4Address(value ^ 1 << bit));
  }

  @Property
  void ipv6(@ForAll long high, @ForAll long low, @ForAll @IntRange(max = 63) int bit) {
    assertEqual(new Ipv6Address(high, low), new Ipv6Address(high, low));
    assertThat(new Ipv6Address(high, low))
        .isNotEqualTo(new Ipv6Address(high ^ 1L << bit, low))
        .isNotEqualTo(new Ipv6Address(high, low ^ 1L << bit));
  }

  @Property
  void mac(@ForAll @LongRange(max = MAC_BITS) long value, @ForAll @IntRange(max = 47) int bit) {
    assertEqual(new MacAddress(value), new MacAddress(value));
    assertThat(new MacAddress(value)).isNotEqualTo(new MacAddress(value ^ 1L << bit));
  }

  @Property
  void prefix(
      @ForAll int value,
      @ForAll @IntRange(max = 31) int length,
      @ForAll @IntRange(max = 31) int bit) {
    IpPrefix prefix = new IpPrefix(new Ipv4Address(value), length);

    assertEqual(prefix, new IpPrefix(new Ipv4Address(value), length));
    assertThat(prefix)
        .isNotEqualTo(new IpPrefix(new Ipv4Address(value), length + 1))
        .isNotEqualTo(new IpPrefix(new Ipv4Address(value ^ 1 << bit), length));
  }

  @Test
  void familiesAndTypesDiffer() {
    assertThat(new Ipv4Address(1)).isNotEqualTo(new Ipv6Address(0, 1)).isNotEqualTo(null);
    assertThat(new Ipv6Address(0, 1)).isNotEqualTo(new Ipv4Address(1)).isNotEqualTo(null);
    assertThat(new MacAddress(1)).isNotEqualTo(new Ipv4Address(1)).isNotEqualTo(null);
    assertThat(IpPrefix.parse("0.0.0.0/0")).isNotEqualTo(IpPrefix.parse("::/0")).isNotEqualTo(null);
  }
}
