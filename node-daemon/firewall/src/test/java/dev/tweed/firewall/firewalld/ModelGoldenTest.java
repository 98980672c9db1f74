package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Files and listings as text. {@link FirewalldBackendTest} holds them against real firewalld. */
class ModelGoldenTest {

  private static final FirewalldConfig NOTHING = new FirewalldConfig(Map.of(), Map.of());

  @Test
  void aNetworkAndAPolicyMakeTheseFiles() throws IOException {
    assertThat(text(ModelPlanner.plan(lesson(), NOTHING))).isEqualTo(resource("lesson.txt"));
  }

  @Test
  void anotherPolicyWithoutDevicesNeedsNoOtherFrame() {
    FirewallRule deny =
        FirewallRule.allow("deny", Direction.IN)
            .withPorts(Protocol.TCP, PortRange.of(80))
            .withAction(Action.DENY);
    FirewallRule out = FirewallRule.allow("out", Direction.OUT).withAction(Action.REJECT);
    FirewallRule routed = FirewallRule.allow("routed", Direction.ROUTED).withAction(Action.DENY);
    FirewalldConfig running = ModelListings.running(ModelPlanner.plan(Rows.network(), NOTHING));

    Model model = ModelPlanner.plan(Rows.network(deny, out, routed), running);

    assertThat(ModelDiff.hasFrame(model, running)).isTrue();
    assertThat(ModelDiff.rules(model, running))
        .allSatisfy(change -> assertThat(change.extra()).isEmpty())
        .extracting(change -> change.policy() + " " + change.missing().size())
        .containsExactly("tweed-in-1 2", "tweed-out-1 3", "tweed-routed-1 4");
  }

  @Test
  void anotherSettingInAPolicyOfOursIsAnotherFrame() {
    Model model = ModelPlanner.plan(Rows.network(), NOTHING);
    FirewalldConfig running = ModelListings.running(model);
    running
        .policies()
        .computeIfPresent(
            "tweed-in-1", (name, old) -> ModelListings.with(old, "services", List.of("ssh")));

    assertThat(ModelDiff.hasFrame(model, running)).isFalse();
  }

  @Test
  void anotherSettingInAZoneOfOursIsAnotherFrame() {
    Model model = ModelPlanner.plan(Rows.network(), NOTHING);
    FirewalldConfig running = ModelListings.running(model);
    running
        .zones()
        .computeIfPresent("tweed_1", (name, old) -> ModelListings.with(old, "forward", true));

    assertThat(ModelDiff.hasFrame(model, running)).isFalse();
  }

  @Test
  void rulesAreAddedBeforeOthersAreRemoved() {
    ModelDiff.Rules change =
        new ModelDiff.Rules("p", List.of("kept", "old"), List.of("kept", "new"));

    assertThat(change.steps(false))
        .containsExactly(List.of("kept", "old", "new"), List.of("kept", "new"));
    assertThat(change.steps(true)).isEqualTo(change.steps(false));
  }

  @Test
  void ofTwoThatDifferInTheirPlaceTheOldOneGoesFirstByIptables() {
    String old = "rule priority=\"-5\" accept";
    String now = "rule priority=\"-3\" accept";
    ModelDiff.Rules change = new ModelDiff.Rules("p", List.of(old), List.of(now));

    assertThat(change.steps(false)).containsExactly(List.of(old, now), List.of(now));
    assertThat(change.steps(true)).containsExactly(List.of(), List.of(now));
  }

  @Test
  void whatIsToBeRemovedOnlyIsRemovedAtOnce() {
    assertThat(new ModelDiff.Rules("p", List.of("a", "b"), List.of("b")).steps(false))
        .containsExactly(List.of("b"));
  }

  @Test
  void whatAReloadWouldChangeIsTold() {
    List<String> http = List.of("80", "tcp");
    List<String> other = List.of("81", "tcp");
    FirewalldConfig some =
        zones(Map.of("public", Map.of("interfaces", "eth0", "ports", List.of(http, other))));

    assertThat(
            ModelDiff.unsaved(
                some,
                zones(Map.of("public", Map.of("ports", List.of(other, http), "short", "Public")))))
        .isEmpty();
    assertThat(ModelDiff.unsaved(some, zones(Map.of("public", Map.of("ports", List.of(http))))))
        .contains("public, ports");
    assertThat(
            ModelDiff.unsaved(
                some,
                zones(
                    Map.of(
                        "public",
                        Map.of("ports", List.of(http, other)),
                        "new",
                        Map.of("target", "DROP")))))
        .contains("new, target");
    assertThat(
            ModelDiff.unsaved(
                zones(Map.of("tweed_1", Map.of("ports", List.of(http)))), zones(Map.of())))
        .isEmpty();
  }

  private static FirewalldConfig zones(Map<String, Map<String, Object>> zones) {
    return new FirewalldConfig(
        Map.of(),
        zones.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, zone -> new Settings(zone.getValue()))));
  }

  @Test
  void bansThatNobodySavedAreNothingAReloadWouldChange() {
    String[] bans = {
      "rule family=\"ipv4\" source address=\"192.0.2.2\" port port=\"ssh\" protocol=\"tcp\" reject type=\"icmp-port-unreachable\"",
      "rule family=\"ipv6\" source address=\"2001:db8::/64\" drop",
      "rule priority=\"-5\" source ipset=\"f2b\" log prefix=\"f2b\" drop",
    };
    String[] settings = {
      "rule family=\"ipv4\" source address=\"192.0.2.2\" accept",
      "rule family=\"ipv4\" source NOT address=\"192.0.2.2\" drop",
      "rule family=\"ipv4\" port port=\"22\" protocol=\"tcp\" drop",
      "rule family=\"ipv4\" source address=\"192.0.2.2\" reject limit value=\"3/m\"",
    };
    FirewalldConfig files = zones(Map.of("public", Map.of("target", "DROP")));

    assertThat(ModelDiff.unsaved(withRules(bans), files)).isEmpty();
    assertThat(ZoneBans.unsaved(withRules(bans), files)).hasSize(3);
    assertThat(settings)
        .allSatisfy(
            rule ->
                assertThat(ModelDiff.unsaved(withRules(rule), files))
                    .contains("public, rules_str"));
    // One that was taken out for now only would come back.
    assertThat(ModelDiff.unsaved(files, withRules(bans))).contains("public, rules_str");
  }

  @Test
  void bansOfOneAddressComeBeforeAllOfOursAndIntoNoFile() {
    String ban =
        "family=\"ipv4\" source address=\"192.0.2.2\" port port=\"ssh\" protocol=\"tcp\" drop";
    FirewalldConfig banned =
        withRules(
            "rule " + ban,
            "rule family=\"ipv4\" source address=\"10.0.0.0/8\" drop",
            "rule priority=\"5\" family=\"ipv4\" source address=\"192.0.2.3\" drop");

    Model model = ModelPlanner.plan(Rows.network(), banned);

    assertThat(model.policies().getFirst().texts())
        .startsWith("rule priority=\"-32768\" " + ban)
        .hasSize(
            ModelPlanner.plan(Rows.network(), NOTHING).policies().getFirst().texts().size() + 1);
    assertThat(model.files()).isEqualTo(ModelPlanner.plan(Rows.network(), NOTHING).files());
    FirewalldConfig before = ModelListings.running(ModelPlanner.plan(Rows.network(), NOTHING));
    assertThat(ModelDiff.rules(model, before)).singleElement().matches(ModelDiff.Rules::isOfBans);
  }

  private static FirewalldConfig withRules(String... rules) {
    return zones(Map.of("public", Map.of("target", "DROP", "rules_str", List.of(rules))));
  }

  @Test
  void denyingEverythingLeavesIcmpAndAnswersOfDhcp() {
    FirewallRule deny =
        FirewallRule.allow("rest", Direction.IN)
            .withAction(Action.DENY)
            .withFrom(Peer.of(IpPrefix.parse("2001:db8::/32")));
    FirewallRule out = FirewallRule.allow("out", Direction.OUT).withAction(Action.REJECT);

    assertThat(rules(Rows.of(deny)))
        .containsExactly(
            "family=\"ipv6\" source address=\"fe80::/10\" destination address=\"fe80::/10\" port port=\"546\" protocol=\"udp\" accept",
            "family=\"ipv6\" source address=\"2001:db8::/32\" protocol value=\"ipv6-icmp\" accept",
            "family=\"ipv6\" source address=\"2001:db8::/32\" drop");
    assertThat(rules(Rows.of(deny.withFrom())))
        .containsExactly(
            "family=\"ipv4\" port port=\"68\" protocol=\"udp\" accept",
            "family=\"ipv6\" source address=\"fe80::/10\" destination address=\"fe80::/10\" port port=\"546\" protocol=\"udp\" accept",
            "family=\"ipv4\" protocol value=\"icmp\" accept",
            "family=\"ipv4\" drop",
            "family=\"ipv6\" protocol value=\"ipv6-icmp\" accept",
            "family=\"ipv6\" drop");
    // What leaves by IPv4 needs no ICMP; other firewalls refuse it.
    assertThat(rules(Rows.of(out)))
        .containsExactly(
            "family=\"ipv4\" reject",
            "family=\"ipv6\" protocol value=\"ipv6-icmp\" accept",
            "family=\"ipv6\" reject");
    assertThat(rules(Rows.of(deny.withPorts(Protocol.TCP)))).hasSize(1);
    assertThat(rules(Rows.of(deny.withAction(Action.ALLOW)))).hasSize(1);
  }

  private static List<String> rules(List<FilterRow> rows) {
    return ModelPlanner.plan(rows, NOTHING).policies().stream()
        .flatMap(policy -> policy.texts().stream())
        .map(text -> text.replaceFirst("^rule priority=\"-?[0-9]+\" ", ""))
        .toList();
  }

  @Test
  void whatFirewalldHasNoWordsForIsTold() {
    FirewallRule tcp =
        FirewallRule.allow("r", Direction.IN).withPorts(Protocol.TCP, PortRange.of(80));
    Peer fromPort = new Peer(List.of(IpPrefix.parse("192.0.2.2/32")), List.of(PortRange.of(53)));

    assertThat(unsupported(tcp.withAction(Action.LIMIT))).contains("no limit for each");
    assertThat(unsupported(tcp.withFrom(fromPort))).contains("not both");
    assertThat(unsupported(tcp.withInterfaceIn("eth1"))).contains("eth1", "zones");
    assertThat(unsupported(tcp.withInterfaceIn("tweed.1"))).isEmpty();
    assertThat(unsupported(tcp.withAction(Action.DENY).withLogging(Logging.ALL))).isEmpty();
    assertThat(Rows.network())
        .allSatisfy(row -> assertThat(RichRuleCompiler.unsupported(row)).isEmpty());
  }

  private static String unsupported(FirewallRule rule) {
    return Rows.of(rule).stream()
        .flatMap(row -> RichRuleCompiler.unsupported(row).stream())
        .distinct()
        .collect(Collectors.joining("\n"));
  }

  private static List<FilterRow> lesson() {
    Peer pods = Peer.of(IpPrefix.parse("10.244.0.0/16"));
    return Rows.network(
        FirewallRule.allow("api-from-pods", Direction.IN)
            .withPorts(Protocol.ANY, PortRange.of(6443), new PortRange(2379, 2380))
            .withFrom(pods),
        FirewallRule.allow("api", Direction.IN)
            .withPorts(Protocol.TCP, PortRange.of(6443))
            .withAction(Action.REJECT)
            .withLogging(Logging.NEW),
        new FirewallRule(
            "dns",
            Direction.IN,
            Action.DENY,
            Protocol.UDP,
            List.of(),
            List.of(),
            List.of(new Peer(List.of(IpPrefix.parse("2001:db8::/32")), List.of(PortRange.of(53)))),
            List.of(),
            Optional.of("tweed.1"),
            Optional.empty(),
            Logging.NONE,
            "a \"note\" <of> a person's"));
  }

  private static String text(Model model) {
    return model.files().entrySet().stream()
        .map(file -> "== " + file.getKey() + "\n" + file.getValue())
        .collect(Collectors.joining());
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = ModelGoldenTest.class.getResourceAsStream("/firewalld/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
