package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.firewall.backend.BackendListing.Compared;
import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Intended rows beside what the kernel has. */
@Tag("kernel")
class NftLookTest {

  private static final List<FilterRow> ROWS = NftTableGoldenTest.allSorts();
  private static final List<FilterRow> ONE =
      Rows.of(FirewallRule.allow("one", Direction.IN).withPorts(Protocol.TCP, PortRange.of(1)));

  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void rowsThatAreNotThereAreMissing() {
    assertThat(states(look(ONE))).containsOnly(State.MISSING).hasSameSizeAs(ONE);
  }

  @Test
  void onlyTheRowsOfADeletedRuleAreMissing() {
    apply(ROWS);

    node.sh(
        "nft delete rule inet tweed-filter forward handle"
            + " $(nft -a list table inet tweed-filter | sed -n 's/.*nothing-else.*handle //p')");

    assertThat(look(ROWS))
        .filteredOn(entry -> entry.row().isPresent() && entry.state() == State.MISSING)
        .isNotEmpty()
        .allMatch(entry -> entry.row().orElseThrow().rule().equals("nothing-else"));
    assertThat(look(ROWS))
        .filteredOn(entry -> entry.state() == State.EXTRA)
        .extracting(Entry::text)
        .containsExactly("chain forward has other rules");
  }

  @Test
  void aRuleThatTookThePlaceAndNameOfOursIsNotOurs() {
    apply(ONE);

    node.sh(
        """
        nft -a list chain inet tweed-filter input | grep tweed: | sed 's/.*comment "//; s/" # handle / /' |
        while read mark digest handle; do
          nft delete rule inet tweed-filter input handle $handle
          nft add rule inet tweed-filter input tcp dport 2 accept comment "\\"$mark $digest\\""
        done
        """);

    assertThat(states(look(ONE))).contains(State.MISSING).doesNotContain(State.PRESENT);
  }

  @Test
  void rulesByOthersAreExtra() {
    apply(ONE);

    node.sh("nft insert rule inet tweed-filter input tcp dport 1 drop comment hello");

    assertThat(look(ONE))
        .filteredOn(entry -> entry.state() == State.EXTRA)
        .extracting(Entry::text)
        .contains("input: hello");
  }

  @Test
  void rowsOfAnotherPlanAreComparedOneByOne() {
    List<FirewallRule> ports =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    FirewallRule.allow("r" + i, Direction.ROUTED)
                        .withPorts(Protocol.TCP, PortRange.of(80 + i))
                        .withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24"))))
            .toList();
    apply(Rows.of(ports.subList(0, 19)));

    // One goes and another comes, among those that are one rule.
    assertThat(look(Rows.of(ports.subList(1, 20))))
        .extracting(entry -> entry.row().map(FilterRow::rule).orElse(""), Entry::state)
        .containsExactlyElementsOf(
            Stream.concat(
                    IntStream.range(1, 19).mapToObj(i -> tuple("r" + i, State.PRESENT)),
                    Stream.of(tuple("r19", State.MISSING), tuple("", State.EXTRA)))
                .toList());
    assertThat(look(Rows.of(ports.subList(1, 20))).getLast().text())
        .isEqualTo(
            "1 not intended, in forward: tweed:policy/test/r0 and 18 more #" + digestOf("forward"));
  }

  private String digestOf(String chain) {
    return node.sh("nft list chain inet tweed-filter " + chain)
        .replaceAll("(?s).*#([0-9a-f]{8}).*", "$1");
  }

  @Test
  void nothingIsPresentInATableThatIsSwitchedOff() {
    apply(ONE);

    node.sh("nft add table inet tweed-filter '{ flags dormant; }'");

    assertThat(states(look(ONE))).containsExactly(State.MISSING, State.MISSING, State.EXTRA);
  }

  private void apply(List<FilterRow> rows) {
    assertThat(node.call(() -> new NftablesBackend(NftNode.NFT).apply(rows)))
        .isInstanceOf(Applied.class);
  }

  private List<Entry> look(List<FilterRow> rows) {
    return ((Compared) node.call(() -> new NftablesBackend(NftNode.NFT).look(rows))).entries();
  }

  private static List<State> states(List<Entry> entries) {
    return entries.stream().map(Entry::state).toList();
  }
}
