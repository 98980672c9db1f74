package dev.tweed.operator.app;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.TestCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The SDK reconciles an object of its own accord only if its generation grows. One that is made
 * anew has generation 1 again, and after a list that is all the SDK sees of it.
 */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class PodNetworkReconcilerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void aNetworkMadeAnewUnderItsNameIsReconciledThoughItsGenerationIsTheSame(ApiServer server) {
    KubernetesClient client = server.admin();
    TestCluster cluster = new TestCluster(client);
    cluster.clear();
    // UIDs of what the loop had found when it asked for a reconciliation
    Set<String> found = ConcurrentHashMap.newKeySet();
    try (OperatorCore core =
        new OperatorCore(
            client,
            TestCluster.settings("reconciler"),
            new SimpleMeterRegistry(),
            Clock.systemUTC(),
            System::nanoTime)) {
      EventSource<?, PodNetwork> outcomes =
          new PodNetworkReconciler(core, Clock.systemUTC()).prepareEventSources(null).getFirst();
      outcomes.setEventHandler(
          (Event event) -> {
            if (event.getRelatedCustomResourceID().equals(new ResourceID("default"))) {
              found.add(core.loop().latest().networks().get("default").uid());
            }
          });
      outcomes.start();
      core.start();
      PodNetwork before = cluster.network("default", pool("10.244.0.0/16", 24));
      await().atMost(SOON).until(() -> found.contains(before.getMetadata().getUid()));

      client.resource(before).delete();
      PodNetwork anew = cluster.network("default", pool("10.244.0.0/16", 24));

      await().atMost(SOON).until(() -> found.contains(anew.getMetadata().getUid()));
    }
  }
}
