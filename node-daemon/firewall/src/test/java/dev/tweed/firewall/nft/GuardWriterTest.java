package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
  private static final GuardRules BOTH = rules("192.0.2.2", "192.0.2.3", "2001:db8::2");
  private static final BackendOutcome CHANGED = BackendOutcome.applied(true);
  private static final BackendOutcome UNCHANGED = BackendOutcome.applied(false);

  @TempDir Path directory;
  @AutoClose private final NftNode node = NftNode.open();

  @Test
  void aSecondCallWritesNothing() {
    assertThat(apply(BOTH)).isEqualTo(CHANGED);
    String before = node.sh("nft -a list ruleset");

    assertThat(apply(BOTH)).isEqualTo(UNCHANGED);

    assertThat(check(BOTH)).isEqualTo(UNCHANGED);
    assertThat(node.sh("nft -a list ruleset")).isEqualTo(before);
  }

  @Test
  void nothingToGuardIsNoTable() {
    apply(BOTH);

    assertThat(apply(GuardRules.none())).isEqualTo(CHANGED);

    assertThat(node.sh("nft list ruleset")).isEmpty();
    assertThat(apply(GuardRules.none())).isEqualTo(UNCHANGED);
  }

  @Test
  void peersComeAndGoWithoutNewRules() {
    apply(BOTH);
    String before = node.sh("nft -a -t list ruleset");

    assertThat(apply(rules("192.0.2.4", "192.0.2.3", "2001:db8::9"))).isEqualTo(CHANGED);

    assertThat(node.sh("nft -a -t list ruleset")).isEqualTo(before);
    assertThat(node.sh("nft list set inet tweed-guard peers-ipv4"))
        .contains("elements = { 192.0.2.3, 192.0.2.4 }");
    assertThat(node.sh("nft list set inet tweed-guard peers-ipv6"))
        .contains("elements = { 2001:db8::9 }");
  }

  @Test
  void theLastPeerMayGo() {
    apply(BOTH);

    assertThat(apply(rules())).isEqualTo(CHANGED);

    assertThat(node.sh("nft list ruleset | grep -A1 peers-")).doesNotContain("elements");
    assertThat(apply(rules())).isEqualTo(UNCHANGED);
  }

  @Test
  void anotherPortIsAnotherTable() {
    apply(BOTH);

    GuardRules other =
        new GuardRules(ROWS, Optional.of(new TunnelPeers(4789, BOTH.tunnel().get().peers())));

    assertThat(apply(other)).isEqualTo(CHANGED);
    assertThat(node.sh("nft list table inet tweed-guard"))
        .contains("dport 4789")
        .doesNotContain("8472");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft flush ruleset",
        "nft delete table inet tweed-guard",
        "nft flush chain inet tweed-guard nodeports",
        "nft flush chain inet tweed-guard tunnel",
        "nft insert rule inet tweed-guard tunnel accept",
        "nft add table inet tweed-guard '{ flags dormant; }'",
        "nft flush set inet tweed-guard peers-ipv4",
        "nft delete element inet tweed-guard peers-ipv4 '{ 192.0.2.3 }'",
        "nft add element inet tweed-guard peers-ipv4 '{ 192.0.2.66 }'",
        "nft add element inet tweed-guard peers-ipv6 '{ 2001:db8::66 }'",
      })
  void whatIsChangedByHandIsPutRight(String command) {
    apply(BOTH);
    String before = node.sh("nft list table inet tweed-guard");

    node.sh(command);

    String changed = node.sh("nft list ruleset");
    assertThat(changed).isNotEqualTo(before);
    assertThat(check(BOTH)).isEqualTo(CHANGED);
    assertThat(node.sh("nft list ruleset")).isEqualTo(changed);
    assertThat(apply(BOTH)).isEqualTo(CHANGED);
    assertThat(node.sh("nft list table inet tweed-guard")).isEqualTo(before);
  }

  @Test
  void peersThatCannotComeOneByOneComeWithTheWholeTable() throws IOException {
    apply(BOTH);
    // Somebody else was quicker, and the element is there or gone.
    Path nft =
        script(
            "[ \"$1\" = -f ] || exec /usr/sbin/nft \"$@\"\n"
                + "input=$(cat); case $input in add\\ element*|delete\\ element*) exit 1;; esac\n"
                + "echo \"$input\" | /usr/sbin/nft \"$@\"");

    assertThat(node.call(() -> new GuardWriter(nft).apply(rules("192.0.2.4")))).isEqualTo(CHANGED);

    assertThat(apply(rules("192.0.2.4"))).isEqualTo(UNCHANGED);
  }

  private Path script(String body) throws IOException {
    Path script = directory.resolve("nft.sh");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  @Test
  void whatTheKernelNotesIsNoChange() {
    apply(BOTH);

    node.sh(
        "nft add element inet tweed-guard local-ipv4 '{ 192.0.2.1 }';"
            + " nft add element inet tweed-guard refused-ipv4 '{ 192.0.2.66 }'");

    assertThat(apply(BOTH)).isEqualTo(UNCHANGED);
  }

  @Test
  void withoutNftItSaysSo() {
    assertThat(new GuardWriter(Path.of("/nowhere/nft")).apply(BOTH))
        .isInstanceOfSatisfying(
            BackendOutcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo("NftMissing"));
  }

  private static GuardRules rules(String... peers) {
    return new GuardRules(
        ROWS, Optional.of(new TunnelPeers(8472, Stream.of(peers).map(IpAddress::parse).toList())));
  }

  private BackendOutcome check(GuardRules rules) {
    return node.call(() -> new GuardWriter(NftNode.NFT).check(rules));
  }

  private BackendOutcome apply(GuardRules rules) {
    return node.call(() -> new GuardWriter(NftNode.NFT).apply(rules));
  }
}
