package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
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

  private static Optional<String> unsupported(FirewallRule rule) {
    return new UfwBackend(null).unsupported(SampleRows.policy(rule).getFirst());
  }
}
