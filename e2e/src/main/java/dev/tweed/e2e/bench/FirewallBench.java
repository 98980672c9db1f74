package dev.tweed.e2e.bench;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * How long damage to a node's firewall lasts: n1 gets a ufw that denies everything, n2 stays
 * without a firewall manager; a policy of 100 rules is in force on both.
 */
final class FirewallBench {
  private static final int RULES = 100;
  private static final int TIMES = 100;

  private final TestCluster cluster;
  private final Installation tweed;

  FirewallBench(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
  }

  List<Row> run() throws InterruptedException {
    Machine ufw = cluster.machine("n1");
    Machine plain = cluster.machine("n2");
    ufw.shell(
            """
            set -e
            ufw default deny incoming
            ufw default deny outgoing
            ufw default deny routed
            ufw allow 10250/tcp
            ufw allow out 6443/tcp
            ufw --force enable
            """)
        .text();
    tweed.helmInstall(InstallBench.VALUES + "firewall: {hostTools: true}\n");
    tweed.apply(policy());
    awaitBackend(ufw, "ufw");
    awaitBackend(plain, "nftables");
    List<Row> rows = new ArrayList<>();
    String last = "10.99.0." + RULES;
    for (Damage damage :
        List.of(
            new Damage(
                "ufw, a live chain flushed",
                TIMES,
                "iptables -F ufw-user-input",
                "iptables -C ufw-user-input -p tcp -s "
                    + last
                    + " --dport 7000 -j ACCEPT 2>/dev/null"),
            new Damage(
                "ufw, rules cut out of user.rules",
                TIMES,
                "sed -i '/ 7000 /d' /etc/ufw/user.rules",
                "grep -q '" + last + " in' /etc/ufw/user.rules"))) {
      rows.add(row(damage, ufw));
    }
    for (Damage damage :
        List.of(
            new Damage(
                "nftables, our table flushed",
                TIMES,
                "nft flush table inet tweed-filter",
                "nft list table inet tweed-filter | grep -q 7000"),
            new Damage(
                "nftables, our table deleted",
                TIMES,
                "nft delete table inet tweed-filter",
                "nft list table inet tweed-filter 2>/dev/null | grep -q 7000"))) {
      rows.add(row(damage, plain));
    }
    // What is measured after this is measured as before it.
    cluster.kubectl("delete", "firewallpolicy", "bench").text();
    ufw.exec("ufw", "disable").text();
    tweed.helmInstall(InstallBench.VALUES);
    tweed.awaitReady(Duration.ofMinutes(2));
    return rows;
  }

  private static Row row(Damage damage, Machine node) throws InterruptedException {
    return new Row(
        "repair of %d rules: %s".formatted(RULES, damage.what()),
        "ms, median / p99 / max",
        new Sample(damage.measure(node)).medianP99AndMax(0),
        "p99 < 1000");
  }

  private void awaitBackend(Machine node, String backend) {
    Awaitility.await("rules of " + node.name() + " in " + backend)
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptions()
        .until(
            () -> {
              NodeReportStatus report = tweed.nodeReport(node.name()).orElseThrow().getStatus();
              return report.firewall().backend().equals(backend)
                  && report.policies().stream().anyMatch(NodeReportStatus.PolicyState::applied);
            });
  }

  private static String policy() {
    return IntStream.rangeClosed(1, RULES)
        .mapToObj(
            i ->
                "  - {name: r%d, direction: In, action: Allow, protocol: TCP, ports: [{port: 7000}], from: [{type: CIDR, cidr: 10.99.0.%d}]}\n"
                    .formatted(i, i))
        .collect(
            Collectors.joining(
                "",
                """
                apiVersion: tweed.dev/v1alpha1
                kind: FirewallPolicy
                metadata: {name: bench}
                spec:
                  nodeSelector: {}
                  rules:
                """,
                ""));
  }
}
