package dev.tweed.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSubnetNameTest {

  @ParameterizedTest
  @CsvSource({
    "10.244.3.0/24, 10-244-3-0-24",
    "0.0.0.0/0, 0-0-0-0-0",
    "255.255.255.255/32, 255-255-255-255-32",
    "fd00:10:244::/64, fd00-0010-0244-0000-0000-0000-0000-0000-64",
    "FD00:0010:0244:0::/64, fd00-0010-0244-0000-0000-0000-0000-0000-64",
    "::/0, 0000-0000-0000-0000-0000-0000-0000-0000-0",
    "1:2:3:4:5:6:7:8/128, 0001-0002-0003-0004-0005-0006-0007-0008-128",
  })
  void namesABlockByItsExpandedAddress(String cidr, String name) {
    assertThat(NodeSubnetName.of(cidr).value()).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "10-244-3-0-24, 10.244.3.0/24",
    "fd00-0010-0244-0000-0000-0000-0000-0000-64, fd00:10:244::/64",
    "0001-0000-0000-0002-0000-0000-0000-0003-128, 1:0:0:2::3/128",
    "0001-0000-0002-0003-0004-0005-0006-0007-128, 1:0:2:3:4:5:6:7/128",
    "0000-0000-0000-0000-0000-0000-0000-0001-128, ::1/128",
  })
  void givesTheBlockBackInCanonicalText(String name, String cidr) {
    assertThat(new NodeSubnetName(name).cidr()).isEqualTo(cidr);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.244.3.0",
        "10.244.3/24",
        "10.244.3.0/33",
        "10.244.03.0/24",
        "10.244.3.0/024",
        "10.256.0.0/16",
        "fd00::/129",
        "fd00::1::/64",
        "fd00:/64",
        "::ffff:10.0.0.0/104",
        "::ffff:a00:0/112",
        "fe80::%eth0/64",
        "example.org/24",
        "10.0.0.0/24; reboot",
        "/",
        ":/0"
      })
  void refusesWhatIsNoCidr(String text) {
    assertThatThrownBy(() -> NodeSubnetName.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is not a CIDR");
  }

  @ParameterizedTest
  @CsvSource({"10.244.3.7/24, 10.244.3.0/24", "fd00::1/64, fd00::/64", "10.0.0.1/0, 0.0.0.0/0"})
  void refusesBitsAfterThePrefixAndSaysWhatToWrite(String text, String masked) {
    assertThatThrownBy(() -> NodeSubnetName.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bits set after the prefix; write " + masked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "node-1",
        "10-244-3-0",
        "010-244-3-0-24",
        "10-244-3-1-24",
        "10-244-3-0-33",
        "fd00-0-64",
        "FD00-0010-0244-0000-0000-0000-0000-0000-64",
        "fd00-0010-0244-0000-0000-0000-0000-0000-064"
      })
  void refusesNamesThatAreNotCanonical(String name) {
    assertThatThrownBy(() -> new NodeSubnetName(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void everyBlockHasOneNameThatLeadsBackToIt(
      @ForAll boolean six, @ForAll @Size(16) byte[] bits, @ForAll @IntRange(max = 128) int length) {
    IpAddress address = IpAddress.ofBytes(six ? bits : Arrays.copyOf(bits, 4));
    String cidr =
        new IpPrefix(address, Math.min(length, address.family().bits())).network().toString();
    boolean mapped = six && cidr.startsWith("::ffff:");

    if (!mapped) {
      assertThat(NodeSubnetName.of(cidr).cidr()).isEqualTo(cidr);
    }
  }
}
