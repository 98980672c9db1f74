package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Annotations that open a guard are taken off on a real API server; how late it is the test says.
 */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class GuardExpiryTest {
  private final AtomicLong nanos = new AtomicLong();
  private KubernetesClient client;
  private TestCluster cluster;
  private BoundedCalls calls;
  private Set<OpenGuard> open = Set.of();
  private GuardExpiry guards;

  @BeforeEach
  void networkAndBlockWithOpenGuards(ApiServer server) {
    client = server.admin();
    cluster = new TestCluster(client);
    cluster.clear();
    calls = TestCluster.calls(4);
    guards =
        new GuardExpiry(
            client,
            calls,
            () -> open,
            Duration.ofMinutes(5),
            new SteadyTime(Instant.EPOCH, nanos::get));
    cluster.network("default", pool("10.244.0.0/16", 24));
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setName("10-244-0-0-24");
    subnet.setSpec(
        new NodeSubnetSpec("default", "n1", "uid", "10.244.0.0/24", List.of("192.0.2.1"), null));
    client.resource(subnet).create();
    annotate(
        PodNetwork.class,
        "default",
        Map.of(TweedApi.ALLOW_DELETE_IN_USE, "true", TweedApi.RELEASE_BLOCKS, "true"));
    annotate(PodNetwork.class, "default", Map.of("note", "mine", TweedApi.ALLOW_CHANGE, "no"));
    annotate(NodeSubnet.class, "10-244-0-0-24", Map.of(TweedApi.ALLOW_CHANGE, "true"));
  }

  @AfterEach
  void close() {
    calls.close();
  }

  private <T extends HasMetadata> void annotate(
      Class<T> kind, String name, Map<String, String> annotations) {
    client
        .resources(kind)
        .withName(name)
        .edit(
            object -> {
              Map<String, String> all = new TreeMap<>(annotationsOf(object));
              all.putAll(annotations);
              object.getMetadata().setAnnotations(all);
              return object;
            });
  }

  private static Map<String, String> annotationsOf(HasMetadata object) {
    Map<String, String> annotations = object.getMetadata().getAnnotations();
    return annotations == null ? Map.of() : annotations;
  }

  /** As the caches do with what the watches bring. */
  private void see() {
    open =
        Stream.concat(
                client.resources(PodNetwork.class).list().getItems().stream(),
                cluster.subnets().stream())
            .flatMap(object -> OpenGuard.of(object).stream())
            .collect(Collectors.toSet());
  }

  private GuardExpiry.Outcome after(Duration passed) {
    nanos.addAndGet(passed.toNanos());
    return guards.close();
  }

  private Map<String, String> network() {
    return annotationsOf(client.resources(PodNetwork.class).withName("default").get());
  }

  private Map<String, String> subnet() {
    return annotationsOf(cluster.subnets().getFirst());
  }

  @Test
  void theyAreTakenOffTenMinutesAfterTheyWereSeenAndNothingElseIs() {
    // Given that they were seen
    see();
    assertThat(after(Duration.ZERO).rest()).contains(Duration.ofMinutes(10));

    // When a moment of the ten minutes is left
    assertThat(after(Duration.ofSeconds(599)).closed().failures()).isEmpty();

    // Then they stand
    assertThat(network()).hasSize(4);
    assertThat(subnet()).hasSize(1);

    // And when it is over they do not
    assertThat(after(Duration.ofSeconds(1)).closed().failures()).isEmpty();
    assertThat(network()).doesNotContainKey(TweedApi.ALLOW_DELETE_IN_USE).hasSize(3);
    assertThat(subnet()).isEmpty();
    // but for the agreement to what happens only when blocks have been reserved for long enough
    see();
    assertThat(after(Duration.ofMinutes(5)).closed().failures()).isEmpty();
    assertThat(network())
        .containsOnly(Map.entry("note", "mine"), Map.entry(TweedApi.ALLOW_CHANGE, "no"));
    see();
    assertThat(open).isEmpty();
    assertThat(after(Duration.ofSeconds(1)).rest()).isEmpty();
  }

  @Test
  void anotherObjectOfThatNameKeepsItsOwn() {
    see();
    guards.close();
    client.resources(PodNetwork.class).withName("default").delete();
    cluster.network("default", pool("10.244.0.0/16", 24));
    annotate(PodNetwork.class, "default", Map.of(TweedApi.ALLOW_DELETE_IN_USE, "true"));

    // When the cache has not heard of it
    assertThat(after(Duration.ofMinutes(10)).closed().failures()).isEmpty();

    assertThat(network()).containsKey(TweedApi.ALLOW_DELETE_IN_USE);
    // nor of the end of the other
    client.resources(NodeSubnet.class).delete();
    GuardExpiry.Outcome gone = after(Duration.ofMinutes(10));
    assertThat(gone.closed().failures()).isEmpty();
    assertThat(gone.rest()).isEmpty();
  }
}
