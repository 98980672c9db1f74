package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.MachinePlan;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The release is upgraded, removed, and the nodes are cleaned. The last class of its cluster. */
@OnCluster(value = Layout.THREE_NODES, steps = true)
@Order(9)
@TestInstance(Lifecycle.PER_CLASS)
class LifecycleIT {
  /** What the ServiceAccounts of the release ask the API server for. */
  private static final String AUDIT = "/var/log/audit.jsonl";

  private TestCluster cluster;
  private Installation tweed;
  private PodOnEachNode pods;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    pods = PodOnEachNode.given(cluster, tweed, "lifecycle", "n1", "n2");
  }

  @Test
  @Order(1)
  void noPacketIsLostDuringAnUpgrade() {
    RunningPing ping = pods.on("n1").startPing(pods.on("n2").address());
    int noted =
        Integer.parseInt(cluster.controlPlane().shell("wc -l <" + AUDIT).text().strip()) + 1;

    // When an upgrade replaces every pod of the release
    tweed.helmInstall(
        Given.VALUES
            + """
              podAnnotations: {example.org/upgrade: "1"}
            node:
              podAnnotations: {example.org/upgrade: "1"}
              updateStrategy: {maxUnavailable: 100%}
            """);
    Eventually.within(
        120,
        () -> {
          assertThat(tweed.pods())
              .allSatisfy(
                  pod ->
                      assertThat(pod.getMetadata().getAnnotations())
                          .containsKey("example.org/upgrade"));
          assertThat(tweed.allPodsReady()).isTrue();
        });

    RunningPing.Count count = ping.stop();
    assertThat(count.sent()).isGreaterThan(50);
    assertThat(count.lost()).as("lost of %s", count).isZero();
    // And the API server has refused nothing to the operator and the daemons, old and new
    assertThat(cluster.controlPlane().shell("tail -n +" + noted + " " + AUDIT).text())
        .contains("system:serviceaccount:tweed-system:tweed-node")
        .contains("system:serviceaccount:tweed-system:tweed-operator")
        .doesNotContain("\"code\":403");
  }

  @Test
  @Order(2)
  void podsKeepTalkingWhenTheReleaseIsRemoved() {
    RunningPing ping = pods.on("n1").startPing(pods.on("n2").address());

    tweed.helmUninstall();

    // Then what people made is still there
    assertThat(tweed.podNetwork("default")).isPresent();
    assertThat(tweed.nodeSubnets())
        .extracting(subnet -> subnet.getSpec().nodeName())
        .contains("n1", "n2", "n3");
    // And pods talk, those that start now too
    ProbePod late = pods.namespace().pod("late", "n1");
    assertThat(late.http(pods.on("n2").url("/client"))).isEqualTo(late.address());
    RunningPing.Count count = ping.stop();
    assertThat(count.sent()).isGreaterThan(50);
    assertThat(count.lost()).as("lost of %s", count).isZero();
  }

  @Test
  @Order(3)
  void cleanupLeavesNothing() {
    // Given nodes without pods that need the network
    pods.close();
    Eventually.within(
        60,
        () ->
            assertThat(cluster.client().pods().inNamespace("lifecycle").list().getItems())
                .isEmpty());
    // And without their sandboxes: a pod may be gone from the API before the kubelet, which needs
    // the CNI plugins for it, has taken down its network
    for (String name : List.of("n1", "n2", "n3")) {
      Machine node = cluster.machine(name);
      Eventually.within(
          60,
          () ->
              assertThat(
                      node.shell("ip -o link show master tweed-br0 | sed /tweed-probe-br/d")
                          .stdout())
                  .isEmpty());
    }

    // When the nodes are cleaned as the documentation says
    tweed.helmInstall("tweed-cleanup", "cleanup: {enabled: true}");
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
                .isEqualTo(3));
    cluster.helm("uninstall", "tweed-cleanup", "-n", Installation.NAMESPACE, "--wait").text();

    // Then each looks like a machine that never had Tweed
    Machine fresh = cluster.addNode(MachinePlan.node("fresh"));
    for (String name : List.of("n1", "n2", "n3")) {
      Machine node = cluster.machine(name);
      for (String look : LOOKS) {
        assertThat(node.shell(look).stdout())
            .as("%s: %s", name, look)
            .isEqualTo(fresh.shell(look).stdout());
      }
    }
    // And waits for a network plugin again
    Eventually.within(60, () -> assertThat(tweed.isNodeReady("n1")).isFalse());
  }

  /** Each prints the same on every machine that nobody has touched. */
  private static final List<String> LOOKS =
      List.of(
          "ip -o link show | sed 's/^[0-9]*: //; s/[@:].*//' | sort",
          "ip -4 -o address show | grep -v eth0 | sed 's/^[0-9]*: //'",
          "ip route show table all | grep -v eth0 | sort",
          "ip nexthop show",
          "ip rule show",
          "ip neighbour show nud permanent",
          "nft list tables | sort",
          "find /etc/cni /run/tweed /var/lib/tweed ! -type d 2>/dev/null | sort");
}
