package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** NetworkPolicies, from {@code kubectl apply} to packets and to what is told of them. */
@OnCluster(value = Layout.THREE_NODES, steps = true)
@Order(7)
@TestInstance(Lifecycle.PER_CLASS)
class NetworkPolicyIT {
  private static final String NAMESPACE = "network-policy";

  private static final String DENY_ALL =
      """
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: default-deny, namespace: network-policy}
      spec: {podSelector: {}, policyTypes: [Ingress]}
      """;

  private static final String ALLOW_CLIENT =
      """
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: web, namespace: network-policy}
      spec:
        podSelector: {matchLabels: {probe: web}}
        ingress:
        - from: [{podSelector: {matchLabels: {probe: client}}}]
          ports: [{port: 8080}]
      """;

  private TestCluster cluster;
  private Installation tweed;
  private ProbeNamespace probes;
  private ProbePod client;
  private ProbePod stranger;
  private ProbePod web;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    this.cluster = cluster;
    this.tweed = tweed;
    probes = ProbeNamespace.create(cluster, NAMESPACE);
    List<ProbePod> pods = probes.pods("client", "n1", "stranger", "n1", "web", "n2");
    client = pods.get(0);
    stranger = pods.get(1);
    web = pods.get(2);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
    }
  }

  @Test
  @Order(1)
  void aDefaultDenyAndAnAllowAreInForceAlsoForWhatWasUnderWay() {
    assertThat(reaches(stranger)).isTrue();
    RunningPing ping = stranger.startPing(web.address());

    // When
    tweed.apply(DENY_ALL + "---\n" + ALLOW_CLIENT);
    for (String policy : List.of("default-deny", "web")) {
      awaitEnforced(policy);
    }

    // Then
    assertThat(reaches(client)).isTrue();
    assertThat(reaches(stranger)).isFalse();
    assertThat(client.ping(web.address(), 56).succeeded()).isFalse();
    assertThat(ping.stop().lost()).isPositive();
    // And the node itself reaches its pods, as its kubelet must
    assertThat(web.machine().exec("curl", "-s", "-m", "5", web.url("/hostname")).text())
        .isEqualTo("web");
    // And the report's columns say so
    assertThat(cluster.kubectl("get", "npr", "-n", NAMESPACE, "web").text())
        .containsPattern("web +1 +1/1 +True ");
  }

  private boolean reaches(ProbePod from) {
    Output answer = from.exec("probe", "http", web.url("/hostname"), "--timeout", "2s");
    return answer.succeeded() && answer.text().equals("web");
  }

  private void awaitEnforced(String policy) {
    String report = "networkpolicyreport/" + policy;
    cluster.kubectl("wait", "-n", NAMESPACE, report, "--for=create", "--timeout=30s").text();
    cluster
        .kubectl("wait", "-n", NAMESPACE, report, "--for=condition=Enforced", "--timeout=30s")
        .text();
  }

  @Test
  @Order(2)
  void whyTellsWhatBecomesOfAConnection() {
    String server = NAMESPACE + "/web:8080";

    Output denied = tweed.nodeCommand("n2", "policy", "why", stranger.address(), server);
    Output allowed = tweed.nodeCommand("n2", "policy", "why", client.address(), server);

    assertThat(denied.exitCode()).as(denied.toString()).isEqualTo(1);
    assertThat(allowed.exitCode()).as(allowed.toString()).isZero();
    assertThat(tweed.nodeCommand("n2", "policy", "status").text()).contains(NAMESPACE + "/web");
  }

  @Test
  @Order(3)
  void aNamespaceThatIsLabelledAnewChangesWhoIsLetInAlsoUnderWay() {
    tweed.apply(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: trusted, namespace: network-policy}
        spec:
          podSelector: {matchLabels: {probe: web}}
          ingress: [{from: [{namespaceSelector: {matchLabels: {trusted: "yes"}}}]}]
        """);
    awaitEnforced("trusted");
    assertThat(reaches(stranger)).isFalse();

    cluster.kubectl("label", "namespace", NAMESPACE, "trusted=yes").text();
    Eventually.within(5, () -> assertThat(reaches(stranger)).isTrue());
    RunningPing ping = stranger.startPing(web.address());

    cluster.kubectl("label", "namespace", NAMESPACE, "trusted-").text();
    Eventually.within(5, () -> assertThat(reaches(stranger)).isFalse());
    assertThat(ping.stop().lost()).isPositive();
    assertThat(reaches(client)).isTrue();
  }

  @Test
  @Order(4)
  void aPodIsClosedFromItsFirstInstruction() {
    tweed.apply(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: silent, namespace: network-policy}
        spec: {podSelector: {matchLabels: {probe: silent}}, policyTypes: [Egress]}
        """);
    awaitEnforced("silent");

    // When a pod that may send nothing tries from its first instruction on
    probes.podThatBeginsWith(
        "silent",
        "n1",
        "for i in 1 2 3 4 5; do probe http %s --timeout 300ms && echo LEAK; done"
            .formatted(web.url("/hostname")));

    // Then nothing came back, ever
    assertThat(cluster.kubectl("logs", "-n", NAMESPACE, "silent").text())
        .contains("READY")
        .doesNotContain("LEAK");
  }

  @Test
  @Order(5)
  void whatSomebodyTakesAwayIsPutBack() {
    Machine n2 = web.machine();

    n2.exec("nft", "delete", "table", "inet", "tweed-policy").text();

    Eventually.within(10, () -> assertThat(reaches(stranger)).isFalse());
    assertThat(reaches(client)).isTrue();
    awaitEnforced("web");
  }

  @Test
  @Order(6)
  void policiesHoldWhileDaemonAndOperatorAreAway() {
    tweed.scaleOperator(0);
    Eventually.within(60, () -> assertThat(tweed.operatorPods()).isEmpty());
    try {
      web.machine().exec("pkill", "-9", "-f", Installation.DAEMON_PROCESS).text();

      assertThat(reaches(stranger)).isFalse();
      assertThat(reaches(client)).isTrue();
    } finally {
      tweed.scaleOperator(1);
    }
  }

  @Test
  @Order(7)
  void withTheLastPolicyTheTableGoes() {
    cluster.kubectl("delete", "networkpolicies", "-n", NAMESPACE, "--all").text();

    Eventually.within(
        90,
        () -> {
          assertThat(reaches(stranger)).isTrue();
          for (Machine node : cluster.nodes()) {
            assertThat(node.exec("nft", "list", "tables").text()).doesNotContain("tweed-policy");
          }
        });
  }
}
