package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.tweed.crds.UnknownValue;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.allocation.NetworkOutcome;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The CRD is newer than the operator, and somebody uses what is new in it. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class UnknownValuesOnApiServerTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final TextNode NEW = TextNode.valueOf("GENEVE");

  private KubernetesClient admin;
  private KubernetesClient client;
  private TestCluster cluster;

  @BeforeEach
  void start(ApiServer server) {
    admin = server.admin();
    cluster = new TestCluster(admin);
    cluster.clear();
    client =
        new KubernetesClientBuilder()
            .withConfig(server.config())
            .withKubernetesSerialization(
                new KubernetesSerialization(
                    new ObjectMapper().registerModule(new UnknownValueModule()), true))
            .build();
    backendTypes(types -> types.add(NEW));
  }

  @AfterEach
  void stop() {
    cluster.clear();
    backendTypes(types -> types.remove(NEW));
    client.close();
  }

  private void backendTypes(Consumer<List<JsonNode>> change) {
    admin
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("podnetworks.tweed.dev")
        .edit(
            crd -> {
              change.accept(
                  crd.getSpec()
                      .getVersions()
                      .getFirst()
                      .getSchema()
                      .getOpenAPIV3Schema()
                      .getProperties()
                      .get("spec")
                      .getProperties()
                      .get("backend")
                      .getProperties()
                      .get("type")
                      .getEnum());
              return crd;
            });
  }

  private OperatorCore operator() {
    OperatorCore operator =
        new OperatorCore(
            client,
            TestCluster.settings("unknown"),
            new SimpleMeterRegistry(),
            Clock.systemUTC(),
            System::nanoTime);
    operator.start();
    return operator;
  }

  private static void knows(OperatorCore operator, String... networks) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(operator.loop().latest().networks()).containsOnlyKeys(networks));
  }

  private static void refusesTheFuture(OperatorCore operator) {
    assertThat(operator.loop().latest().networks().get("future").outcome().acceptance())
        .isEqualTo(new NetworkOutcome.UnknownSpec(new UnknownValue("spec.backend.type", "GENEVE")));
  }

  @Test
  void oneObjectIsNamedAndTheOthersAreServedAtStartAndLater() {
    try (OperatorCore operator = operator()) {
      // Given that it comes while the operator watches; the API server takes a moment to know it
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(
              () ->
                  admin
                          .resource(
                              """
                              apiVersion: tweed.dev/v1alpha1
                              kind: PodNetwork
                              metadata: {name: future}
                              spec:
                                backend: {type: GENEVE}
                                pools: [{cidr: 10.99.0.0/16, nodePrefixLength: 24}]
                              """)
                          .create()
                      != null);
      knows(operator, "future");
      refusesTheFuture(operator);

      // Then the next is served,
      cluster.network("default", pool("10.98.0.0/16", 24));
      knows(operator, "default", "future");
      assertThat(operator.notWatchingSince()).isEmpty();
    }
    // and an operator that starts with it there says the same.
    try (OperatorCore operator = operator()) {
      knows(operator, "default", "future");
      refusesTheFuture(operator);
      assertThat(operator.notWatchingSince()).isEmpty();
    }
  }
}
