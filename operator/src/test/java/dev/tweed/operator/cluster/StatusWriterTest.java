package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.crds.PodNetworkStatus.NodeCounts;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.status.StatusPacer.Told;
import dev.tweed.operator.status.Transition;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Statuses and the Events that go with them, on a real API server. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class StatusWriterTest {
  private static final String NEWS = "NewsOfStatusWriterTest";

  private KubernetesClient admin;
  private KubernetesClient client;
  private TestCluster cluster;
  private StatusWriter writer;
  private volatile boolean forbidden;
  private volatile Duration passed = Duration.ofDays(1);
  private int failing;

  @BeforeEach
  void start(ApiServer server) {
    admin = server.admin();
    cluster = new TestCluster(admin);
    cluster.clear();
    admin.events().v1().events().inNamespace("default").delete();
    client = TestCluster.client(server, new WithoutRights());
    writer =
        new StatusWriter(
            client,
            new OperatorEvents(client, TestCluster.settings("statuses"), Clock.systemUTC()),
            new SteadyTime(Instant.EPOCH, () -> passed.toNanos()),
            () -> failing++);
  }

  @AfterEach
  void stop() {
    client.close();
  }

  /** Sends requests as somebody who may do nothing, while that is asked for. */
  private final class WithoutRights implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (forbidden) {
        builder.setHeader("Impersonate-User", "nobody");
      }
    }
  }

  private static PodNetworkStatus status(int nodes, int ready) {
    boolean all = nodes == ready;
    return new PodNetworkStatus(
        1L,
        List.of(
            new Condition(
                "Ready",
                all ? "True" : "False",
                all ? "Ready" : "NodesNotReady",
                ready + " of " + nodes,
                "2026-01-01T00:00:00Z",
                1L)),
        List.of(),
        new NodeCounts(nodes, nodes, ready),
        nodes,
        0L,
        null);
  }

  private StatusWriter.Result<PodNetwork> write(PodNetwork network, PodNetworkStatus status) {
    PodNetwork patch = new PodNetwork();
    patch.setStatus(status);
    return writer.write(
        network,
        Told.of(network.getStatus()),
        Told.of(status),
        patch,
        List.of(new Transition(false, NEWS, "Ready", "it is news")));
  }

  private Optional<PodNetworkStatus> stored() {
    return Optional.ofNullable(
        admin.resources(PodNetwork.class).withName("default").get().getStatus());
  }

  private List<Event> events() {
    return admin.events().v1().events().inNamespace("default").list().getItems().stream()
        .filter(e -> NEWS.equals(e.getReason()))
        .toList();
  }

  @Test
  void anEventGoesOutWhenTheStatusIsWrittenAndNotBefore() {
    PodNetwork network = cluster.network("default", pool("10.244.0.0/16", 24));

    // When the status is refused twice
    forbidden = true;
    assertThatThrownBy(() -> write(network, status(3, 3)))
        .isInstanceOf(KubernetesClientException.class);
    passed = passed.plusSeconds(1);
    assertThatThrownBy(() -> write(network, status(3, 3)))
        .isInstanceOf(KubernetesClientException.class);

    // Then nothing is told but that
    forbidden = false;
    assertThat(events()).isEmpty();
    assertThat(writer.failingSince()).contains(Instant.EPOCH);

    // And when it is written, all is, once
    assertThat(write(network, status(3, 3)).written()).isPresent();
    assertThat(stored()).contains(status(3, 3));
    assertThat(events())
        .singleElement()
        .satisfies(
            e -> assertThat(e.getRegarding().getUid()).isEqualTo(network.getMetadata().getUid()));
    assertThat(writer.failingSince()).isEmpty();
    assertThat(failing).isEqualTo(3);
  }

  @Test
  void aNetworkMadeAnewUnderTheNameIsNotWrittenOver() {
    PodNetwork before = cluster.network("default", pool("10.244.0.0/16", 24));
    admin.resource(before).delete();
    cluster.network("default", pool("10.245.0.0/16", 24));

    assertThat(write(before, status(3, 3)).written()).isEmpty();
    assertThat(write(before, status(3, 3)).rest()).isPositive();

    assertThat(stored()).isEmpty();
    assertThat(events()).isEmpty();
  }

  @Test
  void aNetworkThatIsGoneIsNotMadeAgain() {
    PodNetwork before = cluster.network("default", pool("10.244.0.0/16", 24));
    admin.resource(before).delete();

    assertThat(write(before, status(3, 3)).written()).isEmpty();

    assertThat(admin.resources(PodNetwork.class).list().getItems()).isEmpty();
  }

  @Test
  void aNetworkMadeAnewWaitsForNothingOfTheOneBefore() {
    // Given one of many nodes, which was written just now
    PodNetwork before = cluster.network("default", pool("10.244.0.0/16", 24));
    PodNetwork written = write(before, status(1_000, 0)).written().orElseThrow();
    assertThat(write(written, status(1_000, 7)).rest()).isEqualTo(Duration.ofSeconds(10));

    // When it is made anew, and a status of somebody else's is there
    admin.resource(before).delete();
    PodNetwork anew = cluster.network("default", pool("10.244.0.0/16", 24));
    anew.setStatus(status(1_000, 0));

    // Then it begins to wait when it is seen, and a first status does not
    passed = passed.plusSeconds(9);
    assertThat(write(anew, status(1_000, 7)).rest()).isEqualTo(Duration.ofSeconds(10));
    anew.setStatus(null);
    assertThat(write(anew, status(1_000, 7)).written()).isPresent();
  }

  @Test
  void whatNeedsNoWriteAnyMoreFailsNoMore() {
    // Given a write that had no answer, but may have been carried out
    PodNetwork network = cluster.network("default", pool("10.244.0.0/16", 24));
    forbidden = true;
    assertThatThrownBy(() -> write(network, status(3, 3)))
        .isInstanceOf(KubernetesClientException.class);

    writer.agrees(network);

    assertThat(writer.failingSince()).isEmpty();
    assertThat(failing).isEqualTo(2);
  }

  @Test
  void whoWasForgottenFailsNoMore() {
    PodNetwork network = cluster.network("default", pool("10.244.0.0/16", 24));
    forbidden = true;
    assertThatThrownBy(() -> write(network, status(3, 3)))
        .isInstanceOf(KubernetesClientException.class);

    writer.retain(Set.of("another"));

    assertThat(writer.failingSince()).isEmpty();
    assertThat(failing).isEqualTo(2);
  }
}
