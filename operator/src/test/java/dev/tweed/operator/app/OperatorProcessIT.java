package dev.tweed.operator.app;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.cluster.TestCluster;
import dev.tweed.operator.policy.Policies;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The packaged operator, with the ServiceAccount and roles of the chart, on a real API server. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class OperatorProcessIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  private KubernetesClient client;
  private TestCluster cluster;
  private Path kubeconfig;
  private OperatorProcess operator;

  @BeforeEach
  void start(ApiServer server) {
    client = server.admin();
    cluster = new TestCluster(client);
    cluster.clear();
    client.leases().inNamespace(TestCluster.NAMESPACE).delete();
    client.events().v1().events().inNamespace("default").delete();
    client.events().v1().events().inNamespace(TestCluster.NAMESPACE).delete();
    kubeconfig = ChartIdentity.kubeconfig(server);
    operator = OperatorProcess.start(kubeconfig, Map.of("TWEED_RELEASE_AFTER", "2s"));
  }

  @AfterEach
  void stop() {
    operator.close();
  }

  private Optional<PodNetworkStatus> status(String network) {
    return Optional.ofNullable(client.resources(PodNetwork.class).withName(network).get())
        .map(PodNetwork::getStatus);
  }

  private void awaitCondition(String network, String type, String status, String reason) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(status(network).map(PodNetworkStatus::conditions).orElse(List.of()))
                    .anySatisfy(
                        c -> {
                          assertThat(c.type()).isEqualTo(type);
                          assertThat(c.status()).isEqualTo(status);
                          assertThat(c.reason()).isEqualTo(reason);
                        }));
  }

  private List<Event> events(String reason) {
    return client.events().v1().events().inNamespace("default").list().getItems().stream()
        .filter(e -> reason.equals(e.getReason()))
        .toList();
  }

  /** One, which comes after the status. */
  private Event awaitEvent(String reason) {
    await().atMost(SOON).untilAsserted(() -> assertThat(events(reason)).hasSize(1));
    return events(reason).getFirst();
  }

  @Test
  void fromNodesToAReadyNetwork() {
    // Given three nodes
    cluster.nodes(0, 3);

    // When a network asks for them, and the daemons report that it works
    cluster.network("default", pool("10.244.0.0/22", 24));
    awaitCondition("default", "Allocated", "True", "Allocated");
    awaitCondition("default", "Ready", "False", "NodesNotReady");
    cluster.subnets().forEach(cluster::daemonReady);
    awaitCondition("default", "Ready", "True", "Ready");

    // Then the status tells it, an Event for each transition does, and the Nodes are available
    PodNetworkStatus status = status("default").orElseThrow();
    assertThat(status.observedGeneration()).isEqualTo(1);
    assertThat(status.nodes()).isEqualTo(new PodNetworkStatus.NodeCounts(3, 3, 3));
    assertThat(status.blocks()).isEqualTo(3);
    assertThat(status.freeBlocks()).isEqualTo(1);
    assertThat(status.mtu()).isEqualTo(new PodNetworkStatus.MtuRange(1450, 1450));
    awaitEvent("Allocated");
    awaitEvent("Ready");
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(client.nodes().list().getItems())
                    .allSatisfy(
                        n ->
                            assertThat(n.getStatus().getConditions())
                                .anyMatch(
                                    c ->
                                        c.getType().equals("NetworkUnavailable")
                                            && c.getStatus().equals("False"))));
    // And it may look at the daemons' Leases
    assertThat(operator.log()).doesNotContain("Leases cannot be listed");
  }

  @Test
  void anExhaustedPoolIsToldWithNumbersAndNames() {
    // One after the other: the oldest come first.
    for (int i = 0; i < 5; i++) {
      cluster.node(i);
    }
    cluster.network("small", pool("10.244.0.0/23", 24));
    awaitCondition("small", "Allocated", "False", "PoolExhausted");

    Condition allocated =
        status("small").orElseThrow().conditions().stream()
            .filter(c -> c.type().equals("Allocated"))
            .findFirst()
            .orElseThrow();
    assertThat(allocated.message())
        .isEqualTo(
            "2 of 5 nodes hold their blocks; no pool has a free block for 3 nodes:"
                + " node-0002, node-0003, node-0004. Append a pool to spec.pools");
    assertThat(awaitEvent("PoolExhausted").getType()).isEqualTo("Warning");

    cluster.appendPool("small", pool("10.245.0.0/23", 24));
    awaitCondition("small", "Allocated", "False", "PoolExhausted");
    cluster.appendPool("small", pool("10.246.0.0/23", 24));
    awaitCondition("small", "Allocated", "True", "Allocated");
  }

  @Test
  void aNetworkThatOverlapsAnOlderOneIsNotAccepted() throws InterruptedException {
    cluster.network("older", pool("10.244.0.0/16", 24));
    awaitCondition("older", "Accepted", "True", "Accepted");
    // Creation times have seconds; of two networks of one second the name decides.
    Thread.sleep(1_100);
    cluster.network("another", pool("10.244.128.0/17", 26));

    awaitCondition("another", "Accepted", "False", "PoolOverlap");
    awaitEvent("PoolOverlap");
  }

  private void awaitPolicy(String accepted, String applied, int selected, int onNodes) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              FirewallPolicyStatus status =
                  client.resources(FirewallPolicy.class).withName("web").get().getStatus();
              assertThat(status).isNotNull();
              assertThat(status.conditions())
                  .extracting(c -> c.type() + " " + c.status() + " " + c.reason())
                  .startsWith("Accepted " + accepted, "Applied " + applied);
              assertThat(status.selectedNodes()).isEqualTo(selected);
              assertThat(status.appliedNodes()).isEqualTo(onNodes);
            });
  }

  private void awaitReports(int count) {
    await()
        .atMost(SOON)
        .until(() -> client.resources(NodeReport.class).list().getItems().size() == count);
  }

  @Test
  void aFirewallPolicyIsFollowedFromPendingToAppliedAndToAFailure() {
    // Given two nodes whose daemons have said nothing
    cluster.nodes(0, 2);
    awaitReports(2);

    // When a policy comes
    FirewallPolicy web = cluster.policy("web", Policies.from());

    // Then it is waited for, until both have it
    awaitPolicy("True Accepted", "False Pending", 2, 0);
    cluster.daemonReports("node-0000", Policies.report(0, Policies.applied(web)));
    awaitPolicy("True Accepted", "False Pending", 2, 1);
    cluster.daemonReports("node-0001", Policies.report(0, Policies.applied(web)));
    awaitPolicy("True Accepted", "True AppliedEverywhere", 2, 2);
    assertThat(client.resources(FirewallPolicy.class).withName("web").get().getStatus().failures())
        .isEmpty();

    // And a node that refuses is named, in the status and by an Event
    cluster.daemonReports(
        "node-0001",
        Policies.report(0, Policies.failing(web, "WouldLockOut", "rule ssh would cut SSH")));
    awaitPolicy("True Accepted", "False WouldLockOut", 2, 1);
    assertThat(client.resources(FirewallPolicy.class).withName("web").get().getStatus().failures())
        .containsExactly(
            new FirewallPolicyStatus.Failure(
                "node-0001", "WouldLockOut", "rule ssh would cut SSH"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(events("WouldLockOut"))
                    .singleElement()
                    .satisfies(
                        e -> {
                          assertThat(e.getType()).isEqualTo("Warning");
                          assertThat(e.getRegarding().getKind()).isEqualTo("FirewallPolicy");
                          assertThat(e.getNote()).contains("node-0001: rule ssh would cut SSH");
                        }));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(operator.get("/q/metrics").body())
                    .contains(
                        "tweed_firewall_policies{state=\"failing\"} 1.0",
                        "tweed_firewall_nodes{policy=\"web\",state=\"applied\"} 1.0"));
  }

  @Test
  void aStatusThatDoesNotChangeIsNotWritten() {
    cluster.nodes(0, 1);
    awaitReports(1);
    FirewallPolicy web = cluster.policy("web", Policies.from());
    cluster.daemonReports("node-0000", Policies.report(0, Policies.applied(web)));
    awaitPolicy("True Accepted", "True AppliedEverywhere", 1, 1);
    String version = version("web");

    // When the node reports something else, and another policy is brought up to date after it
    FirewallPolicy api = cluster.policy("api", Policies.from());
    cluster.daemonReports(
        "node-0000", Policies.report(0, Policies.applied(api), Policies.applied(web)));
    await()
        .atMost(SOON)
        .until(
            () ->
                Optional.ofNullable(
                        client.resources(FirewallPolicy.class).withName("api").get().getStatus())
                    .filter(s -> s.appliedNodes() == 1)
                    .isPresent());

    // Then this one was left alone
    assertThat(version("web")).isEqualTo(version);
  }

  private String version(String policy) {
    return client
        .resources(FirewallPolicy.class)
        .withName(policy)
        .get()
        .getMetadata()
        .getResourceVersion();
  }

  @Test
  void whatIsWrongForAllNodesIsNotAcceptedUntilItIsThere() {
    cluster.nodes(0, 1);
    cluster.policy("web", Policies.from(Policies.network("default")));
    awaitPolicy("False UnknownPodNetwork", "False Pending", 1, 0);

    cluster.network("default", pool("10.244.0.0/16", 24));

    awaitPolicy("True Accepted", "False Pending", 1, 0);
  }

  @Test
  void aNodeThatMendsItsFirewallIsToldByAnEventOnTheNode() {
    // Given a node that has mended nothing yet
    cluster.nodes(0, 1);
    awaitReports(1);
    FirewallPolicy web = cluster.policy("web", Policies.from());
    cluster.daemonReports("node-0000", Policies.report(0, Policies.applied(web)));
    awaitPolicy("True Accepted", "True AppliedEverywhere", 1, 1);

    // When it mends something
    cluster.daemonReports("node-0000", Policies.report(3, Policies.applied(web)));

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(events("FirewallRepaired"))
                    .singleElement()
                    .satisfies(
                        e -> {
                          assertThat(e.getRegarding().getKind()).isEqualTo("Node");
                          assertThat(e.getRegarding().getName()).isEqualTo("node-0000");
                          assertThat(e.getType()).isEqualTo("Warning");
                          assertThat(e.getNote()).contains("rows 3 times", "(3 in all)");
                        }));
  }

  @Test
  void healthMetricsAndTheNoticeAboutNetworkPolicies() {
    cluster.nodes(0, 1);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).until(() -> operator.get("/q/health/ready").status() == 200);
    assertThat(operator.get("/q/health/live").status()).isEqualTo(200);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(operator.get("/q/metrics").body())
                    .contains(
                        "tweed_pool_blocks{network=\"default\",pool=\"10.244.0.0/16\",state=\"free\"}",
                        "tweed_nodes{network=\"default\",state=\"allocated\"} 1.0",
                        "tweed_allocations_total 1.0",
                        "tweed_reconcile_seconds_count"));
  }

  @Test
  void aGracefulStopGivesTheLeaseBackAtOnce() {
    await().atMost(SOON).until(() -> operator.log().contains("leading"));

    operator.stop();

    assertThat(
            client
                .leases()
                .inNamespace(TestCluster.NAMESPACE)
                .withName(Leadership.LEASE)
                .get()
                .getSpec()
                .getHolderIdentity())
        .isNullOrEmpty();
    assertThat(operator.log()).contains("stopped");
  }

  @Test
  void aStandbyIsReadyAndTakesOver() {
    await().atMost(SOON).until(() -> operator.log().contains("leading"));
    try (OperatorProcess standby =
        OperatorProcess.start(kubeconfig, Map.of("TWEED_RELEASE_AFTER", "2s"))) {
      await().atMost(SOON).until(() -> standby.get("/q/health/ready").status() == 200);
      assertThat(standby.get("/q/health/ready").body()).contains("STANDBY");

      operator.stop();

      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> standby.get("/q/health/ready").body().contains("LEADING"));
    }
  }
}
