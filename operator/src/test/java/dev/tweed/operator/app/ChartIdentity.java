package dev.tweed.operator.app;

import dev.tweed.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** The operator's ServiceAccount with the very roles of the chart. */
final class ChartIdentity {
  private static final Set<String> RBAC =
      Set.of("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding");

  /** Where daemons have their Leases. */
  static final String LEASES = "tweed-node-lease";

  private ChartIdentity() {}

  /** Applies the chart's roles and returns a kubeconfig with a token of {@code tweed-operator}. */
  static Path kubeconfig(ApiServer server) {
    KubernetesClient client = server.admin();
    Path manifests = Path.of(System.getProperty("tweed.repository"), "helm/manifests/tweed.yaml");
    try (InputStream yaml = Files.newInputStream(manifests)) {
      for (HasMetadata object : client.load(yaml).items()) {
        if (RBAC.contains(object.getKind())
                && object.getMetadata().getName().startsWith("tweed-operator")
            || object.getMetadata().getName().equals(LEASES)) {
          client.resource(object).forceConflicts().serverSideApply();
        }
      }
      TokenRequest token =
          client
              .serviceAccounts()
              .inNamespace("tweed-system")
              .withName("tweed-operator")
              .tokenRequest(
                  new TokenRequestBuilder()
                      .withNewSpec()
                      .withExpirationSeconds(3600L)
                      .endSpec()
                      .build());
      return write(server.config(), token.getStatus().getToken());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path write(Config admin, String token) throws IOException {
    Path file = Files.createTempFile("tweed-operator", ".kubeconfig");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: test
          cluster:
            server: %s
            insecure-skip-tls-verify: true
        users:
        - name: operator
          user:
            token: %s
        contexts:
        - name: test
          context: {cluster: test, user: operator}
        current-context: test
        """
            .formatted(admin.getMasterUrl(), token));
    return file;
  }
}
