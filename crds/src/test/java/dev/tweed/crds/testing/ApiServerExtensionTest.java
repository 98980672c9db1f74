package dev.tweed.crds.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("api-server")
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
}
