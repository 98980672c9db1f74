package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.Cable;
import dev.tweed.agent.ServersOwnAddress;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.ObservedSubnet;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
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

  private static final Duration SOON = Duration.ofSeconds(30);

  private ApiServer server;
  private Cluster cluster;
  private TestDaemon daemon;

  @BeforeEach
  void start(ApiServer server, @TempDir Path directory) {
    this.server = server;
    cluster = new Cluster(server.admin());
    daemon = new TestDaemon("n1", 1, directory, server.kubeconfig());
    cluster.node("n1");
    cluster.network();
  }

  @AfterEach
  void stop() {
    daemon.close();
    cluster.close();
  }

  @Test
  void programsPeersOfNodeSubnetsAndFollowsTheirDeletion() throws Exception {
    // Given this node and a peer
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");

    // When the daemon starts
    daemon.start();

    // Then it becomes ready with a route to the peer, and pods are invited
    await().atMost(SOON).until(daemon::ready);
    assertThat(daemon.routes()).containsPattern("10.244.2.0/24 .*via 10.244.2.0 dev tweed.1");
    assertThat(daemon.directory.resolve("conf/05-tweed.conflist"))
        .content()
        .contains("\"subnet\" : \"10.244.1.0/24\"", "\"mtu\" : 1450");

    // When a peer comes, and goes
    NodeSubnet third = cluster.subnet(3, "n3");
    awaitRoute("10.244.3.0/24");
    cluster.delete(third);

    // Then so does its route
    await().atMost(SOON).until(() -> !daemon.routes().contains("10.244.3.0/24"));
  }

  @Test
  void tellsWhatItDidInItsReportAndNowhereElse() throws Exception {
    NodeSubnet own = cluster.subnet(1, "n1");

    daemon.start();

    await().atMost(SOON).until(() -> report() != null);
    assertThat(report().conditions().getFirst().status()).isEqualTo("True");
    assertThat(report().conditions())
        .filteredOn(c -> c.type().equals("Connected"))
        .extracting(Condition::status)
        .containsExactly("True");
    assertThat(report().dataPath().device()).isEqualTo("tweed.1");
    assertThat(report().versions().kernel()).isNotBlank();
    assertThat(report().dataPath().mtu()).isEqualTo(1450);
    assertThat(report().nodeSubnets())
        .containsExactly(
            new ObservedSubnet(
                "10-244-1-0-24", own.getMetadata().getUid(), own.getMetadata().getGeneration()));
    assertThat(reportObject().getMetadata().getManagedFields())
        .anySatisfy(
            m -> {
              assertThat(m.getManager()).isEqualTo("tweed-node");
              assertThat(m.getSubresource()).isEqualTo("status");
            });
    // Each change of a NodeSubnet is delivered to every node
    assertThat(version(own)).isEqualTo(own.getMetadata().getResourceVersion());
    // And that it lives, by a Lease that goes with the Node
    String uid = cluster.client.nodes().withName("n1").get().getMetadata().getUid();
    await().atMost(SOON).until(() -> owners(uid) == 1);
  }

  private long owners(String uid) {
    return cluster.client.leases().inNamespace(TestDaemon.LEASES).list().getItems().stream()
        .filter(lease -> lease.getMetadata().getName().equals("n1"))
        .flatMap(lease -> lease.getMetadata().getOwnerReferences().stream())
        .filter(owner -> owner.getUid().equals(uid))
        .count();
  }

  @Test
  void aRestartChangesNothing() throws Exception {
    // Given a daemon that has told everything
    NodeSubnet own = cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    daemon.start();
    await()
        .atMost(SOON)
        .until(
            () ->
                report() != null
                    && report().conditions().stream()
                        .anyMatch(c -> c.reason().equals("NoLivingPeer")));
    String kernel = daemon.kernel();
    String subnetVersion = version(own);
    String report = Serialization.asYaml(reportObject());

    // When it ends
    daemon.stop();

    // Then the data path is as it was
    assertThat(daemon.kernel()).isEqualTo(kernel);

    // When it starts again
    daemon.start();
    await().atMost(SOON).until(daemon::ready);

    // Then kernel and statuses still are
    await()
        .during(Duration.ofSeconds(2))
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(version(own)).isEqualTo(subnetVersion);
              assertThat(Serialization.asYaml(reportObject())).isEqualTo(report);
            });
    assertThat(daemon.kernel()).isEqualTo(kernel);
  }

  @Test
  void withoutTheApiServerTheDataPathStaysAndHealsAndCatchesUp() throws Exception {
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    try (Cable cable = new Cable(server.config().getMasterUrl())) {
      daemon.startBy(cable.url());
      await().atMost(SOON).until(daemon::ready);

      // When the API server is away and somebody deletes a route
      cable.cut();
      daemon.netns.exec("ip", "route", "del", "10.244.2.0/24");

      // Then it comes back, and the node stays ready
      awaitRoute("10.244.2.0/24");
      assertThat(daemon.ready()).isTrue();

      // When meanwhile a peer came and the API server is there again
      cluster.subnet(3, "n3");
      cable.join();

      // Then the peer is programmed
      awaitRoute("10.244.3.0/24");
    }
  }

  @Test
  void whatFailsDoesNotHoldUpTheRepairOfTheRest() throws Exception {
    // Given a node that cannot become ready, for want of a plugin
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    Files.delete(daemon.directory.resolve("bin/portmap"));
    daemon.start();
    awaitRoute("10.244.2.0/24");

    // When somebody deletes a route, then it is back in a moment, however often the sync failed
    for (int i = 0; i < 4; i++) {
      daemon.netns.exec("ip", "route", "del", "10.244.2.0/24");
      await()
          .atMost(Duration.ofMillis(2500))
          .until(() -> daemon.routes().contains("10.244.2.0/24"));
    }
    assertThat(daemon.get("/readyz").body()).contains("CNIPluginMissing");
  }

  @Test
  void aThreadThatDiesEndsTheDaemon() throws Exception {
    cluster.subnet(1, "n1");
    daemon.start();
    await().atMost(SOON).until(daemon::ready);
    assertThat(daemon.get("/healthz").statusCode()).isEqualTo(200);

    Thread.ofPlatform()
        .name("injected")
        .start(
            () -> {
              throw new AssertionError("injected");
            });

    await()
        .dontCatchUncaughtExceptions()
        .atMost(SOON)
        .until(() -> daemon.get("/healthz").statusCode() == 503);
    assertThat(daemon.end()).contains("thread injected died of java.lang.AssertionError");
    // Nor is that a reason to take pods down.
    assertThat(daemon.ready()).isTrue();
  }

  @Test
  void aDaemonStartedWithoutTheApiServerWaitsForIt() throws Exception {
    cluster.subnet(1, "n1");
    try (Cable cable = new Cable(server.config().getMasterUrl())) {
      cable.cut();
      daemon.startBy(cable.url());
      assertThat(daemon.ready()).isFalse();
      assertThat(daemon.get("/healthz").statusCode()).isEqualTo(200);

      cable.join();

      await().atMost(SOON).until(daemon::ready);
    }
  }

  @Test
  void aDaemonRestartedOnANodeWithoutKubeProxyComesUp() throws Exception {
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    try (Cable cable = new Cable(server.config().getMasterUrl());
        ServersOwnAddress ignored = new ServersOwnAddress(server)) {
      // Given a daemon that ran while all was well
      daemon.startBy(cable.url());
      await().atMost(SOON).until(() -> Files.exists(daemon.state().resolve("api-endpoints")));
      daemon.stop();

      // When the Service address is dead, and nothing is left of the data path
      cable.cut();
      daemon.netns.exec("ip", "link", "del", "tweed.1");
      daemon.startBy(cable.url());

      // Then the next one finds the API server, and what is new there
      cluster.subnet(3, "n3");
      awaitRoute("10.244.2.0/24");
      awaitRoute("10.244.3.0/24");
    }
  }

  @Test
  void aProbePortThatIsTakenKeepsNoNodeFromItsNetwork() throws Exception {
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      daemon.startOn(new InetSocketAddress(taken.getInetAddress(), taken.getLocalPort()));

      // The network works, and the report says what to do
      awaitRoute("10.244.2.0/24");
      await().atMost(SOON).until(() -> report() != null);
      assertThat(report().findings())
          .extracting(NodeReportStatus.Finding::reason)
          .containsExactly("ProbesNotAnswered");
    }

    // And probes are answered once the port is free
    await().atMost(SOON).ignoreExceptions().until(daemon::ready);
  }

  @Test
  void hostilePeersAreSkippedAndReported() throws Exception {
    // Given peers that the schema lets through and that cannot be right
    cluster.subnet(1, "n1");
    hostile("10.244.1.128/25", "192.0.2.66", "02:00:00:00:00:66");
    hostile("198.51.100.0/24", "192.0.2.67", "02:00:00:00:00:67");
    hostile("10.244.68.0/24", "10.244.68.1", "02:00:00:00:00:68");
    hostile("10.244.69.0/24", "192.0.2.1", "02:00:00:00:00:69");
    hostile("10.0.0.0/8", "192.0.2.70", "02:00:00:00:00:70");
    hostile("10.244.71.0/24", "192.0.2.71", "02:00:00:00:00:01");
    cluster.subnet(2, "n2");

    daemon.start();

    // Then the good ones are programmed and no packet goes astray
    await().atMost(SOON).until(daemon::ready);
    awaitRoute("10.244.2.0/24");
    assertThat(daemon.routes())
        .doesNotContain(
            "10.244.1.128", "198.51.100", "10.244.68", "10.244.69", "10.0.0.0/8", "10.244.71");
    // and each bad one is named
    await().atMost(SOON).until(() -> report() != null);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(report().findings())
                    .filteredOn(f -> f.reason().equals("InvalidPeer"))
                    .filteredOn(f -> !f.object().equals("NodeSubnets"))
                    .hasSize(6));
    // and that those are most of them
    assertThat(report().conditions())
        .extracting(Condition::type, Condition::status, Condition::reason)
        .startsWith(
            tuple("Ready", "False", "InvalidPeer"), tuple("Programmed", "True", "Programmed"));
  }

  @Test
  void aNodeWithoutSubnetIsNotReadyAndSaysWhatItWaitsFor() throws Exception {
    daemon.start();

    await().atMost(SOON).until(() -> daemon.get("/readyz").body().contains("it has no NodeSubnet"));
    assertThat(daemon.get("/readyz").statusCode()).isEqualTo(503);
    assertThat(daemon.directory.resolve("conf")).isEmptyDirectory();

    cluster.subnet(1, "n1");

    await().atMost(SOON).until(daemon::ready);
  }

  @Test
  void aNodeNobodySelectsIsReadyWithNothingToDo() throws Exception {
    cluster.close();

    daemon.start();

    // The Node is gone with the rest, so it is made anew.
    cluster.node("n1");
    await().atMost(SOON).until(daemon::ready);
    assertThat(daemon.get("/readyz").body()).startsWith("IDLE: there is no PodNetwork");
  }

  @Test
  void aDaemonWithoutApiServerBringsBackWhatItRemembers() throws Exception {
    // Given a node whose daemon has ended, and whose device is deleted while the API server is away
    try (Cable cable = new Cable(server.config().getMasterUrl())) {
      cluster.subnet(1, "n1");
      NodeSubnet second = cluster.subnet(2, "n2");
      daemon.startBy(cable.url());
      await().atMost(SOON).until(daemon::ready);
      awaitRoute("10.244.2.0/24");
      await().atMost(SOON).until(() -> Files.exists(daemon.state().resolve("view")));
      daemon.stop();
      daemon.netns.sh("ip link del tweed.1; ip addr flush dev tweed-br0 scope global");
      assertThat(daemon.routes()).doesNotContain("10.244.2.0/24");
      cable.cut();
      cluster.subnet(3, "n3");
      cluster.delete(second);

      // When the next one starts
      daemon.startBy(cable.url());

      // Then the data path is as it was, and the node says why it may be old
      awaitRoute("10.244.2.0/24");
      await().atMost(SOON).until(daemon::ready);
      assertThat(daemon.routes()).contains("10.244.1.0/24 dev tweed-br0");
      assertThat(daemon.command("status")).contains("FromMemory");

      // Until the API server answers: what it says counts
      cable.join();
      awaitRoute("10.244.3.0/24");
      await().atMost(SOON).until(() -> !daemon.routes().contains("10.244.2.0/24"));
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertThat(daemon.command("status")).doesNotContain("FromMemory"));
    }
  }

  @Test
  void statusAndCleanupWorkWithoutTheApiServer() throws Exception {
    // Given a node with a data path, and its daemon running
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    daemon.start();
    await().atMost(SOON).until(daemon::ready);
    try (RunLock lock = RunLock.tryTake(daemon.run()).orElseThrow()) {
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(daemon.command("status"))
                      .contains("Node n1: ready", "Peers       1 of 1 programmed", "tweed.1")
                      .contains("Daemon      running")
                      .endsWith("exit code 0"));
      assertThat(daemon.command("cleanup")).endsWith("exit code 1");
      assertThat(daemon.routes()).contains("10.244.2.0/24");
    }

    // When it has ended, killed while it counted packets
    daemon.stop();
    daemon.netns.exec("nft", "add table inet tweed-trace");
    Files.createDirectories(daemon.state());
    Files.writeString(daemon.state().resolve("something"), "remembered");

    // Then status says so, and cleanup leaves nothing
    assertThat(daemon.command("status")).contains("NOT running").endsWith("exit code 1");
    assertThat(daemon.command("cleanup"))
        .contains("link tweed.1", "table tweed-trace", "nothing of Tweed's is left")
        .endsWith("exit code 0");
    assertThat(daemon.routes()).doesNotContain("10.244");
    assertThat(daemon.netns.exec("nft", "list", "ruleset")).doesNotContain("tweed");
    assertThat(daemon.directory.resolve("conf")).isEmptyDirectory();
    assertThat(Files.exists(daemon.run()) && daemon.run().toFile().list().length > 0).isFalse();
    assertThat(daemon.state()).doesNotExist();
    assertThat(daemon.command("cleanup")).isEqualTo("nothing of Tweed's was here\nexit code 0");
  }

  @Test
  void metricsTellPeersSyncsAndRepairs() throws Exception {
    cluster.subnet(1, "n1");
    cluster.subnet(2, "n2");
    daemon.start();
    await().atMost(SOON).until(daemon::ready);
    daemon.netns.exec("ip", "route", "del", "10.244.2.0/24");
    awaitRoute("10.244.2.0/24");

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(daemon.get("/metrics").body())
                    .contains("tweed_ready 1.0")
                    .contains("tweed_peers{state=\"programmed\"} 1.0")
                    .contains("tweed_repairs_total{kind=\"Route\"} 1.0")
                    .containsPattern("tweed_sync_total\\{result=\"success\"} [1-9]"));
  }

  /** A block of a node of its own, with the name that the schema asks for. */
  private void hostile(String cidr, String ip, String mac) {
    String name = cidr.replaceAll("[./]", "-");
    cluster.subnet(name, "evil-" + name, cidr, ip, mac);
  }

  private void awaitRoute(String prefix) {
    await().atMost(SOON).until(() -> daemon.routes().contains(prefix));
  }

  private NodeReport reportObject() {
    return cluster.client.resources(NodeReport.class).withName("n1").get();
  }

  private NodeReportStatus report() {
    return reportObject().getStatus();
  }

  private String version(NodeSubnet subnet) {
    return cluster.client.resource(subnet).get().getMetadata().getResourceVersion();
  }
}
