package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NetworkPolicyReport;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.crds.testing.AuditLog;
import dev.tweed.crds.testing.Permission;
import dev.tweed.operator.app.ChartIdentity;
import dev.tweed.operator.app.OperatorProcess;
import dev.tweed.operator.policy.Policies;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The operator does all that it ever does, as the ServiceAccount that the chart makes; then its
 * rights are compared with what the API server has noted of its requests.
 */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class OperatorRightsIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NETWORK = "default";

  private final AtomicLong jump = new AtomicLong();

  @Test
  void everyRightIsUsedAndNothingIsRefused(ApiServer server) {
    TestCluster cluster = new TestCluster(server.admin());
    cluster.clear();
    server.admin().leases().inNamespace(TestCluster.NAMESPACE).delete();
    Path kubeconfig = ChartIdentity.kubeconfig(server);
    AuditLog audit = server.audit();

    try (KubernetesClient operator =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build()) {
      blocksComeAndGo(server.admin(), cluster, operator);
      aDaemonFallsSilent(server.admin(), cluster, operator);
    }
    aLeaderWritesStatuses(server.admin(), cluster, kubeconfig);

    List<AuditLog.Request> requests = audit.of("tweed-operator");
    assertThat(requests).filteredOn(AuditLog.Request::isRefused).as("refused").isEmpty();
    assertThat(ChartIdentity.objects(server.admin()).flatMap(Permission::of))
        .isNotEmpty()
        .filteredOn(right -> requests.stream().noneMatch(right::isNeededFor))
        .as("never used")
        .isEmpty();
  }

  /** Everything that the loop does, by a clock that can be moved on. */
  private void blocksComeAndGo(
      KubernetesClient admin, TestCluster cluster, KubernetesClient client) {
    OperatorSettings settings = TestCluster.settings("rights", Duration.ofSeconds(1), 100);
    NetworkPolicyObjects.clusterNetworkPolicyKind(admin);
    try (OperatorCore operator =
        new OperatorCore(
            client,
            settings,
            new SimpleMeterRegistry(),
            Clock.systemUTC(),
            () -> System.nanoTime() + jump.get())) {
      operator.start();

      // Nodes get blocks, and are told available
      cluster.nodes(0, 2);
      cluster.network(NETWORK, pool("10.244.0.0/16", 24));
      await().atMost(SOON).until(() -> cluster.subnets().size() == 2);
      cluster.subnets().forEach(cluster::daemonReady);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(admin.nodes().list().getItems())
                      .allMatch(
                          n ->
                              n.getStatus().getConditions().stream()
                                  .anyMatch(c -> c.getType().equals("NetworkUnavailable"))));

      policiesComeAndGo(admin);

      // Guards are open for a while
      admin
          .resources(PodNetwork.class)
          .withName(NETWORK)
          .edit(
              n -> {
                n.getMetadata().setAnnotations(Map.of(TweedApi.ALLOW_DELETE_IN_USE, "true"));
                return n;
              });
      String block = cluster.subnets().getFirst().getMetadata().getName();
      admin
          .resources(NodeSubnet.class)
          .withName(block)
          .edit(
              s -> {
                s.getMetadata().setAnnotations(Map.of(TweedApi.ALLOW_CHANGE, "true"));
                return s;
              });
      await()
          .atMost(SOON)
          .until(
              () -> {
                jump.addAndGet(GuardExpiry.AFTER.toNanos());
                operator.request();
                return Stream.of(
                        admin.resources(PodNetwork.class).withName(NETWORK).get(),
                        admin.resources(NodeSubnet.class).withName(block).get())
                    .allMatch(object -> object.getMetadata().getAnnotations().isEmpty());
              });

      // A Node is made anew, so the report of the one before goes; another goes for good
      admin.nodes().withName("node-0000").delete();
      String uid = cluster.node(0).getMetadata().getUid();
      await().atMost(SOON).until(() -> owners(admin).contains(uid));
      admin.nodes().withName("node-0001").delete();
      await().atMost(SOON).until(() -> cluster.subnets().size() == 1);
      // And at last the network
      admin.resources(PodNetwork.class).withName(NETWORK).delete();
      await().atMost(SOON).until(() -> cluster.subnets().isEmpty());
    }
  }

  private static void policiesComeAndGo(KubernetesClient admin) {
    String shop = "rights-shop";
    NetworkPolicyObjects.namespace(admin, shop);
    NetworkPolicyObjects.pod(admin, shop, "web", "web", "node-0000", "10.244.0.10");
    GenericKubernetesResource guard = NetworkPolicyObjects.denyAll(admin, "guard");
    NetworkPolicyObjects.policy(admin, shop, "web", "web", "client");
    NetworkPolicyObjects.enforces(admin, "node-0000", guard, 1, 0);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(
                      NetworkPolicyObjects.clusterPolicies(admin)
                          .withName("guard")
                          .get()
                          .<Object>get("status"))
                  .isNotNull();
              assertThat(
                      admin
                          .resources(NetworkPolicyReport.class)
                          .inNamespace(shop)
                          .withName("web")
                          .get())
                  .isNotNull();
            });
    // A pod that is a peer now, and a policy that says something else
    NetworkPolicyObjects.pod(admin, shop, "client", "client", "node-0001", "10.244.1.10");
    admin
        .resources(NetworkPolicy.class)
        .inNamespace(shop)
        .withName("web")
        .edit(
            p -> {
              p.getSpec().setPolicyTypes(List.of("Ingress", "Egress"));
              return p;
            });
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(admin.resources(PeerSlice.class).list().getItems())
                  .anyMatch(s -> s.getSpec().addresses().contains("10.244.1.10"));
              assertThat(admin.resources(PolicyProgram.class).list().getItems())
                  .anyMatch(p -> p.getSpec().isolates().size() == 2);
            });
    NetworkPolicyObjects.clusterPolicies(admin).delete();
    admin.resources(NetworkPolicy.class).inNamespace(shop).delete();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(admin.resources(PeerSlice.class).list().getItems()).isEmpty();
              assertThat(admin.resources(NodePolicy.class).list().getItems()).isEmpty();
              assertThat(
                      admin
                          .resources(NetworkPolicyReport.class)
                          .inNamespace(shop)
                          .list()
                          .getItems())
                  .isEmpty();
            });
    admin.pods().inNamespace(shop).withGracePeriod(0).delete();
  }

  /** UIDs of the Nodes that NodeReports are about. */
  private static List<String> owners(KubernetesClient admin) {
    return admin.resources(NodeReport.class).list().getItems().stream()
        .map(r -> r.getMetadata().getOwnerReferences().getFirst().getUid())
        .toList();
  }

  private void aDaemonFallsSilent(
      KubernetesClient admin, TestCluster cluster, KubernetesClient client) {
    cluster.clear();
    admin.resource(NodeWriter.reportOf(Facts.of(cluster.node(1)))).create();
    lease(admin, "node-0001", 0);
    AtomicLong nanos = new AtomicLong();
    OperatorSettings settings = TestCluster.settings("rights");
    ClusterCaches caches = TestCluster.caches(client);
    caches.start();
    try (BoundedCalls calls = TestCluster.calls(1)) {
      SilenceWatch watch =
          new SilenceWatch(
              new LeaseReader(client, ChartIdentity.LEASES, settings)::look,
              caches::view,
              new SilenceFactsReader(client, settings.namespace()),
              new SilentReportWriter(client, Clock.systemUTC()),
              calls,
              new OperatorEvents(client, settings, Clock.systemUTC()),
              () -> {},
              failing -> {},
              new SteadyTime(Instant.EPOCH, nanos::get));
      for (int i = 0; i <= 8; i++) {
        lease(admin, "another", i);
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        watch.look();
      }
      assertThat(watch.silent(caches.view())).containsExactly("node-0001");
    } finally {
      caches.close();
      admin.leases().inNamespace(ChartIdentity.LEASES).delete();
    }
  }

  private static void lease(KubernetesClient admin, String name, int renewals) {
    admin
        .leases()
        .inNamespace(ChartIdentity.LEASES)
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(String.valueOf(renewals))
                .endSpec()
                .build())
        .serverSideApply();
  }

  private void aLeaderWritesStatuses(KubernetesClient admin, TestCluster cluster, Path kubeconfig) {
    cluster.clear();
    try (OperatorProcess operator = OperatorProcess.start(kubeconfig, Map.of())) {
      cluster.nodes(0, 1);
      cluster.network(NETWORK, pool("10.244.0.0/16", 24));
      cluster.policy("web", Policies.from());
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                assertThat(admin.resources(PodNetwork.class).withName(NETWORK).get().getStatus())
                    .as(operator.log())
                    .isNotNull();
                assertThat(admin.resources(FirewallPolicy.class).withName("web").get().getStatus())
                    .as(operator.log())
                    .isNotNull();
              });
    }
  }
}
