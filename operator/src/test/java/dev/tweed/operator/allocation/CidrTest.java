package dev.tweed.operator.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
  @ParameterizedTest
  @CsvSource({
    "10.244.3.0/24, 10.244.3.0/24, 10-244-3-0-24",
    "0.0.0.0/0, 0.0.0.0/0, 0-0-0-0-0",
    "255.255.255.255/32, 255.255.255.255/32, 255-255-255-255-32",
    "FD00:10:244::/64, fd00:10:244::/64, fd00-0010-0244-0000-0000-0000-0000-0000-64",
    "::/0, ::/0, 0000-0000-0000-0000-0000-0000-0000-0000-0",
    "2001:db8:0:1:0:0:0:0/64, 2001:db8:0:1::/64, 2001-0db8-0000-0001-0000-0000-0000-0000-64",
    "1:0:0:2:0:0:0:3/128, 1:0:0:2::3/128, 0001-0000-0000-0002-0000-0000-0000-0003-128",
    "1:2:3:4:5:6:0:8/128, 1:2:3:4:5:6:0:8/128, 0001-0002-0003-0004-0005-0006-0000-0008-128",
  })
  void textAndNameAreCanonical(String text, String canonical, String name) {
    Cidr cidr = Cidr.parse(text).orElseThrow();
    assertThat(cidr).hasToString(canonical);
    assertThat(cidr.objectName()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.1/24",
        "10.0.0/24",
        "10.0.0.0/024",
        "010.0.0.0/24",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "fd00::1/64",
        "fd00::/129",
        "::ffff:10.0.0.0/120",
        "fe80::%eth0/64",
        "[fd00::]/64",
        "localhost/8",
        "256.0.0.0/8",
        "10.0.0.0/8/8",
        " 10.0.0.0/8"
      })
  void whatIsNoCanonicalRangeIsRefused(String text) {
    assertThat(Cidr.parse(text)).isEmpty();
  }
}
