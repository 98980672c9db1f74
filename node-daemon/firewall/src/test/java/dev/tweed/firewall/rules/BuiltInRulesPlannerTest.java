package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.NetworkNeeds.Tunnel;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BuiltInRulesPlannerTest {

  private static final IpPrefix POOL = IpPrefix.parse("10.244.0.0/16");
  private static final IpPrefix BLOCK = IpPrefix.parse("10.244.1.0/24");
  private static final Peer PODS = Peer.of(POOL);
  private static final Optional<Tunnel> TUNNEL =
      Optional.of(new Tunnel("tweed.1", 8472, false, Optional.empty()));

  @Test
  void aTunnelTrustsNoSourceAddressButForProbes() {
    // When
    List<FirewallRule> rules = rules(TUNNEL, List.of("eth0"));

    // Then
    assertThat(rules)
        .contains(
            FirewallRule.allow("probes-in", Direction.IN)
                .withPorts(Protocol.UDP, PortRange.of(7416))
                .withFrom(PODS)
                .withTo(PODS),
            FirewallRule.allow("pods-out", Direction.OUT).withTo(PODS))
        .extracting(FirewallRule::name)
        .doesNotContain("pods-in", "nodes-to-own-pods");
  }

  @Test
  void plainRoutesNeedWhatComesByTheUnderlay() {
    // When
    List<FirewallRule> gateway = rules(Optional.empty(), List.of("eth0"));
    List<FirewallRule> direct =
        rules(Optional.of(new Tunnel("tweed.1", 8472, true, Optional.empty())), List.of("eth0"));

    // Then
    assertThat(List.of(gateway, direct))
        .allSatisfy(
            rules ->
                assertThat(rules)
                    .contains(
                        FirewallRule.allow("pods-in", Direction.IN).withFrom(PODS).withTo(PODS),
                        FirewallRule.allow("nodes-to-own-pods", Direction.ROUTED)
                            .withInterfaceIn("eth0")
                            .withInterfaceOut("tweed-br0")
                            .withTo(Peer.of(BLOCK))));
  }

  @Test
  void aSecondTunnelHasAllThatTheFirstHas() {
    // When
    List<FirewallRule> rules =
        rules(
            Optional.of(new Tunnel("tweed.1", 8472, false, Optional.of("tweed6.1"))),
            List.of("eth0"));

    // Then
    assertThat(rules)
        .contains(
            FirewallRule.allow("tunnel-in-2", Direction.IN).withInterfaceIn("tweed6.1"),
            FirewallRule.allow("tunnel-out-2", Direction.OUT).withInterfaceOut("tweed6.1"),
            routed("pods-to-nodes-2", "tweed-br0", "tweed6.1"),
            routed("nodes-to-pods-2", "tweed6.1", "tweed-br0"));
  }

  @Test
  void podsLeaveByTheDevicesOfTheDefaultRoutesAndByThatOfTheNodes() {
    assertThat(rules(TUNNEL, List.of("eth0")))
        .contains(routed("pods-to-outside", "tweed-br0", "eth0"))
        .extracting(FirewallRule::name)
        .doesNotContain("pods-to-outside-2");
    assertThat(rules(TUNNEL, List.of("eth1")))
        .contains(
            routed("pods-to-outside", "tweed-br0", "eth1"),
            routed("pods-to-outside-2", "tweed-br0", "eth0"));
    assertThat(rules(TUNNEL, List.of())).contains(routed("pods-to-outside", "tweed-br0", "eth0"));
  }

  @Test
  void onlyWhatWasTranslatedIsForServices() {
    List<FilterRow> rows =
        RuleCompiler.compile(
                List.of(
                    BuiltInRulesPlanner.plan("default", needs(TUNNEL, List.of()), List.of(BLOCK))))
            .rows();

    assertThat(rows.stream().filter(BuiltInRulesPlanner::isForServices))
        .extracting(FilterRow::rule)
        .containsExactly("to-own-pods", "to-other-pods");
  }

  private static FirewallRule routed(String name, String in, String out) {
    return FirewallRule.allow(name, Direction.ROUTED).withInterfaceIn(in).withInterfaceOut(out);
  }

  private static List<FirewallRule> rules(Optional<Tunnel> tunnel, List<String> outside) {
    return BuiltInRulesPlanner.plan("default", needs(tunnel, outside), List.of(BLOCK)).rules();
  }

  private static NetworkNeeds needs(Optional<Tunnel> tunnel, List<String> outside) {
    return new NetworkNeeds(
        tunnel,
        "tweed-br0",
        Optional.of("eth0"),
        outside,
        List.of(IpAddress.parse("192.0.2.1")),
        List.of(POOL));
  }
}
