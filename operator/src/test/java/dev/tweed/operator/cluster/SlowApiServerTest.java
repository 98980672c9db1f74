package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.ledger.Allocator;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An API server far away. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class SlowApiServerTest {
  private static final Duration LATENCY = Duration.ofMillis(100);
  private static final int NODES = 60;

  @Test
  void aBatchThatCannotBeSentInTimeIsFinishedAllTheSame(ApiServer server) {
    // Given a third of the nodes at most get their creations sent in the time that one reading of
    // the ledger is good for
    TestCluster cluster = new TestCluster(server.admin());
    cluster.clear();
    cluster.nodes(0, NODES);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    OperatorSettings settings =
        TestCluster.settings(
            "slow", Duration.ofMinutes(5), Duration.ofMillis(1_500), Allocator.BATCH, 4);
    try (KubernetesClient client = slow(server);
        OperatorCore operator =
            new OperatorCore(client, settings, registry, Clock.systemUTC(), System::nanoTime)) {
      operator.start();

      // When
      cluster.network("default", pool("10.244.0.0/16", 24));

      // Then
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(cluster.subnets()).hasSize(NODES));
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(registry.get("tweed.allocations").counter().count()).isEqualTo(NODES));
    }
    Set<String> nodes = new HashSet<>();
    for (NodeSubnet subnet : cluster.subnets()) {
      nodes.add(subnet.getSpec().nodeName());
    }
    assertThat(nodes).hasSize(NODES);
  }

  private static KubernetesClient slow(ApiServer server) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(server.config()).withRequestRetryBackoffLimit(1).build())
        .withHttpClientBuilderConsumer(
            b ->
                b.addOrReplaceInterceptor(
                    "latency",
                    new Interceptor() {
                      @Override
                      public void before(
                          BasicBuilder builder, HttpRequest request, RequestTags tags) {
                        try {
                          TimeUnit.MILLISECONDS.sleep(LATENCY.toMillis());
                        } catch (InterruptedException e) {
                          throw new IllegalStateException(e);
                        }
                      }
                    }))
        .build();
  }
}
