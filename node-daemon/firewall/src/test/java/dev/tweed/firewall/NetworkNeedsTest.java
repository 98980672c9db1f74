package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.firewall.HostFirewall.Manager;
import dev.tweed.firewall.HostFirewall.State;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ruleset.RulesetParser;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkNeedsTest {

  @ParameterizedTest
  @ValueSource(strings = {"br0; reboot", "$(reboot)", "", "abcdefghijklmnop", "-j", "a b", "a\nb"})
  void nothingThatIsNoDeviceReachesACommand(String name) {
    assertThatThrownBy(() -> needs(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aChainNamedForAShellIsNotPrinted() throws IOException {
    String ruleset =
        """
        {"nftables": [{"chain": {"family": "inet", "table": "x;reboot", "name": "$(reboot)",
         "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}]}""";
    HostFirewall firewall = new HostFirewall(Manager.NFTABLES, State.ACTIVE, "", parsed(ruleset));

    assertThat(FirewallAdvicePlanner.plan(firewall, needs("br0")))
        .isNotEmpty()
        .allSatisfy(
            blockage -> {
              assertThat(blockage.message()).doesNotContain("reboot");
              assertThat(blockage.commands()).noneMatch(command -> command.contains("reboot"));
            });
  }

  @Test
  void withoutATunnelPacketsFromNodesAreThoseOfTheUnderlay() throws IOException {
    String ruleset =
        """
        {"nftables": [{"chain": {"family": "ip", "table": "filter", "name": "FORWARD",
         "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}]}""";
    HostFirewall firewall = new HostFirewall(Manager.IPTABLES, State.ACTIVE, "", parsed(ruleset));

    assertThat(FirewallAdvicePlanner.plan(firewall, needs("br0")))
        .extracting(FirewallBlockage::commands)
        .containsExactly(
            List.of("iptables -I FORWARD -i eth0 -o br0 -j ACCEPT"),
            List.of("iptables -I FORWARD -i br0 -j ACCEPT"));
  }

  private static Ruleset parsed(String listing) throws IOException {
    RulesetParser parser = new RulesetParser();
    parser.add(new ByteArrayInputStream(listing.getBytes(StandardCharsets.UTF_8)));
    return parser.ruleset();
  }

  private static NetworkNeeds needs(String bridge) {
    return new NetworkNeeds(
        Optional.empty(),
        bridge,
        Optional.of("eth0"),
        List.of("eth0"),
        List.of(IpAddress.parse("192.0.2.1")),
        List.of(IpPrefix.parse("10.244.0.0/16")));
  }
}
