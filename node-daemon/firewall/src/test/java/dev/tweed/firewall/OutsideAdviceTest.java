package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.ruleset.RulesetParser;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutsideAdviceTest {

  /** Lets pods leave by eth0, and by no other device. */
  private static final String RULES =
      """
      {"nftables": [
        {"chain": {"family": "inet", "table": "t", "name": "f", "handle": 1, "type": "filter",
          "hook": "forward", "prio": 0, "policy": "drop"}},
        {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 2, "expr": [
          {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "tweed-br0"}},
          {"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "eth0"}},
          {"accept": null}]}}]}
      """;

  @ParameterizedTest
  @CsvSource({"eth0, false", "eth1, true"})
  void packetsToTheOutsideAreThoseByTheDefaultRoute(String device, boolean told)
      throws IOException {
    // Given
    RulesetParser parser = new RulesetParser();
    parser.add(new ByteArrayInputStream(RULES.getBytes(StandardCharsets.UTF_8)));
    HostFirewall firewall =
        new HostFirewall(
            HostFirewall.Manager.NFTABLES, HostFirewall.State.ACTIVE, "", parser.ruleset());
    NetworkNeeds needs =
        new NetworkNeeds(
            Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
            "tweed-br0",
            Optional.of("eth0"),
            List.of(device),
            List.of(IpAddress.parse("192.0.2.1")),
            List.of(IpPrefix.parse("10.244.0.0/16")));

    // When
    List<FirewallBlockage> blockages = FirewallAdvicePlanner.plan(firewall, needs);

    // Then
    assertThat(blockages.stream().anyMatch(b -> b.message().contains("from pods to the outside")))
        .isEqualTo(told);
  }
}
