package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UfwBackendTest {

  /** It looks for "port " in its own words to tell whether a rule is for TCP and UDP. */
  @Test
  void aDeviceThatUfwTakesForAPortIsRefusedWhereItMatters() {
    FirewallRule any = FirewallRule.allow("r", Direction.IN).withInterfaceIn("uplinkport");

    assertThat(unsupported(any).orElseThrow()).contains("'uplinkport'");
    assertThat(unsupported(any.withPorts(Protocol.ANY, PortRange.of(80)))).isEmpty();
    assertThat(unsupported(any.withPorts(Protocol.TCP))).isEmpty();
    assertThat(unsupported(any.withInterfaceIn("port0"))).isEmpty();
    assertThat(unsupported(FirewallRule.allow("r", Direction.ROUTED).withInterfaceOut("eport")))
        .isPresent();
  }

  /** It renders "-p ah" for both families; in IPv6 that is a header on the way, and no protocol. */
  @Test
  void ahOverIpv6WouldNeverMatch() {
    FirewallRule ah = FirewallRule.allow("r", Direction.IN).withPorts(Protocol.AH);
    FirewallRule ipv4 = ah.withFrom(Peer.of(IpPrefix.any(AddressFamily.IPV4)));

    assertThat(SampleRows.policy(ah))
        .filteredOn(row -> new UfwBackend(null).unsupported(row).isPresent())
        .extracting(FilterRow::family)
        .containsExactly(AddressFamily.IPV6);
    assertThat(unsupported(ipv4)).isEmpty();
  }

  @Test
  void protocolsThatUfwHasNoRulesForAreRefusedWithWhatToDo() {
    FirewallRule rule = FirewallRule.allow("r", Direction.IN);

    assertThat(unsupported(rule.withPorts(Protocol.SCTP)).orElseThrow())
        .isEqualTo("ufw has no rules for SCTP; select nodes with another firewall");
    assertThat(unsupported(rule.withPorts(Protocol.ICMPV6)).orElseThrow())
        .contains("no rules for ICMP", "before6.rules");
  }

  private static Optional<String> unsupported(FirewallRule rule) {
    return new UfwBackend(null).unsupported(SampleRows.policy(rule).getFirst());
  }
}
