package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.crds.testing.AuditLog;
import dev.tweed.crds.testing.Permission;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon lives and ends as the ServiceAccount that the chart makes, by a token bound to its node;
 * then its rights are compared with what the API server has noted of its requests.
 */
@Tag("api-server")
@Tag("kernel")
@ExtendWith(ApiServerExtension.class)
class DaemonRightsTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NAMESPACE = "tweed-system";
  private static final String LEASES = "tweed-node-lease";
  private static final Path MANIFESTS = Path.of("../../helm/manifests/tweed.yaml");
  private static final Set<String> OBJECTS = Set.of("tweed-node", "tweed-own-node-only");

  @Test
  void everyRightIsUsedAndNothingIsRefused(ApiServer server, @TempDir Path directory)
      throws Exception {
    KubernetesClient admin = server.admin();
    Cluster cluster = new Cluster(admin);
    List<HasMetadata> chart = ofTheDaemon(admin);
    for (String namespace : List.of(NAMESPACE, LEASES)) {
      admin
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
          .serverSideApply();
    }
    chart.forEach(object -> admin.resource(object).forceConflicts().serverSideApply());
    AuditLog audit = server.audit();

    cluster.node("n1");
    cluster.network();
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    try (TestDaemon daemon = new TestDaemon("n1", 1, directory, kubeconfig(server, directory))) {
      daemon.withLeasesIn(LEASES);
      daemon.start();
      await().atMost(SOON).until(daemon::ready);
      await().atMost(SOON).until(() -> report(admin) != null && report(admin).getStatus() != null);
      await()
          .atMost(SOON)
          .until(() -> admin.leases().inNamespace(LEASES).withName("n1").get() != null);
    } finally {
      cluster.close();
      admin.leases().inNamespace(LEASES).delete();
    }

    List<AuditLog.Request> requests = audit.of("tweed-node");
    assertThat(requests).filteredOn(AuditLog.Request::isRefused).as("refused").isEmpty();
    assertThat(chart.stream().flatMap(Permission::of))
        .isNotEmpty()
        .filteredOn(right -> requests.stream().noneMatch(right::isNeededFor))
        .as("never used")
        .isEmpty();
  }

  private static List<HasMetadata> ofTheDaemon(KubernetesClient client) throws IOException {
    try (InputStream yaml = Files.newInputStream(MANIFESTS)) {
      return client.load(yaml).items().stream()
          .filter(object -> !object.getKind().equals("DaemonSet"))
          .filter(object -> OBJECTS.contains(object.getMetadata().getName()))
          .toList();
    }
  }

  private static NodeReport report(KubernetesClient admin) {
    return admin.resources(NodeReport.class).withName("n1").get();
  }

  private static Path kubeconfig(ApiServer server, Path directory) throws IOException {
    String token =
        server
            .admin()
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName("tweed-node")
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(3600L)
                    .withNewBoundObjectRef()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName("n1")
                    .endBoundObjectRef()
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    return Files.writeString(
        directory.resolve("kubeconfig"),
        Files.readString(server.kubeconfig())
            .replaceAll("(?m)^(\\s*)client-certificate(-data)?:.*$", "$1token: " + token)
            .replaceAll("(?m)^\\s*client-key(-data)?:.*$\\n?", ""));
  }
}
