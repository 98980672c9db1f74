package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTables;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table, by the kernel's own answers. */
@Tag("kernel")
class NftablesBackendTest {

  private static final List<FilterRow> ROWS = NftTableGoldenTest.allSorts();
  private static final List<FilterRow> ONE =
      Rows.of(FirewallRule.allow("one", Direction.IN).withPorts(Protocol.TCP, PortRange.of(1)));
  private static final List<FilterRow> TWO =
      Rows.of(FirewallRule.allow("two", Direction.IN).withPorts(Protocol.TCP, PortRange.of(2)));

  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void rowsOfAllSortsAreTaken() {
    assertThat(check(ROWS)).isEqualTo(new Applied(true, true, List.of()));
    assertThat(node.sh("nft list ruleset")).isEmpty();

    assertThat(apply(ROWS)).isEqualTo(new Applied(true, true, List.of()));

    assertThat(check(ROWS)).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void aSecondCallWritesNothing() {
    apply(ROWS);
    String before = node.sh("nft -a list ruleset");

    // Another instance: nothing is remembered but in the kernel.
    assertThat(apply(ROWS)).isEqualTo(new Applied(false, true, List.of()));

    assertThat(node.sh("nft -a list ruleset")).isEqualTo(before);
  }

  @Test
  void otherRowsTakeThePlaceOfTheRowsBefore() {
    apply(ROWS);

    assertThat(apply(ONE)).isEqualTo(new Applied(true, true, List.of()));

    assertThat(check(ONE)).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void noRowsAreNoTable() {
    apply(ROWS);

    assertThat(apply(List.of())).isEqualTo(new Applied(true, true, List.of()));

    assertThat(node.sh("nft list ruleset")).isEmpty();
    assertThat(apply(List.of())).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void otherTablesAreLeftAlone() {
    node.sh("nft add table inet filter; nft add chain inet filter input");
    String before = node.sh("nft list table inet filter");

    apply(ROWS);
    assertThat(node.sh("nft list table inet filter")).isEqualTo(before);
    apply(List.of());

    assertThat(node.sh("nft list ruleset")).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft flush ruleset",
        "nft delete table inet tweed-filter",
        "nft flush table inet tweed-filter",
        "nft flush chain inet tweed-filter forward",
        "nft delete rule inet tweed-filter forward handle $(handle nothing-else)",
        "nft delete rule inet tweed-filter input handle $(handle belongs)",
        "nft insert rule inet tweed-filter input accept",
        "nft replace rule inet tweed-filter forward handle $(handle nothing-else)"
            + " accept comment \\\"$(comment nothing-else)\\\"",
        "nft add chain inet tweed-filter input '{ policy drop; }'",
        "nft add table inet tweed-filter '{ flags dormant; }'",
        "nft add chain inet tweed-filter more",
        "nft add set inet tweed-filter more '{ type ipv4_addr; }'",
        "nft add counter inet tweed-filter more",
        "nft add rule inet tweed-filter input ip saddr '{ 192.0.2.1, 192.0.2.2 }' accept",
      })
  void whatIsChangedByHandIsPutRight(String command) {
    apply(ROWS);
    String before = node.sh("nft -s list table inet tweed-filter");

    node.sh(
        """
        handle() { nft -a list table inet tweed-filter | sed -n "s/.*$1.* # handle //p" | tail -1; }
        comment() { nft list table inet tweed-filter | sed -n "s/.*\\(tweed:[^ ]*$1[^\\"]*\\).*/\\1/p" | tail -1; }
        """
            + command);

    assertThat(node.sh("nft -s list ruleset")).isNotEqualTo(before);
    assertThat(check(ROWS)).isEqualTo(new Applied(true, true, List.of()));
    assertThat(apply(ROWS)).isEqualTo(new Applied(true, true, List.of()));
    assertThat(node.sh("nft -s list table inet tweed-filter")).isEqualTo(before);
  }

  @Test
  void countsOfSourcesAreNoChange() {
    apply(ROWS);

    node.sh("nft add element inet tweed-filter refused-ipv4 '{ 192.0.2.1 }'");

    assertThat(apply(ROWS)).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void rulesThatStayKeepTheirCounts() {
    apply(append(ROWS, ONE));
    node.sh(
        "ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up;"
            + " ip addr add 192.0.2.1/24 dev d0; ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev d0");
    node.sh("bash -c 'echo >/dev/tcp/192.0.2.9/25' 2>/dev/null || true");
    List<String> before = listed().filter(line -> !line.contains("test/one")).toList();
    assertThat(before).anyMatch(line -> line.matches(".*packets [1-9].*/no-mail.*"));

    assertThat(apply(append(ROWS, TWO))).isEqualTo(new Applied(true, true, List.of()));

    assertThat(listed().filter(line -> !line.contains("test/two")).toList()).isEqualTo(before);
    assertThat(check(append(ROWS, TWO))).isEqualTo(new Applied(false, true, List.of()));
  }

  private Stream<String> listed() {
    return node.sh("nft -a list table inet tweed-filter").lines();
  }

  private static List<FilterRow> append(List<FilterRow> some, List<FilterRow> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  @Test
  void aTableThatIsRefusedLeavesTheOneBefore() {
    apply(ROWS);
    String before = node.sh("nft list ruleset");
    NfRequest impossible = new NfRequest.DeleteTable(new NfTable(NfFamily.INET, "nosuch"));

    NfTables refusing =
        OtherTables.of(
            node.tables(),
            transaction ->
                node.tables()
                    .execute(Stream.concat(transaction.stream(), Stream.of(impossible)).toList()));

    assertThat(new NftablesBackend(refusing, OptionalInt::empty).apply(ONE))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.message()).contains("nosuch", "ENOENT"));
    assertThat(node.sh("nft list ruleset")).isEqualTo(before);
  }

  @Test
  void whatSomebodyElseDoesWhileItIsReadIsNoRefusal() {
    apply(append(ROWS, ONE));

    NfTables disturbed =
        OtherTables.of(
            node.tables(),
            transaction -> {
              node.sh("nft flush chain inet tweed-filter input");
              return node.tables().execute(transaction);
            });

    assertThat(new NftablesBackend(disturbed, OptionalInt::empty).apply(append(ROWS, TWO)))
        .isEqualTo(new Applied(true, true, List.of()));
    assertThat(check(append(ROWS, TWO))).isEqualTo(new Applied(false, true, List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "1, NotPermitted",
    "2, KernelTooOld",
    "22, KernelTooOld",
    "93, KernelTooOld",
    "12, NftRefused",
  })
  void whatTheKernelSaysIsToldWithARemedy(int errno, String reason) {
    assertThat(new NftablesBackend(OtherTables.unreadable(errno), OptionalInt::empty).apply(ONE))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(reason);
              assertThat(refused.remedy()).isNotEmpty();
            });
  }

  @Test
  void aKernelWithoutTablesHasNoneOfOurs() {
    assertThat(
            new NftablesBackend(OtherTables.unreadable(Errno.EINVAL), OptionalInt::empty)
                .apply(List.of()))
        .isEqualTo(new Applied(false, true, List.of()));
  }

  private BackendOutcome apply(List<FilterRow> rows) {
    return node.call(() -> new NftablesBackend(node.tables(), OptionalInt::empty).apply(rows));
  }

  private BackendOutcome check(List<FilterRow> rows) {
    return node.call(() -> new NftablesBackend(node.tables(), OptionalInt::empty).check(rows));
  }
}
