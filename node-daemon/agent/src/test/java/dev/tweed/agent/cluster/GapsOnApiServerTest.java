package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.cluster.ClusterView.Listing;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.policy.PolicyNames;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A daemon in a pod, which may not read all it should. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class GapsOnApiServerTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String NAME = "gaps-test";

  @TempDir Path account;

  private volatile ApiContact told = ApiContact.NOT_YET;
  private KubernetesClient admin;
  private ApiConnection api;

  @BeforeEach
  void startWithTheDataPathsRightsOnly(ApiServer server) throws Exception {
    admin = server.admin();
    admin
        .serviceAccounts()
        .inNamespace("default")
        .resource(
            new ServiceAccountBuilder().withNewMetadata().withName(NAME).endMetadata().build())
        .create();
    role("podnetworks", "nodesubnets");
    admin
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(NAME)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", NAME)
                .addNewSubject("", "ServiceAccount", NAME, "default")
                .build())
        .create();
    Files.writeString(
        account.resolve("token"),
        admin
            .serviceAccounts()
            .inNamespace("default")
            .withName(NAME)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken());
    Files.copy(Path.of(server.config().getCaCertFile()), account.resolve("ca.crt"));
    api =
        new ApiConnection(
            ApiClient.open(
                new ApiAccess(
                    Optional.empty(), Optional.of(server.config().getMasterUrl()), account),
                Map.of(),
                "test"),
            NAME,
            InstantSource.system(),
            ListWatch.RENEWAL);
    api.start(() -> {}, contact -> told = contact);
  }

  @AfterEach
  void stop() {
    api.close();
    admin.rbac().clusterRoleBindings().withName(NAME).delete();
    admin.rbac().clusterRoles().withName(NAME).delete();
    admin.serviceAccounts().inNamespace("default").withName(NAME).delete();
  }

  @Test
  void theDataPathDoesNotWaitForWhatItDoesNotNeed() {
    // PodNetworks and NodeSubnets are there at once, and the rest is told to be missing
    await().atMost(SOON).until(() -> api.view().complete());
    assertThat(api.view().policiesKnown()).isFalse();
    await().atMost(SOON).until(() -> api.view().settled());
    awaitFinding(m -> assertThat(m).contains("FirewallPolicies", "Node object", "403", NAME));
    assertThat(told.connected()).isEqualTo(Connected.YES);

    // When somebody mends the role, then nothing has to be restarted
    role("podnetworks", "nodesubnets", "firewallpolicies");
    await().atMost(SOON).until(() -> api.view().gaps().policies() == Listing.RECEIVED);
  }

  @Test
  void whereThereArePoliciesWhatIsRefusedIsMissing() {
    PolicyWatch compiled = api.compiledPolicies();
    await().atMost(SOON).until(() -> compiled.view().listing() == Listing.REFUSED);
    awaitFinding(m -> assertThat(m).contains("the list of NodePolicies cannot be read", "403"));
    NodePolicy policy = new NodePolicy();
    policy.getMetadata().setName(NAME);
    policy.setSpec(new NodePolicySpec(List.of(), List.of()));
    admin.resource(policy).create();
    try {
      role("podnetworks", "nodesubnets", "nodepolicies");

      await().atMost(SOON).until(() -> compiled.view().listing() == Listing.RECEIVED);
      assertThat(compiled.view().node()).isPresent();
      await()
          .atMost(SOON)
          .until(() -> compiled.follow(Set.of(PolicyNames.program("refused")), Set.of()));
      assertThat(compiled.view().programs()).isEmpty();
      assertThat(compiled.view().listing()).isEqualTo(Listing.RECEIVED);
      awaitFinding(
          m ->
              assertThat(m)
                  .contains("PolicyPrograms", "PeerSlices")
                  .doesNotContain("NodePolicies"));

      role("podnetworks", "nodesubnets", "nodepolicies", "policyprograms", "peerslices");
      awaitFinding(m -> assertThat(m).doesNotContain("PolicyPrograms", "PeerSlices"));
    } finally {
      admin.resource(policy).delete();
    }
  }

  /** The message of the only finding, which is about what is refused. */
  private void awaitFinding(Consumer<String> requirement) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(told.findings())
                    .singleElement()
                    .satisfies(f -> requirement.accept(f.message())));
  }

  private void role(String... resources) {
    admin
        .resource(
            new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(NAME)
                .endMetadata()
                .withRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("tweed.dev")
                        .withResources(resources)
                        .withVerbs("get", "list", "watch")
                        .build())
                .build())
        .serverSideApply();
  }
}
