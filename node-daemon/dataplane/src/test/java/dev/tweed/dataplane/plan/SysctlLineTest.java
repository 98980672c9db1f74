package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SysctlLineTest {

  private static SysctlLine only(String text) {
    List<SysctlLine> lines = SysctlLine.parse("/etc/sysctl.conf", text);
    assertThat(lines).hasSize(1);
    return lines.getFirst();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "net.ipv4.ip_forward=0                  | ipv4/ip_forward            | 0",
        "net/ipv4/ip_forward=0                  | ipv4/ip_forward            | 0",
        "  net.ipv4.ip_forward  =  0            | ipv4/ip_forward            | 0",
        "-net.ipv4.ip_forward = 0               | ipv4/ip_forward            | 0",
        "net.ipv4.conf.eth0/100.rp_filter = 1   | ipv4/conf/eth0.100/rp_filter | 1",
        "net/ipv4/conf/eth0.100/rp_filter = 1   | ipv4/conf/eth0.100/rp_filter | 1",
        "net.ipv4.conf.*.rp_filter = 2          | ipv4/conf/*/rp_filter      | 2",
        "net.ipv4.tcp_rmem = 4096   131072 6    | ipv4/tcp_rmem              | 4096 131072 6",
        "net.ipv4.x = a=b                       | ipv4/x                     | a=b"
      })
  void settingsAreRead(String text, String pattern, String value) {
    SysctlLine line = only(text);

    assertThat(line.pattern()).isEqualTo(pattern);
    assertThat(line.value()).contains(value);
  }

  @Test
  void lineWithoutValueLeavesOutOfPatterns() {
    assertThat(only("-net.ipv4.conf.all.rp_filter").value()).isEqualTo(Optional.empty());
  }

  @Test
  void linesAreCountedAndOthersLeftOut() {
    String text =
        """
        # net.ipv4.ip_forward=0
        ; net.ipv4.ip_forward=0

        kernel.pid_max = 10
        nonsense
        net.ipv4.ip_forward
        net.ipv4.ip_forward = 0
        """;

    assertThat(only(text).line()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "ipv4/conf/*/rp_filter, ipv4/conf/tweed.1/rp_filter, true",
    "ipv4/conf/*/rp_filter, ipv4/conf/rp_filter, false",
    "ipv4/*, ipv4/conf/all, false",
    "ipv4/conf/tweed*/rp_filter, ipv4/conf/tweed-br0/rp_filter, true",
    "ipv4/conf/eth?/x, ipv4/conf/eth1/x, true",
    "ipv4/conf/eth?/x, ipv4/conf/eth/x, false",
    "ipv4/conf/eth[0-3]/x, ipv4/conf/eth2/x, true",
    "ipv4/conf/eth[!0-3]/x, ipv4/conf/eth2/x, false",
    "ipv4/ip_forward, ipv4/ip_forward, true",
    "ipv4/ip_forward, ipv4/ip_forward_x, false",
    "*/*/*/*/*/*, a/b/c/d/e/f, false",
  })
  void patternsMatchWithinAPart(String pattern, String path, boolean matches) {
    assertThat(new SysctlLine("f", 1, pattern, Optional.of("1")).matches(path)).isEqualTo(matches);
  }

  @Property
  void anyTextCanBeRead(@ForAll String text, @ForAll String path) {
    SysctlLine.parse("f", "net." + text + "\n" + text).forEach(line -> line.matches(path));
  }
}
