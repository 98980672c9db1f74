package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When real firewalld is reloaded for our rows, when not, and what a reload leaves. */
@Tag("kernel")
class FirewalldReloadTest {

  @TempDir Path root;
  @AutoClose private FirewalldNode node;

  @BeforeEach
  void start() throws IOException {
    node = FirewalldNode.start(root);
  }

  @Test
  void rulesChangeWithoutAReload() {
    node.apply(Rows.network(Rows.allow(Direction.IN, 80)));
    node.firewallCmd("--zone=drop --add-port=7/tcp"); // a reload would forget it
    assertThat(node.network().peerReachesNode(7)).isTrue();
    String before = node.tables();

    node.apply(
        Rows.network(Rows.allow(Direction.IN, 82).withName("new"), Rows.allow(Direction.IN, 83)));

    assertThat(node.network().peerReachesNode(80)).isFalse();
    assertThat(node.network().peerReachesNode(82)).isTrue();
    assertThat(node.network().peerReachesNode(83)).isTrue();
    assertThat(node.network().peerReachesNode(7)).isTrue();
    assertThat(node.tables()).isEqualTo(before);
  }

  @Test
  void rulesThatAreReplacedAreNeverMissing() throws Exception {
    node.apply(Rows.network(Rows.allow(Direction.IN, 80)));
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger missed = new AtomicInteger();
    AtomicInteger looked = new AtomicInteger();
    Thread observer =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!done.get()) {
                    looked.incrementAndGet();
                    if (!node.kernel().contains("tcp dport 80 ")) {
                      missed.incrementAndGet();
                    }
                  }
                });

    // The rule moves among others, back and forth.
    for (int i = 0; i < 3; i++) {
      node.apply(Rows.network(Rows.deny(90), Rows.deny(91), Rows.allow(Direction.IN, 80)));
      node.apply(Rows.network(Rows.allow(Direction.IN, 80), Rows.deny(91), Rows.deny(90)));
    }
    done.set(true);
    observer.join();

    assertThat(looked).hasValueGreaterThan(10);
    assertThat(missed).hasValue(0);
  }

  @Test
  void manyRulesComeByAReload() {
    node.apply(Rows.network());
    String before = node.tables();

    node.apply(
        Rows.network(
            IntStream.rangeClosed(1, 400)
                .mapToObj(port -> Rows.allow(Direction.IN, 2 * port))
                .toArray(FirewallRule[]::new)));

    assertThat(node.tables()).isNotEqualTo(before);
    assertThat(node.network().peerReachesNode(800)).isTrue();
    assertThat(node.network().peerReachesNode(801)).isFalse();
  }

  @Test
  void reloadAndRestartFindWhatWasRunning() {
    node.apply(Rows.network(Rows.allow(Direction.IN, 80)));
    List<FilterRow> rows =
        Rows.network(Rows.allow(Direction.IN, 82).withName("first"), Rows.deny(83));
    node.apply(rows);
    String running = node.kernel();

    node.firewallCmd("--reload");
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));

    node.stopFirewalld();
    node.startFirewalld();
    assertThat(node.kernel()).isEqualTo(running);
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void nothingAPersonHasNotSavedIsLostByAReload() throws IOException {
    node.firewallCmd("--zone=drop --add-port=7/tcp");
    Map<String, String> files = node.files();

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(refused(outcome).reason()).isEqualTo("UnsavedSettings");
    assertThat(refused(outcome).message()).endsWith("drop, ports");
    assertThat(node.files()).isEqualTo(files);
    assertThat(node.network().peerReachesNode(7)).isTrue();

    node.firewallCmd("--runtime-to-permanent");
    assertThat(node.apply(Rows.network())).isInstanceOf(BackendOutcome.Applied.class);
    assertThat(node.network().peerReachesNode(7)).isTrue();
  }

  @Test
  void bansKeepOursOutOfNothingAndTheirEffect() {
    String ban = // as fail2ban makes it, by either of its actions
        "rule family=\"ipv4\" source address=\"192.0.2.2\" port port=\"80\" protocol=\"tcp\" drop";
    String direct = "--direct --%s-rule ipv4 filter INPUT 0 -s 192.0.2.2 -p tcp --dport 82 -j DROP";
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80), Rows.allow(Direction.IN, 82));
    node.firewallCmd("--zone=drop --add-rich-rule='" + ban + "'");
    node.firewallCmd("--direct --add-chain ipv4 filter f2b-test");
    node.firewallCmd(direct.formatted("add"));

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.firewallCmd("--zone=drop --list-rich-rules")).contains(ban);
    assertThat(node.firewallCmd("--direct --get-all-chains")).contains("f2b-test");
    assertThat(node.network().peerReachesNode(80)).isFalse();
    assertThat(node.network().peerReachesNode(82)).isFalse();
    assertThat(node.network().peerReachesNodeByTunnel(80)).isTrue();

    node.firewallCmd("--zone=drop --remove-rich-rule='" + ban + "'");
    node.firewallCmd(direct.formatted("remove"));
    // Nothing of ours was damaged.
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
    assertThat(node.network().peerReachesNode(80)).isTrue();
    assertThat(node.network().peerReachesNode(82)).isTrue();
  }

  @Test
  void bansOfASetKeepTheirEffect() {
    node.firewallCmd("--permanent --new-ipset=banned --type=hash:ip");
    node.firewallCmd("--permanent --ipset=banned --add-entry=192.0.2.2");
    node.firewallCmd("--reload");
    node.firewallCmd("--zone=drop --add-rich-rule='rule source ipset=\"banned\" drop'");
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80));

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.network().peerReachesNode(80)).isFalse();
    assertThat(node.network().peerReachesNodeByTunnel(80)).isTrue();
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void sourcesOfAZoneThatRefusesThemStayOut() {
    node.firewallCmd("--permanent --new-zone=bans");
    node.firewallCmd("--permanent --zone=bans --set-target=DROP");
    node.firewallCmd("--permanent --zone=bans --add-source=192.0.2.2");
    node.firewallCmd("--reload");
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80));

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.network().peerReachesNode(80)).isFalse();
    assertThat(node.network().peerReachesNodeByTunnel(80)).isTrue();
    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void removingOursLosesNothingThatIsNotSaved() throws IOException {
    node.apply(Rows.network(Rows.allow(Direction.IN, 80)));
    node.firewallCmd("--zone=drop --add-port=7/tcp");

    BackendOutcome outcome = node.apply(List.of());

    assertThat(outcome).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    assertThat(node.ours()).isEmpty();
    assertThat(node.network().peerReachesNode(7)).isTrue();
    assertThat(node.network().peerReachesNode(80)).isFalse();
    assertThat(node.firewallCmd("--get-active-zones")).doesNotContain("tweed");
    assertThat(node.apply(List.of())).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aDeviceInAPersonsZoneIsLeftThere() throws IOException {
    node.type("--zone=trusted --add-interface=tweed.1");

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(refused(outcome).reason()).isEqualTo("DeviceInOtherZone");
    assertThat(refused(outcome).message())
        .isEqualTo("device tweed.1 was put into zone trusted by hand");
    assertThat(node.ours()).isEmpty();
    assertThat(node.firewallCmd("--get-zone-of-interface=tweed.1").strip()).isEqualTo("trusted");
  }

  @Test
  void filesThatFirewalldCouldNotLoadAreNoneOfOurs() throws IOException {
    Files.writeString(
        node.file("policies/theirs.xml"),
        "<policy target=\"CONTINUE\"><ingress-zone name=\"nowhere\"/><egress-zone name=\"HOST\"/></policy>");

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(refused(outcome).reason()).isEqualTo("CommandFailed");
    assertThat(refused(outcome).message()).contains("nowhere");
    assertThat(node.ours()).isEmpty();
    assertThat(node.firewallCmd("--get-policies")).doesNotContain("tweed");
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
