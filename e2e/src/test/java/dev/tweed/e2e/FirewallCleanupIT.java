package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Rules of policies outlive the release, as the data path does, until the nodes are cleaned. */
@OnCluster(value = Layout.NODES_WITH_FIREWALLS, steps = true)
@Order(67)
class FirewallCleanupIT {
  /** The rule of the test's policy; a chain's counters, which can be any number, do not match. */
  private static final String RULE = "ports? 7000";

  /** Ours, wherever rules can be. */
  private static final String OURS =
      "grep -hs tweed /etc/ufw/user.rules /etc/ufw/user6.rules;"
          + " { iptables-save; ip6tables-save; } | grep -E 'tweed|TWEED|"
          + RULE
          + "';"
          + " nft list tables | grep tweed";

  @Test
  @Order(1)
  void filesThatSetASysctlOtherwiseAreNamed(TestCluster cluster, Installation tweed) {
    FirewallNodes nodes = FirewallNodes.given(cluster, tweed);

    for (Machine node : cluster.nodes()) {
      Eventually.within(10, () -> assertThat(nodes.sysctl(node)).isEqualTo("2"));
    }
    Eventually.within(
        30,
        () -> {
          assertThat(contradictions(nodes.report(nodes.controlPlane())))
              .anySatisfy(
                  message ->
                      assertThat(message)
                          .startsWith("/etc/ufw/sysctl.conf:")
                          .contains("sets net.ipv4.conf.all.rp_filter to 1"));
          assertThat(contradictions(nodes.report(nodes.plainNode())))
              .anySatisfy(
                  message ->
                      assertThat(message)
                          .startsWith(
                              FirewallNodes.SYSCTL_FILE
                                  + ":1 sets net.ipv4.conf.all.rp_filter to 1"));
        });
  }

  private static List<String> contradictions(NodeReportStatus report) {
    return report.findings().stream()
        .filter(finding -> finding.reason().equals("SysctlContradicted"))
        .map(NodeReportStatus.Finding::message)
        .toList();
  }

  @Test
  @Order(2)
  void cleanupLeavesNothingOfPolicies(TestCluster cluster, Installation tweed) {
    FirewallNodes nodes = FirewallNodes.given(cluster, tweed);
    nodes.policy(
        "gone",
        "{}",
        "",
        List.of(
            "{name: gone, direction: In, action: Reject, protocol: TCP, ports: [{port: 7000}]}"));
    Machine[] all = cluster.nodes().toArray(Machine[]::new);
    nodes.awaitApplied("gone", all);

    // When the release goes, the rules stay
    tweed.helmUninstall();
    for (Machine node : all) {
      assertThat(
              node.shell("{ iptables-save; nft list ruleset; } | grep -cE '" + RULE + "'")
                  .succeeded())
          .isTrue();
    }

    // When the nodes are cleaned
    tweed.helmInstall("tweed-cleanup", "firewall: {hostTools: true}\ncleanup: {enabled: true}\n");
    Eventually.within(
        90,
        () ->
            assertThat(
                    cluster
                        .client()
                        .apps()
                        .daemonSets()
                        .inNamespace(Installation.NAMESPACE)
                        .withName("tweed-cleanup-cleanup")
                        .get()
                        .getStatus()
                        .getNumberReady())
                .isEqualTo(all.length));

    // Then nothing of ours is left, and what a person typed is
    for (Machine node : all) {
      assertThat(node.shell(OURS).stdout()).as(node.name()).isEmpty();
    }
    assertThat(nodes.controlPlane().exec("ufw", "show", "added").text())
        .isEqualTo(nodes.typedOn(nodes.controlPlane()));
    // And sysctls are as they were; ufw had set the one of the control plane
    for (Machine node : all) {
      assertThat(nodes.sysctl(node)).as(node.name()).isEqualTo(nodes.sysctlBefore(node));
    }
    assertThat(nodes.sysctl(nodes.controlPlane())).isEqualTo("1");
  }
}
