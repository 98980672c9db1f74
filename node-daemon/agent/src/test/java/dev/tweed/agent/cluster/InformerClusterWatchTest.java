package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an API server does to a watch in ways a real one cannot be made to in a moment. */
class InformerClusterWatchTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  private StubWatchServer server;
  private KubernetesClient client;
  private InformerClusterWatch watch;

  @BeforeEach
  void start() throws Exception {
    server = new StubWatchServer();
    client =
        ApiClient.open(
            new ApiAccess(Optional.empty(), Optional.of(server.url()), Path.of("/none")),
            Map.of(),
            "test");
    watch = new InformerClusterWatch(client, "n1");
  }

  @AfterEach
  void stop() {
    watch.close();
    client.close();
    server.close();
  }

  @Test
  void aWatchOfAnExpiredVersionListsAnew() {
    // Given a watch that has seen one NodeSubnet
    server.add(2);
    watch.start(() -> {});
    await().atMost(SOON).untilAsserted(() -> assertSubnets("10-244-2-0-24"));

    // When the server has forgotten what happened since, and says 410 Gone to the watch
    server.remove(2);
    server.add(3);
    server.forget();

    // Then what is there now is seen
    await().atMost(SOON).untilAsserted(() -> assertSubnets("10-244-3-0-24"));
  }

  private void assertSubnets(String... names) {
    assertThat(watch.view().subnets()).extracting(SubnetRecord::name).containsExactly(names);
  }
}
