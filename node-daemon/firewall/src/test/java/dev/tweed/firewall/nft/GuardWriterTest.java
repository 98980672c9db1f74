package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guard's table, by the kernel's own answers. */
@Tag("kernel")
class GuardWriterTest {

  private static final List<FilterRow> ROWS =
      Rows.of(
          FirewallRule.allow("closed", Direction.IN)
              .withAction(Action.DENY)
              .withPorts(Protocol.TCP, PortRange.of(30080)),
          FirewallRule.allow("few", Direction.IN)
              .withAction(Action.LIMIT)
              .withPorts(Protocol.TCP, PortRange.of(30081)));
  private static final GuardRules GUARD = new GuardRules(ROWS);
  private static final BackendOutcome CHANGED = BackendOutcome.applied(true);
  private static final BackendOutcome UNCHANGED = BackendOutcome.applied(false);

  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void aSecondCallWritesNothing() {
    assertThat(apply(GUARD)).isEqualTo(CHANGED);
    String before = node.sh("nft -a list ruleset");

    assertThat(apply(GUARD)).isEqualTo(UNCHANGED);

    assertThat(check(GUARD)).isEqualTo(UNCHANGED);
    assertThat(node.sh("nft -a list ruleset")).isEqualTo(before);
  }

  @Test
  void nothingToGuardIsNoTable() {
    apply(GUARD);

    assertThat(apply(GuardRules.none())).isEqualTo(CHANGED);

    assertThat(node.sh("nft -s list ruleset")).isEmpty();
    assertThat(apply(GuardRules.none())).isEqualTo(UNCHANGED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft flush ruleset",
        "nft delete table inet tweed-guard",
        "nft flush chain inet tweed-guard nodeports",
        "nft insert rule inet tweed-guard nodeports accept",
        "nft add table inet tweed-guard '{ flags dormant; }'",
      })
  void whatIsChangedByHandIsPutRight(String command) {
    apply(GUARD);
    String before = node.sh("nft -s list table inet tweed-guard");

    node.sh(command);

    String changed = node.sh("nft -s list ruleset");
    assertThat(changed).isNotEqualTo(before);
    assertThat(check(GUARD)).isEqualTo(CHANGED);
    assertThat(node.sh("nft -s list ruleset")).isEqualTo(changed);
    assertThat(apply(GUARD)).isEqualTo(CHANGED);
    assertThat(node.sh("nft -s list table inet tweed-guard")).isEqualTo(before);
  }

  @Test
  void whatTheKernelNotesIsNoChange() {
    apply(GUARD);

    node.sh(
        "nft add element inet tweed-guard local-ipv4 '{ 192.0.2.1 }';"
            + " nft add element inet tweed-guard refused-ipv4 '{ 192.0.2.66 }'");

    assertThat(apply(GUARD)).isEqualTo(UNCHANGED);
  }

  private BackendOutcome check(GuardRules rules) {
    return node.call(() -> new GuardWriter(node.tables(), OptionalInt::empty).check(rules));
  }

  private BackendOutcome apply(GuardRules rules) {
    return node.call(() -> new GuardWriter(node.tables(), OptionalInt::empty).apply(rules));
  }
}
