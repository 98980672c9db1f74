package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.MachinePlan;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Nodes come, reboot, go, lie and are odd. */
@OnCluster(Layout.THREE_NODES)
@Order(5)
@TestInstance(Lifecycle.PER_CLASS)
class NodesIT {
  /** The network of the machines themselves. */
  private static final String UNDERLAY = "172.31.77.0/24";

  private static final String CONFLIST = "/etc/cni/net.d/05-tweed.conflist";
  private static final String PLUGIN = "/opt/cni/bin/tweed";

  private TestCluster cluster;
  private Installation tweed;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod b;
  private ProbePod onN4;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    this.cluster = cluster;
    this.tweed = tweed;
    probes = ProbeNamespace.create(cluster, "nodes");
    List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
    a = pods.get(0);
    b = pods.get(1);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
    }
  }

  @Test
  @Order(1)
  void aNodeThatJoinsIsReachedByAll() {
    // When a fourth machine joins
    cluster.addNode(MachinePlan.node("n4"));

    // Then it becomes Ready and its pods and those of the others talk
    Eventually.within(90, () -> assertThat(tweed.isNodeReady("n4")).isTrue());
    onN4 = probes.pod("on-n4", "n4");
    assertThat(a.http(onN4.url("/hostname"))).isEqualTo("on-n4");
    assertThat(onN4.http(b.url("/client"))).isEqualTo(onN4.address());
  }

  @Test
  @Order(2)
  void aRebootedNodeIsNotReadyBeforePodsWorkAgain() {
    Machine n4 = cluster.machine("n4");
    Queue<String> readiness = new ConcurrentLinkedQueue<>();
    try (Watch watch = watchReadiness(cluster, "n4", readiness)) {
      // When the node reboots
      n4.reboot();

      // Then the plugin that starts pods leads nowhere, though the link of before is there
      assertThat(n4.exec("test", "-L", PLUGIN).succeeded()).isTrue();
      assertThat(n4.exec("test", "-e", PLUGIN).succeeded()).isFalse();

      // And the moment there is a CNI config with it, everything a pod needs is in the kernel
      Output kernel =
          n4.shell(
              "i=0; until [ -e "
                  + PLUGIN
                  + " ] && [ -e "
                  + CONFLIST
                  + " ] || [ $i -gt 1200 ]; do sleep 0.05; i=$((i+1)); done;"
                  + " ip route show dev tweed.1; ip -br link show tweed-br0;"
                  + " sysctl net.ipv4.ip_forward; nft list table inet tweed");
      for (String peer : List.of("n1", "n2", "n3")) {
        assertThat(kernel.text()).contains(tweed.nodeSubnet(peer).orElseThrow().getSpec().cidr());
      }
      assertThat(kernel.text())
          .contains("net.ipv4.ip_forward = 1")
          .contains("masquerade")
          .contains("tweed-br0");
      n4.awaitBooted();
      Eventually.within(90, () -> assertThat(tweed.isNodeReady("n4")).isTrue());
    }

    // And in between the node was not Ready
    assertThat(readiness).contains("False");
    // And its pods talk again, under new addresses
    Eventually.within(
        90,
        () -> {
          onN4 = probes.started("on-n4");
          assertThat(a.http(onN4.url("/hostname"))).isEqualTo("on-n4");
        });
  }

  @Test
  @Order(3)
  void aNodeThatLeavesIsForgottenByAll() {
    String block = tweed.nodeSubnet("n4").orElseThrow().getSpec().cidr();
    Machine n1 = cluster.machine("n1");
    assertThat(n1.exec("ip", "route", "show", block).text()).contains("tweed.1");

    // When the machine is switched off and its Node deleted
    cluster.removeNode("n4");

    // Then its block comes back after a while, and no node keeps a way to it
    Eventually.within(
        90,
        () -> {
          assertThat(tweed.nodeSubnet("n4")).isEmpty();
          assertThat(n1.exec("ip", "route", "show", block).text()).isEmpty();
          assertThat(tweed.nodeReport("n4")).isEmpty();
        });
    a.ping(b.address(), 56).text();
  }

  @Test
  @Order(4)
  void aHostilePeerIsSkippedAndTheOthersAreUnaffected() {
    // Given an operator that is away, or it would delete such blocks at once
    Machine n1 = cluster.machine("n1");
    String toN2 = n1.exec("ip", "route", "get", cluster.machine("n2").address()).text();
    String halfOfN2 =
        tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr().replace(".0/24", ".0/25");
    tweed.scaleOperator(0);
    Eventually.within(60, () -> assertThat(tweed.operatorPods()).isEmpty());
    try {
      // When blocks appear that would take over the underlay, or half of another node's pods
      tweed.apply(hostile(UNDERLAY, "172.31.77.99"));
      tweed.apply(hostile(halfOfN2, "172.31.77.99"));

      // Then the daemon names them
      Eventually.within(
          60,
          () ->
              assertThat(n1.exec("cat", "/run/tweed/status").text())
                  .contains("InvalidPeer", UNDERLAY, halfOfN2));
      // And packets go the way they went before
      assertThat(n1.exec("ip", "route", "get", cluster.machine("n2").address()).text())
          .isEqualTo(toN2);
      assertThat(n1.exec("ip", "route", "show", halfOfN2).text()).isEmpty();
      assertThat(a.http(b.url("/hostname"))).isEqualTo("b");
    } finally {
      tweed.scaleOperator(1);
    }
  }

  @Test
  @Order(5)
  void aForeignCniConfigIsReported() {
    Machine n3 = cluster.machine("n3");
    String foreign = "/etc/cni/net.d/00-foreign.conflist";
    try {
      // When a config that would win over ours appears
      n3.write(
          foreign,
          """
          {"cniVersion": "1.0.0", "name": "foreign", "plugins": [{"type": "loopback"}]}
          """);

      // Then the node's report says so, and names it
      Eventually.within(
          90,
          () ->
              assertThat(tweed.nodeReport("n3").orElseThrow().getStatus().findings())
                  .anySatisfy(
                      finding -> {
                        assertThat(finding.reason()).isEqualTo("ForeignCNIConfig");
                        assertThat(finding.object() + finding.message()).contains("00-foreign");
                        assertThat(finding.remedy()).isNotBlank();
                      }));
      // And the file is not touched
      assertThat(n3.exec("test", "-f", foreign).succeeded()).isTrue();
    } finally {
      n3.exec("rm", "-f", foreign);
    }
    Eventually.within(
        90,
        () ->
            assertThat(tweed.nodeReport("n3").orElseThrow().getStatus().findings())
                .noneMatch(finding -> finding.reason().equals("ForeignCNIConfig")));
  }

  @Test
  @Order(6)
  void theDaemonRunsAsAServiceOnOneNode() {
    Machine n3 = cluster.machine("n3");
    String block = tweed.nodeSubnet("n1").orElseThrow().getSpec().cidr();
    // Given a node that the DaemonSet leaves alone
    cluster.kubectl("label", "node", "n3", "tweed.dev/daemon=service").text();
    tweed.helmInstall(
        Given.VALUES
            + """
            node:
              outsidePods: true
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                    - matchExpressions:
                      - {key: tweed.dev/daemon, operator: NotIn, values: [service]}
            """);
    Eventually.within(60, () -> assertThat(n3.process(Installation.DAEMON_PROCESS)).isEmpty());

    try {
      // When the daemon is started there as its unit would, with a certificate of its own
      cluster.certifyDaemon("n3");
      n3.exec("mkdir", "-p", "/opt/tweed-image").text();
      n3.exec(
              "ctr",
              "-n",
              "k8s.io",
              "images",
              "mount",
              "docker.io/tweed/node:dev",
              "/opt/tweed-image")
          .text();
      n3.start(
          "/var/log/tweed-node.log",
          "TWEED_HOME=/opt/tweed-image/opt/tweed TWEED_JAVA=/opt/tweed-image/opt/java/bin/java"
              + " exec /opt/tweed-image/usr/local/bin/tweed-node run --node-name n3"
              + " --kubeconfig /pki/tweed/n3.conf"
              + " --cni-plugins-dir /opt/tweed-image/opt/tweed/cni-bin");

      // Then it is ready, and repairs what is damaged
      Eventually.within(60, () -> n3.exec("curl", "-fsS", "http://127.0.0.1:9464/readyz").text());
      n3.exec("ip", "route", "del", block).text();
      Eventually.within(
          30, () -> assertThat(n3.exec("ip", "route", "show", block).text()).contains("tweed.1"));
      // And its certificate says nothing in the name of another node
      assertThat(statusPatch("n3", "n3").succeeded()).isTrue();
      assertThat(statusPatch("n3", "n1"))
          .satisfies(
              answer -> {
                assertThat(answer.succeeded()).isFalse();
                assertThat(answer.stderr()).contains("Forbidden").contains("n1");
              });
    } finally {
      n3.exec("pkill", "-f", Installation.DAEMON_PROCESS);
      n3.exec("ctr", "-n", "k8s.io", "images", "unmount", "--rm", "/opt/tweed-image");
      cluster.kubectl("label", "node", "n3", "tweed.dev/daemon-");
      tweed.helmInstall(Given.VALUES);
    }
    Eventually.within(90, () -> assertThat(tweed.allPodsReady()).isTrue());
  }

  // It deletes nothing before its ledger has rested for half a minute, which the tests before took.
  @Test
  @Order(7)
  void theOperatorBackAgainDeletesHostilePeers() {
    Eventually.within(
        90,
        () ->
            assertThat(tweed.nodeSubnets())
                .extracting(subnet -> subnet.getSpec().nodeName())
                .doesNotContain("evil"));
  }

  /**
   * Tries to write a NodeReport's status with the certificate of a node's daemon, as that does:
   * other patches of kubectl look at the object first, for which a daemon has no right.
   */
  private Output statusPatch(String certificateOf, String report) {
    return cluster
        .machine("n3")
        .shell(
            """
            echo '{"apiVersion":"tweed.dev/v1alpha1","kind":"NodeReport","metadata":{"name":"%s"},
              "status":{"podNetwork":"default"}}' |
              kubectl --kubeconfig /pki/tweed/%s.conf apply --server-side --force-conflicts \\
                --field-manager=test --subresource=status -f -
            """
                .formatted(report, certificateOf));
  }

  static Watch watchReadiness(TestCluster cluster, String node, Queue<String> seen) {
    return cluster
        .client()
        .nodes()
        .withName(node)
        .watch(
            new Watcher<>() {
              @Override
              public void eventReceived(Action action, Node object) {
                object.getStatus().getConditions().stream()
                    .filter(condition -> condition.getType().equals("Ready"))
                    .forEach(condition -> seen.add(condition.getStatus()));
              }

              @Override
              public void onClose(WatcherException cause) {
                seen.add("watch closed: " + cause);
              }
            });
  }

  private static String blockName(String cidr) {
    return cidr.replaceAll("[./]", "-");
  }

  private static String hostile(String cidr, String nodeIp) {
    return """
        apiVersion: tweed.dev/v1alpha1
        kind: NodeSubnet
        metadata:
          name: %s
        spec:
          podNetwork: default
          nodeName: evil
          nodeUID: 00000000-0000-0000-0000-000000000000
          cidr: %s
          nodeIPs: [%s]
          vtepMAC: 02:00:00:00:00:66
        """
        .formatted(blockName(cidr), cidr, nodeIp);
  }
}
