package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is written is written to a real API server; how late it is the test says. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class SilenceOnApiServerTest {
  private static final String LEASES = "tweed-node-lease";
  private static final Duration SOON = Duration.ofSeconds(40);

  private final AtomicLong nanos = new AtomicLong();
  private KubernetesClient client;
  private ClusterCaches caches;
  private BoundedCalls calls;
  private SilenceWatch watch;
  private int renewals;

  @BeforeEach
  void twoNodesWithDaemons(ApiServer server) {
    client = server.admin();
    TestCluster cluster = new TestCluster(client);
    cluster.clear();
    if (client.namespaces().withName(LEASES).get() == null) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(LEASES).endMetadata().build())
          .create();
    }
    for (int i = 1; i <= 2; i++) {
      Node node =
          cluster.node(
              "n" + i,
              Map.of(),
              "192.0.2." + i,
              n ->
                  n.getStatus()
                      .setConditions(
                          List.of(
                              new NodeConditionBuilder()
                                  .withType("Ready")
                                  .withStatus("True")
                                  .build())));
      report(node);
      daemonWrites(
          node.getMetadata().getName(),
          condition("Ready"),
          condition("Programmed"),
          condition("Reachable"),
          condition("Connected"),
          condition("LargePacketsLost"));
      renew(node.getMetadata().getName());
    }
    caches = TestCluster.caches(client);
    caches.start();
    calls = TestCluster.calls(4);
    Clock clock = Clock.systemUTC();
    OperatorSettings settings = TestCluster.settings("silence");
    watch =
        new SilenceWatch(
            new LeaseReader(client, LEASES, settings)::look,
            caches::view,
            new SilenceFactsReader(client, TestCluster.NAMESPACE),
            new SilentReportWriter(client, clock),
            calls,
            new OperatorEvents(client, settings, clock),
            () -> {},
            failing -> {},
            new SteadyTime(Instant.EPOCH, nanos::get));
  }

  @AfterEach
  void stop() {
    caches.close();
    calls.close();
    client.leases().inNamespace(LEASES).delete();
    client.pods().inNamespace(TestCluster.NAMESPACE).withGracePeriod(0).delete();
  }

  @Test
  void whatADaemonWritesMeanwhileStays() {
    // Given a daemon that comes back between the look at its report and the write
    Clock meanwhile =
        new Clock() {
          @Override
          public Instant instant() {
            daemonWrites("n1", condition("Ready"), condition("Programmed"));
            return Instant.EPOCH;
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };

    assertThat(new SilentReportWriter(client, meanwhile).tell("n1", "silent")).isFalse();

    assertThat(conditions("n1")).extracting(Condition::status).containsOnly("True");
  }

  @Test
  void silenceIsToldAndTakenBack() {
    pod("n1");

    // When the daemon of one node renews no more
    looksWhile("n2");

    // Then its report says so, and nothing that may not hold any more
    assertThat(conditions("n1"))
        .extracting(Condition::type, Condition::status, Condition::reason)
        .containsExactlyInAnyOrder(
            Tuple.tuple("Ready", "Unknown", "DaemonSilent"),
            Tuple.tuple("Programmed", "Unknown", "DaemonSilent"),
            Tuple.tuple("Reachable", "Unknown", "DaemonSilent"),
            Tuple.tuple("Connected", "Unknown", "DaemonSilent"));
    assertThat(conditions("n1").getFirst().message())
        .contains("Its pod ends again and again (7 restarts, last end OOMKilled, exit code 137)");
    assertThat(stored("n1").getStatus().podNetwork()).isEqualTo("default");
    assertThat(conditions("n2")).extracting(Condition::status).containsOnly("True");
    assertThat(watch.silent(caches.view())).containsExactly("n1");
    assertThat(events()).containsExactly("DaemonSilent");

    // And only once
    String version = stored("n1").getMetadata().getResourceVersion();
    await().atMost(SOON).until(() -> caches.view().reports().get("n1").isSilent());
    look("n2");
    assertThat(stored("n1").getMetadata().getResourceVersion()).isEqualTo(version);

    // When it is back
    daemonWrites(
        "n1",
        condition("Ready"),
        condition("Programmed"),
        condition("Reachable"),
        condition("Connected"));
    look("n1", "n2");

    // Then nothing is left of what the operator wrote, whatever the cache has
    assertThat(conditions("n1")).hasSize(4).extracting(Condition::status).containsOnly("True");
    assertThat(watch.silent(caches.view())).isEmpty();
    assertThat(events()).containsExactlyInAnyOrder("DaemonSilent", "DaemonHeard");
  }

  /** Without leader election the operator has no Lease of its own, and here no daemon renews. */
  @Test
  void theLastDaemonIsToldToo() {
    for (int i = 0; i <= 8; i++) {
      // As kubelets do
      client.nodes().withName("n1").edit(n -> annotated(n, String.valueOf(++renewals)));
      look();
    }

    assertThat(watch.silent(caches.view())).containsExactly("n1", "n2");
    assertThat(conditions("n2")).extracting(Condition::reason).containsOnly("DaemonSilent");
  }

  private static Node annotated(Node node, String value) {
    node.getMetadata().getAnnotations().put("test", value);
    return node;
  }

  @Test
  void withoutPodsAnywhereItIsAService() {
    looksWhile("n2");

    assertThat(conditions("n1").getFirst().message()).contains("systemctl status tweed-node");
  }

  @Test
  void thePodOfAnotherNodeIsNotTakenForItsOwn() {
    pod("n2");

    looksWhile("n2");

    assertThat(conditions("n1").getFirst().message()).contains("The node has no pod of it");
  }

  @Test
  void aDaemonThatOnlyItsLeaseIsRefusedToIsToldAsSuchByOneEvent() {
    NodeReportStatus.Finding refused =
        new NodeReportStatus.Finding("LeaseNotRenewed", LEASES, "403", "");
    daemonWrites("n1", List.of(refused), condition("Ready"));
    looksWhile("n2");
    assertThat(conditions("n1").getFirst().message())
        .startsWith("the daemon said LeaseNotRenewed")
        .contains("nothing has been heard");
    await().atMost(SOON).until(() -> caches.view().reports().get("n1").isSilent());

    // When it writes what has changed
    daemonWrites("n1", List.of(refused), condition("Ready"), condition("Reachable"));
    await().atMost(SOON).until(() -> !caches.view().reports().get("n1").isSilent());
    look("n2");

    assertThat(conditions("n1")).extracting(Condition::status).containsOnly("Unknown");
    assertThat(events()).containsExactly("DaemonSilent");
  }

  /** Until it is told, and no longer than that takes. */
  private void looksWhile(String... alive) {
    for (int i = 0; i <= 8; i++) {
      look(alive);
    }
  }

  private void look(String... alive) {
    for (String node : alive) {
      renew(node);
    }
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
    watch.look();
  }

  /** As a daemon does. */
  private void renew(String node) {
    Lease lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withName(node)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(node)
            .withRenewTime(ZonedDateTime.parse("2026-01-01T00:00:00Z").plusSeconds(++renewals))
            .endSpec()
            .build();
    client.resource(lease).inNamespace(LEASES).patch(apply("tweed-node"), lease);
  }

  private static PatchContext apply(String manager) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(manager)
        .withForce(true)
        .build();
  }

  private void report(Node node) {
    client.resource(NodeWriter.reportOf(Facts.of(node))).create();
  }

  private void daemonWrites(String node, Condition... conditions) {
    daemonWrites(node, List.of(), conditions);
  }

  private void daemonWrites(
      String node, List<NodeReportStatus.Finding> findings, Condition... conditions) {
    NodeReport report = new NodeReport();
    report.getMetadata().setName(node);
    report.setStatus(
        new NodeReportStatus(
            List.of(conditions),
            "default",
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            findings,
            null,
            null,
            null,
            null,
            null));
    client
        .resources(NodeReport.class)
        .withName(node)
        .subresource("status")
        .patch(apply("tweed-node"), report);
  }

  private static Condition condition(String type) {
    return new Condition(type, "True", "Reason", "", "2026-01-01T00:00:00Z", null);
  }

  /** One that is killed again and again. */
  private void pod(String node) {
    if (client.serviceAccounts().inNamespace(TestCluster.NAMESPACE).withName("default").get()
        == null) {
      client
          .resource(
              new ServiceAccountBuilder()
                  .withNewMetadata()
                  .withName("default")
                  .endMetadata()
                  .build())
          .inNamespace(TestCluster.NAMESPACE)
          .create();
    }
    Pod pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("tweed-node-" + node)
                    .withLabels(
                        Map.of(
                            "app.kubernetes.io/name", "tweed",
                            "app.kubernetes.io/component", "node"))
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(node)
                    .withAutomountServiceAccountToken(false)
                    .addNewContainer()
                    .withName("node")
                    .withImage("tweed/node:dev")
                    .endContainer()
                    .endSpec()
                    .build())
            .inNamespace(TestCluster.NAMESPACE)
            .create();
    client
        .resource(
            new PodBuilder(pod)
                .withNewStatus()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName("node")
                .withImage("tweed/node:dev")
                .withImageID("")
                .withReady(false)
                .withRestartCount(7)
                .withNewState()
                .withNewWaiting()
                .withReason("CrashLoopBackOff")
                .endWaiting()
                .endState()
                .withNewLastState()
                .withNewTerminated()
                .withReason("OOMKilled")
                .withExitCode(137)
                .endTerminated()
                .endLastState()
                .endContainerStatus()
                .endStatus()
                .build())
        .inNamespace(TestCluster.NAMESPACE)
        .updateStatus();
  }

  private NodeReport stored(String node) {
    return client.resources(NodeReport.class).withName(node).get();
  }

  private List<Condition> conditions(String node) {
    return stored(node).getStatus().conditions();
  }

  /** Of the Node of this test, not of those of that name before. */
  private List<String> events() {
    String uid = client.nodes().withName("n1").get().getMetadata().getUid();
    return client.events().v1().events().inNamespace("default").list().getItems().stream()
        .filter(e -> e.getRegarding() != null && uid.equals(e.getRegarding().getUid()))
        .map(e -> e.getReason())
        .toList();
  }
}
