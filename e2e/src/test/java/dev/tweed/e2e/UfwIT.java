package dev.tweed.e2e;

import static dev.tweed.e2e.bed.Installation.condition;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Nodes whose ufw denies what comes in, what goes out and what is routed, but for what a person
 * typed. There is a PodNetwork and no FirewallPolicy.
 */
@OnCluster(value = Layout.TWO_NODES_WITH_UFW, steps = true)
@Order(50)
@TestInstance(Lifecycle.PER_CLASS)
class UfwIT {
  private static final String HOST_TOOLS = "firewall: {hostTools: true}\n";

  /** What a person gets to see of ufw, and what the kernel has of it. */
  private static final List<String> LOOKS =
      List.of(
          "ufw status verbose",
          "ufw show added",
          "grep ^ENABLED= /etc/ufw/ufw.conf",
          "iptables-save -t filter | grep -- '-A ufw-user'",
          "ip6tables-save -t filter | grep -- '-A ufw6-user'");

  /** By machine and command, before Tweed came. */
  private final Map<String, String> typed = new ConcurrentHashMap<>();

  private TestCluster cluster;
  private Installation tweed;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod sameNode;
  private ProbePod otherNode;

  @BeforeAll
  void nodesWithUfw(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    cluster.nodes().parallelStream().forEach(this::type);
    tweed.helmInstall(Given.VALUES);
    tweed.apply(Installation.podNetwork("default", Given.POOL));
    tweed.awaitReady(Duration.ofSeconds(120));
    probes = ProbeNamespace.create(cluster, "ufw");
    List<ProbePod> pods = probes.pods("a", "n1", "same-node", "n1", "other-node", "n2");
    a = pods.get(0);
    sameNode = pods.get(1);
    otherNode = pods.get(2);
  }

  private void type(Machine node) {
    node.shell(
            """
              set -e
              ufw default deny incoming
              ufw default deny outgoing
              ufw default deny routed
              ufw allow 22/tcp comment ssh
              ufw allow 6443/tcp
              ufw allow 10250/tcp comment kubelet
              ufw allow out to %s port 6443 proto tcp comment 'API server'
              ufw allow out 53
              ufw --force enable
              """
                .formatted(cluster.controlPlane().address()))
        .text();
    for (String look : LOOKS) {
      typed.put(node.name() + look, node.shell(look).text());
    }
  }

  @Test
  @Order(1)
  void withoutTheHostsToolsTheReportSaysWhatToType() {
    // Given pods that ufw keeps from each other
    assertThat(a.exec("probe", "http", otherNode.url("/hostname"), "--timeout", "1s").succeeded())
        .isFalse();

    // Then the report of each node has the commands that would help
    for (Machine node : cluster.nodes()) {
      Eventually.within(
          40,
          () -> {
            NodeReportStatus report = report(node);
            assertThat(condition(report.conditions(), "Ready"))
                .returns("False", Condition::status)
                .returns("HostFirewallBlocks", Condition::reason);
            assertThat(condition(report.conditions(), "Programmed").status()).isEqualTo("True");
            assertThat(condition(report.conditions(), "HostFirewallBlocks").status())
                .isEqualTo("True");
            assertThat(report.findings())
                .extracting(NodeReportStatus.Finding::remedy)
                .anySatisfy(remedy -> assertThat(remedy).contains("ufw allow 8472/udp"))
                .anySatisfy(remedy -> assertThat(remedy).contains("ufw allow out 8472/udp"))
                .anySatisfy(
                    remedy ->
                        assertThat(remedy)
                            .contains("ufw route allow in on tweed.1 out on tweed-br0"))
                .anySatisfy(
                    remedy -> assertThat(remedy).contains("ufw route allow in on tweed-br0"));
          });
      // And nothing was changed
      assertThatAllIsAsTyped(node);
    }
    // And the network is not said to work, on nodes that are up all the same
    Eventually.within(
        20,
        () ->
            assertThat(networkReady())
                .returns("False", Condition::status)
                .extracting(Condition::message)
                .asString()
                .contains("n1 (HostFirewallBlocks)", "n2 (HostFirewallBlocks)"));
    assertThat(tweed.allNodesReady()).isTrue();
    assertThat(tweed.allPodsReady()).isTrue();
  }

  @Test
  @Order(2)
  void withThemPodsTalk() {
    tweed.helmInstall(Given.VALUES + HOST_TOOLS);

    Eventually.within(90, this::assertThatPodsTalk);
    // And reach the outside
    assertThat(a.http("http://" + cluster.outside().address() + ":8080/client"))
        .isEqualTo(cluster.machine("n1").address());
    // And a Service
    String service = probes.service("other", otherNode, "tcp/80:8080");
    Eventually.within(
        20, () -> assertThat(a.http("http://" + service + "/hostname")).isEqualTo("other-node"));
    // And the reports have nothing to complain of
    for (Machine node : cluster.nodes()) {
      Eventually.within(
          40,
          () -> {
            NodeReportStatus report = report(node);
            assertThat(condition(report.conditions(), "Ready").status()).isEqualTo("True");
            assertThat(condition(report.conditions(), "HostFirewallBlocks").status())
                .isNotEqualTo("True");
            assertThat(report.firewall().manager()).isEqualTo("ufw");
            assertThat(report.firewall().state()).isEqualTo("Active");
            assertThat(report.firewall().reason()).contains("are Tweed's");
          });
    }
    Eventually.within(20, () -> assertThat(networkReady().status()).isEqualTo("True"));
    Eventually.within(30, () -> assertThat(tweed.allPodsReady()).isTrue());
  }

  @Test
  @Order(3)
  void ufwShowsOurRulesAfterThoseAPersonTyped() {
    for (Machine node : cluster.nodes()) {
      String status = node.exec("ufw", "status", "verbose").text();
      assertThat(status)
          .startsWith("Status: active")
          .contains("Default: deny (incoming), deny (outgoing), deny (routed)")
          .containsPattern("(?m)^8472/udp +ALLOW IN +Anywhere +# tweed:")
          .containsPattern("(?m)^8472/udp +ALLOW OUT +Anywhere +# tweed:")
          .containsPattern("(?m)^8472/udp \\(v6\\) +ALLOW IN +Anywhere \\(v6\\) +# tweed:")
          .containsPattern(
              "(?m)^10\\.244\\.0\\.0/16 7416/udp +ALLOW IN +10\\.244\\.0\\.0/16 +# tweed:")
          .containsPattern("(?m)^10\\.244\\.0\\.0/16 +ALLOW OUT +Anywhere +# tweed:")
          .containsPattern("(?m)^Anywhere on tweed\\.1 +ALLOW IN +Anywhere +# tweed:")
          .containsPattern("(?m)^Anywhere +ALLOW OUT +Anywhere on tweed\\.1 +# tweed:")
          .containsPattern("(?m)^Anywhere on tweed-br0 +ALLOW FWD +Anywhere on tweed\\.1 +# tweed:")
          .containsPattern(
              "(?m)^Anywhere on tweed\\.1 +ALLOW FWD +Anywhere on tweed-br0 +# tweed:");
      assertThatTypedRulesComeFirst(node);
    }
  }

  @Test
  @Order(4)
  void aReloadChangesNothing() {
    Machine n1 = cluster.machine("n1");
    Map<String, String> before = new HashMap<>();
    LOOKS.forEach(look -> before.put(look, n1.shell(look).text()));

    n1.exec("ufw", "reload").text();

    assertThatPodsTalk();
    LOOKS.forEach(look -> assertThat(n1.shell(look).text()).as(look).isEqualTo(before.get(look)));
  }

  @Test
  @Order(5)
  void aNodePortReachesPodsOfTheNodeAndOfOthers() {
    tweed.apply(nodePort("same-node", 30080) + "---\n" + nodePort("other-node", 30081));

    Eventually.within(15, () -> assertThat(askNodePort(30080)).isEqualTo("same-node"));
    Eventually.within(15, () -> assertThat(askNodePort(30081)).isEqualTo("other-node"));
  }

  private static String nodePort(String pod, int port) {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: port-%1$s, namespace: ufw}
        spec:
          type: NodePort
          selector: {probe: %1$s}
          ports:
          - {port: 80, targetPort: 8080, nodePort: %2$d}
        """
        .formatted(pod, port);
  }

  @Test
  @Order(6)
  void aRuleThatIsTypedLaterStays() {
    Machine n1 = cluster.machine("n1");
    n1.exec("ufw", "allow", "8080/tcp", "comment", "typed later").text();

    // When the daemons start again
    tweed.helmInstall(Given.VALUES + HOST_TOOLS + "node: {podAnnotations: {again: \"1\"}}\n");
    Eventually.within(
        90,
        () -> {
          assertThat(tweed.daemonPod("n1").getMetadata().getAnnotations()).containsKey("again");
          assertThat(tweed.daemonPod("n2").getMetadata().getAnnotations()).containsKey("again");
          assertThat(tweed.allPodsReady()).isTrue();
        });

    assertThat(n1.exec("ufw", "show", "added").text())
        .contains("ufw allow 8080/tcp comment 'typed later'")
        .contains("8472/udp");
    assertThatPodsTalk();
    n1.exec("ufw", "delete", "allow", "8080/tcp").text();
  }

  @Test
  @Order(7)
  void cleanupTakesOurRulesAndLeavesTheirs() {
    probes.close();
    Eventually.within(
        60,
        () -> assertThat(cluster.client().pods().inNamespace("ufw").list().getItems()).isEmpty());
    tweed.helmUninstall();
    // The rules outlive the release, as the rest of the data path does
    assertThat(cluster.machine("n1").exec("ufw", "show", "added").text()).contains("8472/udp");

    tweed.helmInstall("tweed-cleanup", HOST_TOOLS + "cleanup: {enabled: true}\n");
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
                .isEqualTo(2));

    for (Machine node : cluster.nodes()) {
      assertThatAllIsAsTyped(node);
    }
  }

  /** From a machine that is no node. */
  private String askNodePort(int port) {
    return cluster
        .controlPlane()
        .exec(
            "curl",
            "-sS",
            "--max-time",
            "2",
            "http://%s:%d/hostname".formatted(cluster.machine("n1").address(), port))
        .text();
  }

  private Condition networkReady() {
    return condition(tweed.podNetwork("default").orElseThrow().getStatus().conditions(), "Ready");
  }

  private NodeReportStatus report(Machine node) {
    return tweed.nodeReport(node.name()).orElseThrow().getStatus();
  }

  /** Each request is a new connection. */
  private void assertThatPodsTalk() {
    assertThat(a.http(otherNode.url("/hostname"))).isEqualTo("other-node");
    assertThat(a.http(otherNode.url("/client"))).isEqualTo(a.address());
    assertThat(otherNode.http(a.url("/client"))).isEqualTo(otherNode.address());
    assertThat(a.http(sameNode.url("/client"))).isEqualTo(a.address());
  }

  private void assertThatAllIsAsTyped(Machine node) {
    for (String look : LOOKS) {
      assertThat(node.shell(look).text())
          .as("%s: %s", node.name(), look)
          .isEqualTo(typed.get(node.name() + look));
    }
  }

  private void assertThatTypedRulesComeFirst(Machine node) {
    assertThat(node.exec("ufw", "show", "added").text())
        .startsWith(typed.get(node.name() + "ufw show added"));
  }
}
