package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The firewall of a host appears, is switched on, and cannot be written. */
@OnCluster(value = Layout.NODES_WITH_FIREWALLS, steps = true)
@Order(65)
@TestInstance(Lifecycle.PER_CLASS)
class FirewallBackendIT {
  private TestCluster cluster;
  private Installation tweed;
  private FirewallNodes nodes;
  private Machine plain;
  private Machine ufw;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    nodes = FirewallNodes.given(cluster, tweed);
    plain = nodes.plainNode();
    ufw = nodes.ufwNode();
    nodes.policy("followed", "{}", "", List.of(reject("followed", 7000)));
    nodes.awaitApplied("followed", ufw, plain);
  }

  @AfterAll
  void remove() {
    if (nodes != null) {
      nodes.deletePolicies();
    }
  }

  private static String reject(String name, int port) {
    return "{name: %s, direction: In, action: Reject, protocol: TCP, ports: [{port: %d}]}"
        .formatted(name, port);
  }

  @Test
  @Order(1)
  void withoutUfwsConfigurationRulesAreInNftablesAndNothingIsMade() {
    NodeReportStatus.Firewall firewall = nodes.report(plain).firewall();
    assertThat(firewall.manager()).isEqualTo("none");
    assertThat(firewall.backend()).isEqualTo("nftables");
    assertThat(firewall.backendReason()).isNotBlank();
    assertThat(plain.exec("nft", "list", "table", "inet", "tweed-filter").text()).contains("7000");
    assertThat(plain.exec("test", "-e", "/etc/ufw").succeeded()).isFalse();
  }

  @Test
  @Order(2)
  void rulesAreInIptablesOnceSomebodysRulesThereDrop() {
    // When a person closes the node by iptables
    plain
        .shell(
            """
            iptables -A INPUT -i lo -j ACCEPT
            iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            iptables -A INPUT -p tcp --dport 10250 -j ACCEPT
            iptables -P INPUT DROP
            iptables -P FORWARD DROP
            """)
        .text();

    // Then the rules are there, and what the network needs is, too
    Eventually.within(
        30,
        () -> {
          assertThat(iptables()).contains("-A INPUT -j TWEED-INPUT", "--dport 7000", "tweed-br0");
          assertThat(plain.exec("nft", "list", "tables").text()).doesNotContain("tweed-filter");
          assertThat(nodes.report(plain).firewall().backend()).isEqualTo("iptables");
        });

    // When all rules are flushed, those come back
    plain.exec("iptables", "-F").text();
    Eventually.within(
        15, () -> assertThat(iptables()).contains("-A INPUT -j TWEED-INPUT", "--dport 7000"));

    // When nothing drops any more, they stay until another firewall is there
    plain.shell("iptables -P INPUT ACCEPT; iptables -P FORWARD ACCEPT").text();
    nodes.policy("followed", "{}", "", List.of(reject("followed", 7000), reject("more", 7003)));
    Eventually.within(30, () -> assertThat(iptables()).contains("--dport 7003"));
    assertThat(plain.exec("nft", "list", "tables").text()).doesNotContain("tweed-filter");
  }

  private String iptables() {
    return plain.shell("iptables-save -t filter").text();
  }

  @Test
  @Order(3)
  void rulesMoveIntoUfwWhenItIsSwitchedOn() {
    // When a person sets ufw up
    plain
        .shell(
            """
            set -e
            mv /etc/ufw.away /etc/ufw
            ufw allow 10250/tcp
            ufw --force enable
            """)
        .text();

    // Then the rules are ufw's, and our own table has gone: after 10 s in which nothing moves any
    // more, and the pauses of a firewall that is looked at again and again
    Eventually.within(
        75,
        () -> {
          assertThat(plain.exec("ufw", "status").text()).contains("7000/tcp", "tweed:", "8472/udp");
          assertThat(iptables()).doesNotContain("TWEED");
          assertThat(nodes.report(plain).firewall().backend()).isEqualTo("ufw");
        });
    assertThat(plain.exec("ufw", "show", "added").text()).contains("ufw allow 10250/tcp");
  }

  @Test
  @Order(4)
  void andBackWhenItIsSwitchedOff() {
    plain.exec("ufw", "disable").text();

    Eventually.within(
        30,
        () -> {
          assertThat(plain.exec("nft", "list", "table", "inet", "tweed-filter").text())
              .contains("7000");
          assertThat(nodes.report(plain).firewall().backend()).isEqualTo("nftables");
        });
  }

  @Test
  @Order(5)
  void rulesOfAReadOnlyEtcStayAsTheyWere() {
    // Given a daemon that started where ufw's files cannot be written
    ufw.exec("mount", "--bind", "/etc/ufw", "/etc/ufw").text();
    ufw.exec("mount", "-o", "remount,bind,ro", "/etc/ufw").text();
    try {
      restartDaemon();

      // When a policy comes
      nodes.policy("later", FirewallNodes.only(ufw), "", List.of(reject("later", 7002)));

      // Then the node says what is in the way, and what was in force is in force
      Eventually.within(
          40,
          () -> {
            NodeReportStatus.PolicyState state = nodes.state(ufw, "later");
            assertThat(state.applied()).isFalse();
            assertThat(state.reason()).isNotBlank();
            assertThat(state.message()).containsIgnoringCase("read-only");
          });
      assertThat(ufw.exec("ufw", "status").text()).contains("7000/tcp").doesNotContain("7002");
      assertThat(tweed.allPodsReady()).isTrue();
    } finally {
      ufw.exec("umount", "/etc/ufw").text();
      restartDaemon();
    }
    Eventually.within(30, () -> assertThat(ufw.exec("ufw", "status").text()).contains("7002/tcp"));
  }

  /** What is mounted is seen by containers that start later. */
  private void restartDaemon() {
    cluster.client().resource(tweed.daemonPod(ufw.name())).withGracePeriod(0).delete();
    Eventually.within(60, () -> assertThat(tweed.allPodsReady()).isTrue());
  }
}
