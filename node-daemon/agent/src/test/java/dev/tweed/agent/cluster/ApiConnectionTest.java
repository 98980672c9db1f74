package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.Cable;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connections to a real API server, which speaks HTTP/2, that are lost without a word. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ApiConnectionTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private ApiServer server;
  private Cable cable;
  private ApiConnection api;
  private volatile Optional<NodeFinding> told = Optional.empty();

  @BeforeEach
  void connect(ApiServer server) throws IOException {
    this.server = server;
    cable = new Cable(server.config().getMasterUrl());
    create("silence-before");
  }

  @AfterEach
  void close() throws IOException {
    api.close();
    cable.close();
    server.admin().resources(PodNetwork.class).delete();
  }

  @Test
  void aConnectionThatIsLostWithoutAWordIsReplaced() {
    // Given a connection that is lost, so that both sides think it is there
    open(Duration.ofSeconds(2), System::nanoTime);
    cable.lose();
    create("silence-after");

    // Then what was known stays in view until a new connection shows what is new
    await()
        .atMost(SOON)
        .until(
            () -> {
              assertThat(networks()).contains("silence-before");
              return networks().contains("silence-after");
            });
    // And the node tells of it, and writes by the new connection
    await().atMost(SOON).until(() -> told.isPresent());
    assertThat(told).get().returns("APISilent", NodeFinding::reason);
    assertThat(api.statusApi().report()).isEmpty();
  }

  @Test
  void aServerThatHasNothingToSayIsAskedAndKept() {
    // Given a connection on which nothing happens
    AtomicLong now = new AtomicLong(System.nanoTime());
    open(Duration.ofSeconds(90), now::get);

    for (int i = 0; i < 4; i++) {
      now.addAndGet(Duration.ofSeconds(40).toNanos());
      api.look();

      // Then it answers when asked
      await().atMost(SOON).until(() -> api.silence().isZero());
    }
    assertThat(told).isEmpty();
    assertThat(api.finding()).isEmpty();
  }

  @Test
  void aReplacedConnectionIsToldForSomeMinutes() {
    AtomicLong now = new AtomicLong(System.nanoTime());
    open(Duration.ofSeconds(90), now::get);

    // The answers to the watches may still be on their way.
    await()
        .atMost(SOON)
        .until(
            () -> {
              now.addAndGet(Duration.ofSeconds(90).toNanos());
              api.look();
              return api.finding().isPresent();
            });

    assertThat(networks()).contains("silence-before");
    now.addAndGet(Duration.ofMinutes(10).toNanos());
    assertThat(api.finding()).isEmpty();
  }

  private void open(Duration limit, LongSupplier clock) {
    api =
        new ApiConnection(
            onRead ->
                ApiClient.open(
                    new ApiAccess(
                        Optional.of(server.kubeconfig()),
                        Optional.of(cable.url()),
                        Path.of("/none")),
                    Map.of(),
                    "test",
                    onRead),
            "n1",
            limit,
            clock);
    api.start(() -> {}, finding -> told = finding);
    await().atMost(SOON).until(() -> networks().contains("silence-before"));
  }

  private List<String> networks() {
    return api.view().networks().stream().map(NetworkRecord::name).toList();
  }

  private void create(String name) {
    PodNetwork network = new PodNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName(name).build());
    network.setSpec(Views.spec(null));
    server.admin().resource(network).create();
  }
}
