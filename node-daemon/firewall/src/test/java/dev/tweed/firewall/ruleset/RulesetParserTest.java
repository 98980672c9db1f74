package dev.tweed.firewall.ruleset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.AddressFamily;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RulesetParserTest {

  private static final String BASE =
      """
      {"chain": {"family": "inet", "table": "f", "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": "%s"}}""";

  private static final Packet TUNNEL =
      new Packet(
          "input",
          AddressFamily.IPV4,
          Optional.of("eth0"),
          Optional.empty(),
          List.of("lo", "tweed-br0", "tweed.1"),
          Optional.empty(),
          Optional.empty(),
          "udp",
          OptionalInt.of(8472));

  @ParameterizedTest
  @ValueSource(
      strings = {
        // what certainly matches the packet and accepts it
        "{'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'udp', 'field': 'dport'}}, 'right': 8472}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'udp', 'field': 'dport'}}, 'right': {'set': [53, {'range': [8000, 9000]}]}}}, {'accept': null}",
        "{'match': {'op': '!=', 'left': {'payload': {'protocol': 'udp', 'field': 'dport'}}, 'right': 53}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'meta': {'key': 'iifname'}}, 'right': 'eth*'}}, {'accept': null}",
        "{'match': {'op': '!=', 'left': {'meta': {'key': 'iifname'}}, 'right': 'wlan0'}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'meta': {'key': 'nfproto'}}, 'right': 'ipv4'}}, {'accept': null}",
        "{'match': {'op': 'in', 'left': {'ct': {'key': 'state'}}, 'right': ['new', 'untracked']}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'fib': {'result': 'type', 'flags': ['daddr']}}, 'right': 'local'}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'ip', 'field': 'saddr'}}, 'right': {'prefix': {'addr': '0.0.0.0', 'len': 0}}}}, {'accept': null}",
        // what may match
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'ip', 'field': 'saddr'}}, 'right': '@admins'}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'ip', 'field': 'saddr'}}, 'right': {'prefix': {'addr': '192.0.2.0', 'len': 24}}}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'meta': {'key': 'cgroup'}}, 'right': 7}}, {'accept': null}",
        "{'limit': {'rate': 3, 'per': 'second'}}, {'accept': null}",
        "{'xt': {'type': 'match', 'name': 'set'}}, {'accept': null}",
        "{'vmap': {'key': {'meta': {'key': 'iifname'}}, 'data': '@zones'}}",
        "{'queue': null}",
        "{'something new': {}}, {'accept': null}",
      })
  void isNotBlockedWhereARuleMayAccept(String rule) {
    assertThat(blocker("drop", rule)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'counter': {'packets': 1, 'bytes': 2}}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'udp', 'field': 'dport'}}, 'right': 53}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'tcp', 'field': 'dport'}}, 'right': 8472}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'icmp', 'field': 'type'}}, 'right': 'echo-request'}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'meta': {'key': 'iifname'}}, 'right': 'lo'}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'ip6', 'field': 'saddr'}}, 'right': '::1'}}, {'accept': null}",
        "{'match': {'op': 'in', 'left': {'ct': {'key': 'state'}}, 'right': ['established', 'related']}}, {'accept': null}",
        "{'match': {'op': 'in', 'left': {'ct': {'key': 'status'}}, 'right': 'dnat'}}, {'accept': null}",
        "{'match': {'op': '==', 'left': {'&': [{'meta': {'key': 'mark'}}, 16384]}, 'right': 16384}}, {'accept': null}",
        "{'xt': {'type': 'match', 'name': 'conntrack'}}, {'accept': null}",
        "{'vmap': {'key': {'ct': {'key': 'state'}}, 'data': {'set': [['established', {'accept': null}], ['invalid', {'drop': null}]]}}}",
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'udp', 'field': 'dport'}}, 'right': 8472}}, {'reject': null}",
      })
  void isBlockedWhereNoRuleCanAccept(String rule) {
    assertThat(blocker("drop", rule)).map(Chain::name).contains("in");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'match': {'op': '==', 'left': {'payload': {'protocol': 'ip', 'field': 'saddr'}}, 'right': '192.0.2.9'}}, {'drop': null}",
        // The families that these are for are not listed.
        "{'reject': {'type': 'icmpv6', 'expr': 'port-unreachable'}}",
        "{'reject': {'type': 'tcp reset'}}",
      })
  void isNotBlockedByADropThatOnlyMayMatch(String rule) {
    assertThat(blocker("accept", rule)).isEmpty();
  }

  @Test
  void isBlockedByAnAnswerOfItsFamily() {
    assertThat(blocker("accept", "{'reject': {'type': 'icmp', 'expr': 'port-unreachable'}}"))
        .isPresent();
  }

  @Test
  void followsJumpsAndComesBack() {
    String called =
        """
        ,{"chain": {"family": "inet", "table": "f", "name": "called"}},
        {"rule": {"family": "inet", "table": "f", "chain": "called", "expr": [{"return": null}]}},
        {"rule": {"family": "inet", "table": "f", "chain": "called", "expr": [{"accept": null}]}}""";

    assertThat(blocker("drop", "{'jump': {'target': 'called'}}", called)).isPresent();
    assertThat(blocker("accept", "{'jump': {'target': 'called'}}", called)).isEmpty();
  }

  @Test
  void anEndlessJumpIsNotFollowedForEver() {
    assertThat(blocker("drop", "{'jump': {'target': 'in'}}")).isEmpty();
  }

  @Test
  void aMissingChainMayDoAnything() {
    assertThat(blocker("drop", "{'goto': {'target': 'gone'}}")).isEmpty();
  }

  @Test
  void chainsOfNatDropNothing() {
    assertThat(parsed(listing(BASE.formatted("drop").replace("filter", "nat"))).blockerOf(TUNNEL))
        .isEmpty();
  }

  @Test
  void refusesWhatIsNoJson() {
    assertThatThrownBy(() -> parse("table ip filter {"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no JSON");
  }

  @Property
  void takesAnyStatement(@ForAll("json") String left, @ForAll("json") String statement) {
    String rule =
        "{'match': {'op': '==', 'left': %s, 'right': %s}}, %s"
            .formatted(left, statement, statement);

    assertThat(blocker("accept", rule)).isNotNull();
  }

  @Provide
  Arbitrary<String> json() {
    Arbitrary<String> leaf =
        Arbitraries.of(
            "null", "7", "-1", "1.5", "'@s'", "'10.0.0.0/99'", "'x'", "[]", "{}", "['a', 1]");
    Arbitrary<String> key =
        Arbitraries.of(
            "meta",
            "key",
            "payload",
            "protocol",
            "field",
            "ct",
            "fib",
            "set",
            "range",
            "prefix",
            "addr",
            "len",
            "&",
            "vmap",
            "data",
            "xt",
            "jump",
            "target",
            "elem",
            "val",
            "accept");
    return Arbitraries.recursive(
        () -> leaf,
        inner ->
            net.jqwik.api.Combinators.combine(key, inner, key, inner)
                .as((a, x, b, y) -> "{'" + a + "': " + x + ", '" + b + "': [" + y + "]}"),
        0,
        4);
  }

  private static Optional<Chain> blocker(String policy, String expressions, String... more) {
    String rule =
        "{\"rule\": {\"family\": \"inet\", \"table\": \"f\", \"chain\": \"in\", \"expr\": ["
            + expressions.replace('\'', '"')
            + "]}}";
    return parsed(listing(BASE.formatted(policy) + ",\n" + rule + String.join("", more)))
        .blockerOf(TUNNEL);
  }

  private static Ruleset parsed(String listing) {
    try {
      return parse(listing);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Ruleset parse(String listing) throws IOException {
    RulesetParser parser = new RulesetParser();
    parser.add(new ByteArrayInputStream(listing.getBytes(StandardCharsets.UTF_8)));
    return parser.ruleset();
  }

  private static String listing(String objects) {
    return "{\"nftables\": [" + objects + "]}";
  }
}
