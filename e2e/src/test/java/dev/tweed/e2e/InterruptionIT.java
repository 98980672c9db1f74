package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Parts of Tweed or of Kubernetes die or are away; packets flow. */
@OnCluster(Layout.THREE_NODES)
@Order(4)
@TestInstance(Lifecycle.PER_CLASS)
class InterruptionIT {
  private TestCluster cluster;
  private Installation tweed;
  @AutoClose private PodOnEachNode pods;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    pods = PodOnEachNode.given(cluster, tweed, "interruption", "n1", "n2");
  }

  @Test
  @Order(1)
  void noPacketIsLostWhenADaemonIsKilled() {
    // Given a ping that runs, and a daemon
    String transition = transitionOf("n1");
    String pid = daemonPid(cluster.machine("n1"));
    RunningPing ping = ping();

    // When the daemon is killed without a word
    cluster.machine("n1").exec("kill", "-KILL", pid).text();

    // Then another takes over
    Eventually.within(
        60,
        () -> {
          assertThat(daemonPid(cluster.machine("n1"))).isNotEqualTo(pid);
          assertThat(tweed.allPodsReady()).isTrue();
        });
    RunningPing.Count count = ping.stop();

    // And no packet was lost, nor did the block's status blink
    assertThat(count.sent()).isGreaterThan(50);
    assertThat(count.lost()).as("lost of %s", count).isZero();
    assertThat(transitionOf("n1")).isEqualTo(transition);
  }

  @Test
  @Order(2)
  void noPacketIsLostWhenADaemonsPodIsDeleted() {
    String transition = transitionOf("n2");
    Pod before = tweed.daemonPod("n2");
    RunningPing ping = ping();

    cluster.client().resource(before).delete();

    Eventually.within(
        60,
        () -> {
          assertThat(tweed.daemonPod("n2").getMetadata().getUid())
              .isNotEqualTo(before.getMetadata().getUid());
          assertThat(tweed.allPodsReady()).isTrue();
        });
    RunningPing.Count count = ping.stop();
    assertThat(count.sent()).isGreaterThan(50);
    assertThat(count.lost()).as("lost of %s", count).isZero();
    assertThat(transitionOf("n2")).isEqualTo(transition);
  }

  @Test
  @Order(3)
  void aRuntimeThatFailsAtTheConfigurationHasNoNetwork() {
    // Given a runtime that found nothing in a file, when something moved in its directory
    Machine n3 = cluster.machine("n3");
    n3.shell(
            """
            set -e
            : >/run/broken.conflist
            cd /etc/cni/net.d
            ln -s /run/broken.conflist moved
            mv moved 04-broken.conflist
            """)
        .text();
    Eventually.within(60, () -> assertThat(tweed.isNodeReady("n3")).isFalse());

    // When the file is whole, of which nothing in the runtime's directory tells
    n3.shell("cat /etc/cni/net.d/05-tweed.conflist >/run/broken.conflist").text();
  }

  @Test
  @Order(4)
  void everyNodeGetsOneBlockThoughTheOperatorIsKilledMeanwhile() {
    // Given Nodes that appear all at once
    List<String> names = IntStream.range(0, 40).mapToObj(i -> "paper-" + i).toList();
    try {
      names.parallelStream().forEach(name -> Given.paperNode(cluster, name, names.indexOf(name)));

      // When the operator is killed while it hands out blocks
      Eventually.within(60, () -> assertThat(tweed.nodeSubnets()).hasSizeGreaterThan(3));
      Pod operator = tweed.operatorPods().getFirst();
      Machine machine = cluster.machine(operator.getSpec().getNodeName());
      machine
          .exec("kill", "-KILL", machine.process(Installation.OPERATOR_PROCESS).orElseThrow())
          .text();

      // Then every Node has exactly one block in the end, and no two have the same
      Eventually.within(
          90,
          () ->
              assertThat(tweed.nodeSubnets())
                  .extracting(subnet -> subnet.getSpec().nodeName())
                  .doesNotHaveDuplicates()
                  .containsAll(names));
      assertThat(tweed.nodeSubnets())
          .extracting(subnet -> subnet.getSpec().cidr())
          .doesNotHaveDuplicates();
    } finally {
      names.parallelStream().forEach(name -> cluster.client().nodes().withName(name).delete());
    }
    // And the blocks come back once the Nodes are gone for good; so many within the hour only since
    // somebody agrees
    cluster.kubectl("annotate", "podnetwork", "default", "tweed.dev/release-blocks=true");
    Eventually.within(90, () -> assertThat(tweed.nodeSubnets()).hasSize(3));
  }

  // The daemon does that after a minute, which the test before took, too.
  @Test
  @Order(5)
  void thatRuntimeIsShownTheConfigurationAgain() {
    Eventually.within(120, () -> assertThat(tweed.isNodeReady("n3")).isTrue());
    cluster.machine("n3").exec("rm", "/etc/cni/net.d/04-broken.conflist").text();
  }

  @Test
  @Order(6)
  void podsTalkAndDamageIsRepairedWhileTheApiServerIsAway() {
    // Given a ping that runs, and an API server that no longer answers
    Machine n1 = cluster.machine("n1");
    String block = tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr();
    String bridge = bridgeAddress("n3");
    int restarts = restarts();
    RunningPing ping = ping();
    cluster.controlPlane().freeze();
    try {
      // When a route is deleted meanwhile
      n1.exec("ip", "route", "del", block).text();

      // Then the daemon puts it back out of what it knows
      Eventually.within(
          30, () -> assertThat(n1.exec("ip", "route", "show", block).text()).contains("tweed.1"));
      // And tells its state to whoever asks on the node
      assertThat(n1.exec("cat", "/run/tweed/status").text()).contains("n1: ready", "programmed");

      // And when a daemon dies, and its device with it
      Machine n3 = cluster.machine("n3");
      n3.exec("kill", "-KILL", daemonPid(n3)).text();
      n3.exec("ip", "link", "del", "tweed.1").text();

      // Then the next one makes it anew out of what was remembered, and says so
      Eventually.within(
          60,
          () -> {
            assertThat(n3.exec("cat", "/run/tweed/status").text()).contains("FromMemory");
            assertThat(n1.exec("ping", "-c1", "-W1", bridge).succeeded()).isTrue();
          });
    } finally {
      cluster.controlPlane().thaw();
    }
    Eventually.within(90, () -> assertThat(tweed.allNodesReady() && tweed.allPodsReady()).isTrue());
    RunningPing.Count count = ping.stop();

    // A route that is gone costs packets until it is back, and nothing else does.
    assertThat(count.lost()).as("lost of %s", count).isLessThan(count.sent() / 4);
    assertThat(restarts()).as("restarts of the daemons").isEqualTo(restarts + 1);
    pods.on("n1").ping(pods.on("n2").address(), 56).text();
    Eventually.within(
        60,
        () ->
            assertThat(cluster.machine("n3").exec("cat", "/run/tweed/status").text())
                .doesNotContain("FromMemory"));
  }

  @Test
  @Order(7)
  void aNodeFallsSilent() {
    // A kubelet that lives would start the daemon anew; the end is below.
    assertThat(conditionOf("n3", "Ready").status()).isEqualTo("True");
    signal("STOP", "n3");
  }

  @Test
  @Order(8)
  void aDaemonStartsThoughTheServiceAddressIsDead() {
    // Given a node that reaches no Service, as without kube-proxy
    Machine n1 = cluster.machine("n1");
    n1.shell(
            """
            nft -f - <<'END'
            table ip e2e {
              chain output {
                type filter hook output priority -300
                ip daddr 10.96.0.1 drop
              }
            }
            END
            """)
        .text();
    try {
      // When its daemon starts anew
      n1.exec("kill", "-KILL", daemonPid(n1)).text();

      // Then it reads the cluster by another address, and says so
      Eventually.within(
          150, () -> assertThat(conditionOf("n1", "APIByEndpoint").status()).isEqualTo("True"));
      assertThat(conditionOf("n1", "Connected").status()).isEqualTo("True");
    } finally {
      n1.exec("nft", "delete", "table", "ip", "e2e").text();
    }
    Eventually.within(60, () -> assertThat(findings("n1")).doesNotContain("APIByEndpoint"));
  }

  @Test
  @Order(9)
  void theSilentNodeIsToldUntilItIsHeardAgain() {
    try {
      Eventually.within(
          130,
          () ->
              assertThat(List.of("Ready", "Programmed", "Reachable", "Connected"))
                  .allSatisfy(
                      type ->
                          assertThat(conditionOf("n3", type))
                              .extracting(Condition::status, Condition::reason)
                              .containsExactly("Unknown", "DaemonSilent")));
      assertThat(conditionOf("n3", "Ready").message()).contains("kubelet");
    } finally {
      signal("CONT", "n3");
    }
    Eventually.within(
        60,
        () -> {
          assertThat(conditionOf("n3", "Ready").status()).isEqualTo("True");
          assertThat(tweed.isNodeReady("n3")).isTrue();
        });
  }

  /** To the kubelet and the daemon of a node. */
  private void signal(String signal, String node) {
    Machine machine = cluster.machine(node);
    for (String process : List.of("kubelet --config", Installation.DAEMON_PROCESS)) {
      machine.exec("kill", "-" + signal, machine.process(process).orElseThrow()).text();
    }
  }

  private Condition conditionOf(String node, String type) {
    return Installation.condition(
        tweed.nodeReport(node).orElseThrow().getStatus().conditions(), type);
  }

  private List<String> findings(String node) {
    return tweed.nodeReport(node).orElseThrow().getStatus().findings().stream()
        .map(NodeReportStatus.Finding::reason)
        .toList();
  }

  private RunningPing ping() {
    return pods.on("n1").startPing(pods.on("n2").address());
  }

  private String bridgeAddress(String node) {
    return cluster
        .machine(node)
        .shell("ip -o -4 addr show tweed-br0 | sed 's/.* inet //; s#/.*##'")
        .text()
        .strip();
  }

  private int restarts() {
    return cluster.nodes().stream()
        .map(node -> tweed.daemonPod(node.name()))
        .mapToInt(pod -> pod.getStatus().getContainerStatuses().getFirst().getRestartCount())
        .sum();
  }

  private String transitionOf(String node) {
    NodeReport report = tweed.nodeReport(node).orElseThrow();
    return Installation.condition(report.getStatus().conditions(), "Ready").toString();
  }

  private static String daemonPid(Machine machine) {
    return machine.process(Installation.DAEMON_PROCESS).orElseThrow();
  }
}
