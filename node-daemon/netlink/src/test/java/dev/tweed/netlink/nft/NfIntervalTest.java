package dev.tweed.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfExpression.AnyOf;
import java.util.List;
import org.junit.jupiter.api.Test;

class NfIntervalTest {

  @Test
  void singleValuesAreSortedAndKeptApart() {
    assertThat(ports(ofPorts(3, 3), ofPorts(1, 1), ofPorts(2, 2), ofPorts(3, 3)))
        .containsExactly(ofPorts(1, 1), ofPorts(2, 2), ofPorts(3, 3));
  }

  @Test
  void whatTouchesOrOverlapsARangeIsOne() {
    assertThat(ports(ofPorts(8, 9), ofPorts(1, 4), ofPorts(2, 3), ofPorts(5, 5), ofPorts(7, 8)))
        .containsExactly(ofPorts(1, 5), ofPorts(7, 9));
  }

  @Test
  void nothingComesAfterTheGreatest() {
    assertThat(ports(ofPorts(0, 0), ofPorts(65_535, 65_535), ofPorts(65_000, 65_535)))
        .containsExactly(ofPorts(0, 0), ofPorts(65_000, 65_535));
  }

  @Test
  void aPrefixIsItsAddresses() {
    assertThat(NfInterval.of(IpPrefix.parse("10.1.0.0/15")))
        .hasToString("NfInterval[first=0x0a000000, last=0x0a01ffff]");
    assertThat(NfValue.ofMask(15, 4)).hasToString("0xfffe0000");
  }

  @Test
  void sizesMustBeThatOfTheKey() {
    assertThatThrownBy(() -> new AnyOf(NfSet.Key.PORT, List.of(NfInterval.ofNumbers(1, 2, 4))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 bytes");
    assertThatThrownBy(() -> ofPorts(2, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static NfInterval ofPorts(int first, int last) {
    return NfInterval.ofNumbers(first, last, 2);
  }

  private static List<NfInterval> ports(NfInterval... intervals) {
    return new AnyOf(NfSet.Key.PORT, List.of(intervals)).intervals();
  }
}
