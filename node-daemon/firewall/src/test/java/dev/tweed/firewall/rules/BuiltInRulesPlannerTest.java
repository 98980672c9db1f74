package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BuiltInRulesPlannerTest {

  @Test
  void probesComeInAndGoOutByAnyDevice() {
    // Given
    IpPrefix pool = IpPrefix.parse("10.244.0.0/16");
    NetworkNeeds needs =
        new NetworkNeeds(
            Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472)),
            "tweed-br0",
            Optional.of("eth0"),
            List.of("192.0.2.1"),
            List.of(pool.toString()));

    // When
    List<FirewallRule> rules =
        BuiltInRulesPlanner.plan("default", needs, List.of(IpPrefix.parse("10.244.1.0/24")))
            .rules();

    // Then what has an address of the pools at both ends needs no rule of its own
    Peer pods = Peer.of(pool);
    assertThat(rules)
        .contains(
            FirewallRule.allow("pods-in", Direction.IN).withFrom(pods).withTo(pods),
            FirewallRule.allow("pods-out", Direction.OUT).withTo(pods));
  }
}
