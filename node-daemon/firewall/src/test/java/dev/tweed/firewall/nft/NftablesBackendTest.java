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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table, by the kernel's own answers. */
@Tag("kernel")
class NftablesBackendTest {

  private static final List<FilterRow> ROWS = NftTableGoldenTest.allSorts();
  private static final List<FilterRow> ONE =
      Rows.of(FirewallRule.allow("one", Direction.IN).withPorts(Protocol.TCP, PortRange.of(1)));

  @TempDir Path directory;
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
        "nft add rule inet tweed-filter seal accept",
        "nft replace rule inet tweed-filter forward handle $(handle nothing-else)"
            + " accept comment \\\"$(comment nothing-else)\\\"",
        "nft add chain inet tweed-filter input '{ policy drop; }'",
        "nft add table inet tweed-filter '{ flags dormant; }'",
        "nft add chain inet tweed-filter more",
        "nft add set inet tweed-filter more '{ type ipv4_addr; }'",
        "nft add counter inet tweed-filter more",
      })
  void whatIsChangedByHandIsPutRight(String command) {
    apply(ROWS);
    String before = node.sh("nft list table inet tweed-filter");

    node.sh(
        """
        handle() { nft -a list table inet tweed-filter | sed -n "s/.*$1.* # handle //p" | tail -1; }
        comment() { nft list table inet tweed-filter | sed -n "s/.*\\(tweed:[^ ]*$1[^\\"]*\\).*/\\1/p" | tail -1; }
        """
            + command);

    assertThat(node.sh("nft list ruleset")).isNotEqualTo(before);
    assertThat(check(ROWS)).isEqualTo(new Applied(true, true, List.of()));
    assertThat(apply(ROWS)).isEqualTo(new Applied(true, true, List.of()));
    assertThat(node.sh("nft list table inet tweed-filter")).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "delete element inet tweed-filter input-18-saddr { 10.0.0.3 }",
        "add element inet tweed-filter input-18-saddr { 10.0.0.99 }",
        "flush set inet tweed-filter input-18-saddr",
      })
  void noElementOfASetCanBeChangedByHand(String command) {
    apply(ROWS);

    assertThat(node.sh("nft '" + command + "' 2>&1 || true")).contains("resource busy");
  }

  @Test
  void countsOfSourcesAreNoChange() {
    apply(ROWS);

    node.sh("nft add element inet tweed-filter refused-ipv4 '{ 192.0.2.1 }'");

    assertThat(apply(ROWS)).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void aTableThatIsRefusedLeavesTheOneBefore() throws IOException {
    apply(ROWS);
    String before = node.sh("nft list ruleset");

    // The last statement is one the kernel does not take.
    Path nft =
        script(
            "[ \"$1\" = -f ] || exec /usr/sbin/nft \"$@\"\n"
                + "{ cat; echo 'add rule inet tweed-filter none accept'; } | /usr/sbin/nft \"$@\"");

    assertThat(node.call(() -> new NftablesBackend(nft).apply(ONE)))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.message()).contains("No such file"));
    assertThat(node.sh("nft list ruleset")).isEqualTo(before);
  }

  @Test
  void whatSomebodyElseDoesWhileItIsWrittenIsNoticedNextTime() throws IOException {
    Path nft =
        script(
            "/usr/sbin/nft \"$@\" || exit\n"
                + "[ \"$1\" != -f ] || /usr/sbin/nft flush chain inet tweed-filter input");
    node.call(() -> new NftablesBackend(nft).apply(ONE));

    assertThat(apply(ONE)).isEqualTo(new Applied(true, true, List.of()));
    assertThat(check(ONE)).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void aTableThatIsRemovedWhileItIsWrittenIsNoFaultOfTheKernel() throws IOException {
    Path nft =
        script(
            "/usr/sbin/nft \"$@\" || exit\n"
                + "[ \"$1\" != -a ] || /usr/sbin/nft delete table inet tweed-filter");

    assertThat(node.call(() -> new NftablesBackend(nft).apply(ONE)))
        .isEqualTo(new Applied(true, true, List.of()));
  }

  @Test
  void withoutNftItSaysSo() {
    NftablesBackend backend = new NftablesBackend(directory.resolve("nft"));

    assertThat(backend.apply(ONE))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo("NftMissing");
              assertThat(refused.remedy()).contains("install nftables");
            });
    assertThat(backend.check(ONE)).isEqualTo(backend.apply(ONE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NftTooOld|Error: syntax error, unexpected newline",
        "NotPermitted|Operation not permitted (you must be root)",
        "KernelTooOld|Unable to initialize Netlink socket: Protocol not supported",
        "NftRefused|Error: something else",
      })
  void whatNftSaysIsToldWithARemedy(String example) throws IOException {
    String[] parts = example.split("\\|");
    Path nft = script("cat >/dev/null; echo '" + parts[1] + "' >&2; exit 1");

    assertThat(new NftablesBackend(nft).apply(ONE))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(parts[0]);
              assertThat(refused.message()).isEqualTo(parts[1]);
              assertThat(refused.remedy()).isNotEmpty();
            });
  }

  @Test
  void aKernelWithoutTablesHasNoneOfOurs() throws IOException {
    Path nft =
        script("echo 'Unable to initialize Netlink socket: Protocol not supported' >&2; exit 1");

    assertThat(new NftablesBackend(nft).apply(List.of()))
        .isEqualTo(new Applied(false, true, List.of()));
  }

  private Path script(String body) throws IOException {
    Path script = directory.resolve("nft.sh");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  private BackendOutcome apply(List<FilterRow> rows) {
    return node.call(() -> new NftablesBackend(NftNode.NFT).apply(rows));
  }

  private BackendOutcome check(List<FilterRow> rows) {
    return node.call(() -> new NftablesBackend(NftNode.NFT).check(rows));
  }
}
