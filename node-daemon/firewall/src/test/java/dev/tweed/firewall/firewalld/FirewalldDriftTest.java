package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people do to real firewalld between two runs of ours. */
@Tag("kernel")
class FirewalldDriftTest {

  @TempDir Path root;
  @AutoClose private FirewalldNode node;

  @BeforeEach
  void start() throws IOException {
    node = FirewalldNode.start(root);
  }

  @Test
  void whatSomebodyChangesInOursIsSeenAndPutBack() {
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80));
    node.apply(rows);
    String gone = ruleOfPort80();
    node.firewallCmd("--policy=tweed-in-1 --remove-rich-rule='" + gone + "'");
    node.firewallCmd("--policy=tweed-in-1 --add-rich-rule='rule priority=-3 family=ipv4 accept'");

    assertThat(node.check(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    node.apply(rows);
    assertThat(node.check(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void aServiceSomebodyAddsToOursIsRemoved() {
    node.apply(Rows.network());
    node.firewallCmd("--policy=tweed-in-1 --add-service=ssh");
    assertThat(node.network().peerReachesNode(22)).isTrue();

    node.apply(Rows.network());

    assertThat(node.network().peerReachesNode(22)).isFalse();
  }

  @Test
  void aDeviceSomebodyTookOutOfItsZoneComesBack() {
    node.apply(Rows.network());
    node.firewallCmd("--zone=tweed-br0 --remove-interface=tweed-br0");
    assertThat(node.network().podReachesOutside()).isFalse();
    assertThat(node.check(Rows.network()))
        .isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.apply(Rows.network())).isInstanceOf(BackendOutcome.Applied.class);

    assertThat(node.network().podReachesOutside()).isTrue();
  }

  @Test
  void aPolicyThatSomebodyDeletesComesBack() {
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80));
    node.apply(rows);
    node.sh("firewall-cmd --permanent --delete-policy=tweed-in-1; firewall-cmd --reload");
    assertThat(node.network().peerReachesNode(80)).isFalse();

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));

    assertThat(node.network().peerReachesNode(80)).isTrue();
    assertThat(node.check(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  @Test
  void whateverChangesInFirewalldIsTold() throws Exception {
    Semaphore told = new Semaphore(0);
    node.backend().watch(told::release);
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80));
    node.apply(rows);

    for (String change :
        List.of(
            "--policy=tweed-in-1 --remove-rich-rule='" + ruleOfPort80() + "'",
            "--zone=tweed-br0 --remove-interface=tweed-br0",
            "--zone=drop --add-port=7/tcp",
            "--permanent --delete-policy=tweed-in-1",
            "--reload")) {
      node.apply(rows); // what it told so far was before this
      told.drainPermits();
      node.firewallCmd(change);
      assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).as(change).isTrue();
    }
    told.drainPermits();
    node.stopFirewalld();
    assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aBusThatWasRestartedIsFoundAgain() throws Exception {
    Semaphore told = new Semaphore(0);
    node.backend().watch(told::release);
    List<FilterRow> rows = Rows.network(Rows.allow(Direction.IN, 80));
    node.apply(rows);
    node.stopFirewalld();
    told.drainPermits();

    node.stopBus();

    assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    assertThat(refused(node.apply(rows)).reason()).isEqualTo("DBusUnreachable");

    node.startBus();
    node.startFirewalld();

    assertThat(node.apply(rows)).isEqualTo(new BackendOutcome.Applied(false, true, List.of()));
  }

  private String ruleOfPort80() {
    return node.firewallCmd("--policy=tweed-in-1 --list-rich-rules")
        .lines()
        .filter(line -> line.contains("port=\"80\""))
        .findFirst()
        .orElseThrow();
  }

  private static BackendOutcome.Refused refused(BackendOutcome outcome) {
    assertThat(outcome).isInstanceOf(BackendOutcome.Refused.class);
    return (BackendOutcome.Refused) outcome;
  }
}
