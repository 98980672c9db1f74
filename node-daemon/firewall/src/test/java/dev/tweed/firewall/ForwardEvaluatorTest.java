package dev.tweed.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForwardEvaluatorTest {

  private static final NetworkNeeds.Tunnel TUNNEL =
      new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty());

  @TempDir private Path root;

  @Test
  void whatIsDroppedIsTold() {
    HostFirewall firewall = firewall("drop", "");

    assertThat(evaluate(firewall, Optional.of(TUNNEL)).orElseThrow())
        .containsExactly(
            "packets from 10.244.1.0/30 to other nodes are dropped in FORWARD of this host by chain"
                + " FORWARD of table inet filter",
            "packets from other nodes to 10.244.1.0/30 are dropped in FORWARD of this host by chain"
                + " FORWARD of table inet filter");
  }

  @Test
  void nodesThatMayBeReachedWithoutTheTunnelAreCutOffOnlyIfThatWayIsToo() {
    HostFirewall firewall = firewall("drop", accept("iifname", "eth0") + accept("oifname", "eth0"));

    assertThat(evaluate(firewall, Optional.of(TUNNEL)).orElseThrow()).hasSize(2);
    assertThat(
            evaluate(
                firewall,
                Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, true, Optional.empty()))))
        .contains(List.of());
    assertThat(evaluate(firewall, Optional.empty())).contains(List.of());
  }

  @Test
  void nodesWithoutAnIpv4AddressAreReachedByASecondTunnel() {
    HostFirewall firewall =
        firewall("drop", accept("iifname", "tweed6.1") + accept("oifname", "tweed6.1"));
    NetworkNeeds.Tunnel both =
        new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.of("tweed6.1"));

    assertThat(evaluate(firewall, Optional.of(both))).contains(List.of());
    assertThat(evaluate(firewall, Optional.of(TUNNEL)).orElseThrow()).hasSize(2);
  }

  @Test
  void norWhereSuchRulesStandBesideThoseShown() throws IOException {
    Files.writeString(root.resolve("ip_tables_names"), "filter\n");

    // What is shown passes all; what it drops is dropped all the same
    assertThat(evaluate(beside("accept", Optional.of(LegacyRules.DROPPING)), Optional.of(TUNNEL)))
        .isEmpty();
    assertThat(evaluate(beside("accept", Optional.empty()), Optional.of(TUNNEL))).isEmpty();
    assertThat(evaluate(beside("accept", Optional.of(LegacyRules.HARMLESS)), Optional.of(TUNNEL)))
        .contains(List.of());
    assertThat(
            evaluate(beside("drop", Optional.of(LegacyRules.DROPPING)), Optional.of(TUNNEL))
                .orElseThrow())
        .hasSize(2);
  }

  private HostFirewall beside(String policy, Optional<LegacyRules> rules) {
    String chains =
        """
        {"nftables": [{"chain": {"family": "inet", "table": "filter", "name": "INPUT",
          "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
          {"chain": {"family": "inet", "table": "filter", "name": "FORWARD",
          "handle": 2, "type": "filter", "hook": "forward", "prio": 0, "policy": "%s"}}]}
        """
            .formatted(policy);
    return new HostFirewallReader(root, root, new FixedListing(chains), () -> rules).read();
  }

  @Test
  void whereOtherRulesThanThoseShownDropNobodyKnows() throws IOException {
    Files.writeString(root.resolve("ip_tables_names"), "filter\n");

    assertThat(evaluate(legacy(Optional.of(LegacyRules.DROPPING)), Optional.of(TUNNEL))).isEmpty();
    assertThat(evaluate(legacy(Optional.empty()), Optional.of(TUNNEL))).isEmpty();
    assertThat(evaluate(legacy(Optional.of(LegacyRules.HARMLESS)), Optional.of(TUNNEL)))
        .contains(List.of());
  }

  private HostFirewall legacy(Optional<LegacyRules> rules) {
    return new HostFirewallReader(root, root, new FixedListing("{\"nftables\": []}"), () -> rules)
        .read();
  }

  private Optional<List<String>> evaluate(
      HostFirewall firewall, Optional<NetworkNeeds.Tunnel> tunnel) {
    NetworkNeeds needs =
        new NetworkNeeds(
            tunnel,
            "tweed-br0",
            Optional.of("eth0"),
            List.of("eth0"),
            List.of(IpAddress.parse("192.0.2.1")),
            List.of(IpPrefix.parse("10.244.0.0/16")));
    return ForwardEvaluator.evaluate(firewall, needs, List.of(IpPrefix.parse("10.244.1.0/30")));
  }

  private HostFirewall firewall(String policy, String rules) {
    return new HostFirewallReader(
            root,
            root,
            new FixedListing(
                """
                {"nftables": [{"chain": {"family": "inet", "table": "filter", "name": "FORWARD",
                  "handle": 1, "type": "filter", "hook": "forward", "prio": 0, "policy": "%s"}}%s]}
                """
                    .formatted(policy, rules)))
        .read();
  }

  private static String accept(String key, String device) {
    return """
        , {"rule": {"family": "inet", "table": "filter", "chain": "FORWARD", "handle": 2, "expr": [
          {"match": {"op": "==", "left": {"meta": {"key": "%s"}}, "right": "%s"}},
          {"accept": null}]}}
        """
        .formatted(key, device);
  }
}
