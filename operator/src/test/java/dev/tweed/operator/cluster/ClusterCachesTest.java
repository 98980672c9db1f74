package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.allocation.SubnetFacts;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** NodeSubnets that were created and may not have come by the watch yet; what matters. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ClusterCachesTest {
  private static final Duration SOON = Duration.ofSeconds(40);

  private KubernetesClient client;
  private ClusterCaches caches;
  private final AtomicInteger changes = new AtomicInteger();

  @BeforeEach
  void start(ApiServer server) {
    client = server.admin();
    new TestCluster(client).clear();
    caches =
        new ClusterCaches(
            client,
            changes::incrementAndGet,
            () -> {},
            new UnknownObjects((object, what) -> {}),
            new SteadyTime(Instant.EPOCH, System::nanoTime));
    caches.start();
  }

  @AfterEach
  void stop() {
    caches.close();
  }

  private NodeSubnet create(String name, String cidr) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setName(name);
    subnet.setSpec(
        new NodeSubnetSpec(
            "default", "n1", "uid", cidr, List.of("192.0.2.1"), "02:00:00:00:00:01"));
    return client.resource(subnet).create();
  }

  private List<String> known() {
    return caches.view().subnets().stream().map(SubnetFacts::name).toList();
  }

  @Test
  void isBelievedInUntilTheWatchTells() {
    // Given one that the watch has not told of
    NodeSubnet subnet = create("10-244-1-0-24", "10.244.1.0/24");
    await().atMost(SOON).until(() -> !known().isEmpty());
    subnet.getMetadata().setName("10-244-2-0-24");
    subnet.getMetadata().setResourceVersion(subnet.getMetadata().getResourceVersion() + "0");

    caches.remember(List.of(Facts.of(subnet)));

    assertThat(known()).containsExactlyInAnyOrder("10-244-1-0-24", "10-244-2-0-24");
  }

  @Test
  void anAnnotationOfANetworkMatters() {
    TestCluster cluster = new TestCluster(client);
    int none = changes.get();
    cluster.network("default", TestCluster.pool("10.244.0.0/16", 24));
    await().atMost(SOON).until(() -> changes.get() > none);
    int before = changes.get();

    cluster.annotate("default", "tweed.dev/release-blocks");

    await().atMost(SOON).until(() -> changes.get() > before);
  }

  @Test
  void isNotBelievedInWhenItWasDeletedBeforeItWasNoted() {
    NodeSubnet subnet = create("10-244-1-0-24", "10.244.1.0/24");
    await().atMost(SOON).until(() -> !known().isEmpty());
    client.resource(subnet).delete();
    await().atMost(SOON).until(() -> known().isEmpty());

    caches.remember(List.of(Facts.of(subnet)));

    assertThat(known()).isEmpty();
  }
}
