package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The daemon against a real API server and a real kernel. */
@Tag("api-server")
@Tag("kernel")
@ExtendWith(ApiServerExtension.class)
class NodeDaemonTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private Cluster cluster;
  private TestDaemon daemon;

  @BeforeEach
  void start(ApiServer server, @TempDir Path directory) {
    cluster = new Cluster(server.admin());
    daemon = new TestDaemon("n1", 1, directory, server.kubeconfig());
  }

  @AfterEach
  void stop() {
    daemon.close();
    cluster.close();
  }

  @Test
  void programsPeersOfNodeSubnetsAndFollowsTheirDeletion() throws Exception {
    // Given a network, this node and a peer
    cluster.node("n1");
    cluster.network();
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");

    // When the daemon starts
    daemon.start();

    // Then it becomes ready with a route to the peer
    await().atMost(SOON).until(daemon::ready);
    assertThat(daemon.routes()).contains("10.244.2.0/24 via 10.244.2.0 dev tweed.1");

    // When a peer comes, and goes
    NodeSubnet third = cluster.subnet(3, "n3");
    await().atMost(SOON).until(() -> daemon.routes().contains("10.244.3.0/24"));
    cluster.delete(third);

    // Then so does its route
    await().atMost(SOON).until(() -> !daemon.routes().contains("10.244.3.0/24"));
  }
}
