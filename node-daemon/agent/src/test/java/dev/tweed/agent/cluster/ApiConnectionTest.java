package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.Cable;
import dev.tweed.agent.ServersOwnAddress;
import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.dataplane.HostWay;
import dev.tweed.ip.IpAddress;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connections to a real API server that are lost without a word. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ApiConnectionTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private ApiServer server;
  private Cable cable;
  private ApiConnection api;
  private volatile List<ServerEndpoint> learned = List.of();
  private volatile List<NodeFinding> told = List.of();
  private volatile boolean changedWithOwn;
  private final List<SubnetRecord> arrived = new CopyOnWriteArrayList<>();

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
    server.admin().resources(NodeSubnet.class).delete();
  }

  /** Policies and the firewall wait for their own block, too, and not only for a peer's route. */
  @Test
  void whatIsNewOfThisNodeIsAChangeAndWhatIsNewOfAnotherAnArrival() {
    open(ListWatch.RENEWAL);
    await().atMost(SOON).until(() -> api.view().complete());

    subnet("10-244-2-0-24", "n2", 2);
    await().atMost(SOON).until(() -> !arrived.isEmpty());
    subnet("10-244-1-0-24", "n1", 1);

    await().atMost(SOON).until(() -> changedWithOwn);
    assertThat(arrived).extracting(SubnetRecord::node).containsExactly("n2");
  }

  @Test
  void connectionsThatAreLostWithoutAWordAreMadeAnew() {
    // Given connections that are lost, so that all three kernels think they are there
    open(Duration.ofSeconds(3));
    cable.lose();
    create("silence-after");

    // Then what was known stays in view until new ones show what is new
    await()
        .atMost(SOON)
        .until(
            () -> {
              assertThat(networks()).contains("silence-before");
              return networks().contains("silence-after");
            });
    // And the node writes, too
    assertThat(api.statusApi().report()).isEmpty();
  }

  @Test
  void aServerThatHasNothingToSayIsHeardOfAllTheSame() {
    open(Duration.ofSeconds(3));

    // Nothing happens in the cluster for the length of several watches
    await()
        .during(Duration.ofSeconds(9))
        .atMost(SOON)
        .until(() -> api.silence().compareTo(Duration.ofSeconds(6)) < 0);

    // And that took no second connection of anyone
    assertThat(cable.connections()).isEqualTo(7);
  }

  @Test
  void connectionsAreMadeAnewWhenTheWayHasChanged() {
    // Given connections that live for long, and are lost
    open(ListWatch.RENEWAL);
    HostWay[] way = {new HostWay(1, Optional.empty(), Optional.empty())};
    HostWays host =
        new HostWays() {
          @Override
          public Optional<HostWay> wayTo(IpAddress address) {
            return Optional.of(way[0]);
          }

          @Override
          public boolean hasAddress(IpAddress address) {
            return true;
          }
        };
    api.follow(host);
    cable.lose();
    create("silence-after");

    // When nothing has changed on this host, then nobody can know
    int before = cable.connections();
    api.follow(host);
    assertThat(cable.connections()).isEqualTo(before);

    // When the way has, then the daemon knows at once what is new
    way[0] = new HostWay(2, Optional.empty(), Optional.empty());
    api.follow(host);
    await().atMost(Duration.ofSeconds(20)).until(() -> networks().contains("silence-after"));
  }

  @Test
  void aNodeWhoseServiceAddressIsDeadGoesToTheServerItself() throws IOException {
    try (ServersOwnAddress ignored = new ServersOwnAddress(server)) {
      // Given a process that learned where the API server is while all was well
      open(ListWatch.RENEWAL);
      await().atMost(SOON).until(() -> !learned.isEmpty());

      // When kube-proxy dies, and another process begins
      api.close();
      cable.cut();
      create("silence-after");
      open(Duration.ofSeconds(3));

      // Then it comes up all the same, says so and writes
      assertThat(networks()).contains("silence-after");
      assertThat(api.statusApi().report()).isEmpty();
      await().atMost(SOON).until(this::toldOfTheOtherWay);

      // When kube-proxy is back, then nothing is wrong any more
      cable.join();
      await().atMost(SOON).until(() -> !toldOfTheOtherWay());
    }
  }

  @Test
  void aConnectionThatIsMadeAnewFindsTheOtherWay() throws IOException {
    try (ServersOwnAddress ignored = new ServersOwnAddress(server)) {
      open(ListWatch.RENEWAL);
      await().atMost(SOON).until(() -> !learned.isEmpty());

      cable.cut();
      create("silence-after");

      await().atMost(SOON).until(() -> networks().contains("silence-after"));
    }
  }

  /** By what they are kept may have changed, or there was no thread for it. */
  @Test
  void addressesThatWereLearnedAreToldNowAndThen() throws IOException {
    try (ServersOwnAddress ignored = new ServersOwnAddress(server)) {
      open(Duration.ofMillis(200));
      await().atMost(SOON).until(() -> !learned.isEmpty());

      learned = List.of();

      await().atMost(SOON).until(() -> !learned.isEmpty());
    }
  }

  private void open(Duration renewal) {
    ApiClient client =
        ApiClient.open(
            new ApiAccess(
                Optional.of(server.kubeconfig()), Optional.of(cable.url()), Path.of("/none")),
            Map.of(),
            "test");
    client.addresses().learn(learned);
    api = new ApiConnection(client, "n1", InstantSource.system(), renewal);
    api.onEndpoints(now -> learned = now);
    api.onArrival(arrived::add);
    api.start(
        () -> {
          if (api.view().subnets().stream().anyMatch(s -> s.node().equals("n1"))) {
            changedWithOwn = true;
          }
        },
        contact -> told = contact.findings());
    await().atMost(SOON).until(() -> networks().contains("silence-before"));
  }

  private boolean toldOfTheOtherWay() {
    return told.stream().anyMatch(f -> f.reason().equals(AgentReason.APIByEndpoint.name()));
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

  private void subnet(String name, String node, int number) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.setMetadata(new ObjectMetaBuilder().withName(name).build());
    subnet.setSpec(
        new NodeSubnetSpec(
            "silence-before",
            node,
            "uid-" + node,
            "10.244." + number + ".0/24",
            List.of("192.0.2." + number),
            "02:00:00:00:00:0" + number));
    server.admin().resource(subnet).create();
  }
}
