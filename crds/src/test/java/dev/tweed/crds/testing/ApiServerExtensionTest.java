package dev.tweed.crds.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ApiServerExtension.class)
class ApiServerExtensionTest {

  @Test
  void theApiServerServesTheFourKinds(KubernetesClient client) {
    assertThat(client.getApiResources("tweed.dev/v1alpha1").getResources())
        .extracting(r -> r.getName())
        .contains("podnetworks", "nodesubnets", "firewallpolicies", "nodereports");
  }

  @Test
  void aClientCanActAsSomebodyElse(ApiServer server) {
    try (KubernetesClient node = server.as("tweed:node:n1", "tweed:nodes")) {
      assertThat(
              node.authorization()
                  .v1()
                  .selfSubjectAccessReview()
                  .create(
                      new io.fabric8.kubernetes.api.model.authorization.v1
                              .SelfSubjectAccessReviewBuilder()
                          .withNewSpec()
                          .withNewResourceAttributes()
                          .withGroup("tweed.dev")
                          .withResource("podnetworks")
                          .withVerb("delete")
                          .endResourceAttributes()
                          .endSpec()
                          .build())
                  .getStatus()
                  .getAllowed())
          .isFalse();
    }
  }

  @Test
  void thePropertyNamesTheDirectoryBeforeTheEnvironmentDoes() {
    Map<String, String> property = Map.of("tweed.kubeApiTestDir", "/a", "user.home", "/home/u");
    Map<String, String> environment = Map.of("TWEED_KUBE_API_TEST_DIR", "/b", "TWEED_CACHE", "/c");

    assertThat(ApiServer.configured(property::get, environment::get)).isEqualTo(Path.of("/a"));
  }

  @Test
  void theCacheIsTheLastResort() {
    Map<String, String> property = Map.of("user.home", "/home/u");

    assertThat(ApiServer.configured(property::get, Map.of("TWEED_CACHE", "/c")::get))
        .isEqualTo(Path.of("/c/kube-api-test"));
    assertThat(ApiServer.configured(property::get, Map.<String, String>of()::get))
        .isEqualTo(Path.of("/home/u/.cache/tweed/kube-api-test"));
  }
}
