package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleCompilerTest {

  private static final Origin API = new Origin(Origin.Kind.POLICY, "api");
  private static final FirewallRule RULE = FirewallRule.allow("rule", Direction.IN);

  @Test
  void aRuleForAnywhereIsARowForEachFamily() {
    assertThat(rows(RULE))
        .extracting(FilterRow::family)
        .containsExactly(AddressFamily.IPV4, AddressFamily.IPV6);
  }

  @Test
  void sourcesMeetDestinationsOfTheirOwnFamilyOnly() {
    Peer both = Peer.of(prefix("10.0.0.0/8"), prefix("fd00::/8"));

    assertThat(rows(RULE.withFrom(both).withTo(both)))
        .extracting(row -> row.source() + " " + row.destination())
        .containsExactly("10.0.0.0/8 10.0.0.0/8", "fd00::/8 fd00::/8");
  }

  @Test
  void igmpIsIpv4Only() {
    assertThat(rows(RULE.withPorts(Protocol.IGMP)))
        .extracting(FilterRow::family)
        .containsExactly(AddressFamily.IPV4);
  }

  @Test
  void icmpIsOfOneFamilyWithItsTypesInOrder() {
    assertThat(RuleLines.rows(API, "deny in icmp type 13,8; allow in icmpv6 type 128"))
        .extracting(RowText::of)
        .containsExactly(
            "deny in proto icmp type 8,13 from any to any",
            "allow in proto ipv6-icmp type 128 from any to any");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allow in tcp type 8                 | icmpTypes: they are types of ICMP or ICMPv6, 0 to 254",
        "deny in icmp type 255               | icmpTypes: they are types of ICMP or ICMPv6, 0 to 254",
        "deny in icmpv6                      | icmpTypes: without types 130 to 136 of ICMPv6",
        "reject out icmpv6 type 128,135      | icmpTypes: without types 130 to 136 of ICMPv6",
        "limit in icmp type 8                | action: Limit counts connections, and ICMP has none",
        "allow in icmp 8                     | ports: protocol icmp has no ports; set protocol to TCP, UDP or SCTP",
        "allow in icmp from 2001:db8::/32    | from: no packet has such addresses and this protocol",
        "allow in icmpv6 from 192.0.2.0/24   | from: no packet has such addresses and this protocol"
      })
  void whatIcmpCannotBeIsRefused(String rule, String message) {
    CompiledRules compiled =
        RuleCompiler.compile(List.of(new RuleGroup(API, 0, RuleLines.parse(rule))));

    assertThat(compiled.rows()).isEmpty();
    assertThat(PolicyProblem.of(compiled.problems().getFirst()).text())
        .contains("rule r1, " + message);
  }

  @Test
  void everyPacketIsLoggedWhereItIsRefusedOnly() {
    FirewallRule all = RULE.withLogging(Logging.ALL);

    assertThat(PolicyProblem.of(problems(all).getFirst()).text())
        .contains("log: packets of connections that were let in meet no rule; use NewConnections");
    assertThat(problems(all.withAction(Action.DENY))).isEmpty();
  }

  private static List<RuleProblem> problems(FirewallRule rule) {
    return RuleCompiler.compile(List.of(new RuleGroup(API, 0, List.of(rule)))).problems();
  }

  @Test
  void onePortWithoutProtocolIsOneRowAsUfwHasIt() {
    assertThat(rows(v4().withPorts(Protocol.ANY, PortRange.of(6443))))
        .extracting(FilterRow::protocol)
        .containsExactly(Protocol.ANY);
  }

  @Test
  void manyPortsWithoutProtocolAreARowForTcpAndOneForUdp() {
    assertThat(rows(v4().withPorts(Protocol.ANY, PortRange.of(1), PortRange.of(3))))
        .extracting(FilterRow::protocol)
        .containsExactly(Protocol.TCP, Protocol.UDP);
  }

  @Test
  void rowsHaveNoMorePortsThanAMultiportMatchTakes() {
    PortRange[] ports =
        IntStream.range(0, 20)
            .mapToObj(i -> new PortRange(10 * i + 1, 10 * i + 5))
            .toArray(PortRange[]::new);

    List<FilterRow> rows = rows(v4().withPorts(Protocol.TCP, ports));

    assertThat(rows).extracting(row -> row.destinationPorts().size()).containsExactly(7, 7, 6);
    assertThat(rows.stream().flatMap(row -> row.destinationPorts().stream()))
        .containsExactly(ports);
  }

  @Test
  void aSelectorThatFindsNobodyIsNeverAnywhere() {
    CompiledRules compiled = compile(RULE.withFrom(Peer.of()));

    assertThat(compiled.rows()).isEmpty();
    assertThat(compiled.problems())
        .extracting(RuleProblem::reason)
        .containsExactly(PolicyReason.MatchesNobody);
  }

  @Test
  void mixedFamiliesAreRefused() {
    assertRefused(
        RULE.withFrom(Peer.of(prefix("10.0.0.0/8"))).withTo(Peer.of(prefix("fd00::/8"))),
        PolicyReason.MixedFamilies,
        "from");
  }

  @Test
  void portsOfAProtocolWithoutPortsAreRefused() {
    assertRefused(RULE.withPorts(Protocol.ESP, PortRange.of(1)), PolicyReason.InvalidRule, "ports");
  }

  @Test
  void destinationPortsGivenTwiceAreRefused() {
    assertRefused(
        RULE.withPorts(Protocol.TCP, PortRange.of(1))
            .withTo(new Peer(Peer.anywhere(), List.of(PortRange.of(2)))),
        PolicyReason.InvalidRule,
        "to");
  }

  @Test
  void aDeviceNameThatIsNoneIsRefused() {
    assertRefused(RULE.withInterfaceIn("eth0 -j ACCEPT"), PolicyReason.InvalidRule, "interfaceIn");
    assertRefused(
        RULE.withInterfaceIn("sixteen-letters-"), PolicyReason.InvalidRule, "interfaceIn");
    assertRefused(RULE.withInterfaceOut("eth0"), PolicyReason.InvalidRule, "interfaceOut");
  }

  @Test
  void aCommentThatDoesNotPrintIsRefused() {
    assertRefused(RULE.withComment("a\nCOMMIT"), PolicyReason.InvalidRule, "comment");
    assertRefused(RULE.withComment("\u202eright to left"), PolicyReason.InvalidRule, "comment");
  }

  @Test
  void aPrefixWithHostBitsIsRefusedWithTheRightOne() {
    CompiledRules compiled = compile(RULE.withFrom(Peer.of(prefix("10.0.0.1/8"))));

    assertThat(compiled.problems())
        .extracting(RuleProblem::remedy)
        .containsExactly("write 10.0.0.0/8");
  }

  @Test
  void tooManyAddressesAreRefused() {
    IpPrefix[] prefixes =
        IntStream.range(0, 257)
            .mapToObj(i -> prefix("10.0." + i / 256 + "." + i % 256 + "/32"))
            .toArray(IpPrefix[]::new);

    assertRefused(RULE.withFrom(Peer.of(prefixes)), PolicyReason.TooManyAddresses, "from[0]");
  }

  @Test
  void oneBadRuleKeepsItsPolicyOutAndNoOther() {
    Origin other = new Origin(Origin.Kind.POLICY, "other");
    CompiledRules compiled =
        RuleCompiler.compile(
            List.of(
                new RuleGroup(API, 1, List.of(RULE, RULE.withInterfaceOut("eth0"))),
                new RuleGroup(other, 1, List.of(RULE))));

    assertThat(compiled.refused()).containsExactly(API);
    assertThat(compiled.rows()).extracting(FilterRow::origin).containsOnly(other);
  }

  @Test
  void theSmallerPriorityDecidesAndTheOtherIsTold() {
    Origin first = new Origin(Origin.Kind.POLICY, "z");
    CompiledRules compiled =
        RuleCompiler.compile(
            List.of(
                new RuleGroup(API, 2, List.of(v4())),
                new RuleGroup(first, 1, List.of(v4().withAction(Action.DENY)))));

    assertThat(compiled.rows()).extracting(FilterRow::action).containsExactly(Action.DENY);
    assertThat(compiled.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.reason()).isEqualTo(PolicyReason.Contradicted);
              assertThat(problem.origin()).isEqualTo(API);
              assertThat(problem.message()).contains("policy/z");
            });
  }

  @Test
  void policiesComeBeforeWhatTheNetworkNeeds() {
    CompiledRules compiled =
        RuleCompiler.compile(
            List.of(
                new RuleGroup(new Origin(Origin.Kind.NETWORK, "a"), 0, List.of(v4())),
                new RuleGroup(API, 10_000, List.of(v4().withAction(Action.DENY)))));

    assertThat(compiled.rows()).extracting(FilterRow::origin).containsExactly(API);
  }

  @Test
  void whatTheNetworkNeedsFindsRoomWhateverPoliciesAskFor() {
    // Given policies that together ask for just all rows there are
    List<RuleGroup> groups = new ArrayList<>();
    for (int i = 0; i < RuleCompiler.MAX_ROWS / 500; i++) {
      int third = i;
      IpPrefix[] sources =
          IntStream.range(0, 250)
              .mapToObj(j -> prefix("10.0." + third + "." + j + "/32"))
              .toArray(IpPrefix[]::new);
      groups.add(
          new RuleGroup(
              new Origin(Origin.Kind.POLICY, "p" + i),
              0,
              List.of(
                  RULE.withFrom(Peer.of(sources)).withPorts(Protocol.TCP, PortRange.of(1)),
                  RULE.withFrom(Peer.of(sources)).withPorts(Protocol.TCP, PortRange.of(2)))));
    }
    Origin network = new Origin(Origin.Kind.NETWORK, "default");
    groups.add(new RuleGroup(network, 0, List.of(RULE.withInterfaceIn("tweed.1"))));

    CompiledRules compiled = RuleCompiler.compile(groups);

    assertThat(compiled.rows()).extracting(FilterRow::origin).contains(network);
    assertThat(compiled.refused()).hasSize(1).allMatch(o -> o.kind() == Origin.Kind.POLICY);
    assertThat(compiled.rows()).hasSizeLessThanOrEqualTo(RuleCompiler.MAX_ROWS);
  }

  @Test
  void aRuleThatStandsForMillionsOfRowsIsRefusedBeforeTheyAreMade() {
    Peer[] sides =
        IntStream.range(0, 32)
            .mapToObj(
                i ->
                    Peer.of(
                        IntStream.range(0, 256)
                            .mapToObj(j -> prefix("10.1." + i + "." + j + "/32"))
                            .toArray(IpPrefix[]::new)))
            .toArray(Peer[]::new);

    assertThat(compile(RULE.withFrom(sides).withTo(sides)).problems())
        .extracting(RuleProblem::reason)
        .containsExactly(PolicyReason.TooManyRows);
  }

  private static FirewallRule v4() {
    return RULE.withFrom(Peer.of(prefix("192.0.2.0/24")));
  }

  private static void assertRefused(FirewallRule rule, PolicyReason reason, String field) {
    CompiledRules compiled = compile(rule);
    assertThat(compiled.rows()).isEmpty();
    assertThat(compiled.refused()).containsExactly(API);
    assertThat(compiled.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.reason()).isEqualTo(reason);
              assertThat(problem.field()).isEqualTo(field);
              assertThat(problem.rule()).isEqualTo("rule");
              assertThat(problem.remedy()).isNotBlank();
            });
  }

  private static List<FilterRow> rows(FirewallRule rule) {
    CompiledRules compiled = compile(rule);
    assertThat(compiled.problems()).isEmpty();
    return compiled.rows();
  }

  private static CompiledRules compile(FirewallRule rule) {
    return RuleCompiler.compile(List.of(new RuleGroup(API, 100, List.of(rule))));
  }

  private static IpPrefix prefix(String text) {
    return IpPrefix.parse(text);
  }
}
