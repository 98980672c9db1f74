package dev.tweed.operator.app;

import dev.tweed.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
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
import java.util.stream.Stream;

/**
 * The operator's ServiceAccount with the very roles of the chart, and the policy that bounds it.
 */
public final class ChartIdentity {
  private static final Set<String> KINDS =
      Set.of(
          "ServiceAccount",
          "ClusterRole",
          "ClusterRoleBinding",
          "Role",
          "RoleBinding",
          "ValidatingAdmissionPolicy",
          "ValidatingAdmissionPolicyBinding");

  /** Where daemons have their Leases. */
  public static final String LEASES = "tweed-node-lease";

  private ChartIdentity() {}

  /** What the chart makes for the operator alone. */
  public static Stream<HasMetadata> objects(KubernetesClient client) {
    Path manifests = Path.of(System.getProperty("tweed.repository"), "helm/manifests/tweed.yaml");
    try (InputStream yaml = Files.newInputStream(manifests)) {
      return client.load(yaml).items().stream()
          .filter(o -> KINDS.contains(o.getKind()))
          .filter(o -> o.getMetadata().getName().startsWith("tweed-operator"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Applies the chart's roles and returns a kubeconfig with a token of {@code tweed-operator}. */
  public static Path kubeconfig(ApiServer server) {
    KubernetesClient client = server.admin();
    try {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(LEASES).endMetadata().build())
          .serverSideApply();
      objects(client).forEach(o -> client.resource(o).forceConflicts().serverSideApply());
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
