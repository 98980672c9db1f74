package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.ApiConnection;
import dev.tweed.agent.daemon.KernelPath;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.netlink.testing.Netns;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host whose addresses and routes change, beside an API server that says nothing. */
@Tag("kernel")
class ChangedHostTest {

  /** One connection each. */
  private static final int WATCHES = 7;

  /** Keepalive would take 25 s. */
  private static final Duration SOON = Duration.ofSeconds(15);

  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicInteger watches = new AtomicInteger();
  private final Netns far = Netns.open();
  private final Netns host = Netns.open();
  private ScriptedServer server;
  private ApiConnection api;
  private KernelPath kernel;

  @BeforeEach
  void connect(@TempDir Path run) throws Exception {
    host.sh("ip link add eth0 type veth peer name far netns " + far.path());
    host.sh("ip link add eth1 type veth peer name far1 netns " + far.path());
    far.sh("ip link set far up; ip addr add 192.0.2.254/24 dev far");
    far.sh("ip link set far1 up; ip addr add 198.51.100.254/24 dev far1");
    far.sh("ip route add 198.51.100.1 dev far1");
    host.sh("ip link set eth0 up; ip addr add 192.0.2.1/24 dev eth0");
    host.sh("ip link set eth1 up; ip addr add 198.51.100.1/24 dev eth1");
    ServerSocket listener =
        far.call(() -> new ServerSocket(0, 50, InetAddress.getByName("192.0.2.254")));
    // Not from inside: what carries virtual threads would be there, for every test to come.
    server =
        ScriptedServer.start(
            listener,
            ScriptedServer.empty(
                line -> line.contains("watch=true") && watches.incrementAndGet() > 0, over));
    String url = "http://192.0.2.254:" + server.port();
    api =
        host.call(
            () -> {
              ApiConnection connection =
                  new ApiConnection(
                      ApiClient.open(
                          new ApiAccess(Optional.empty(), Optional.of(url), Path.of("/none")),
                          Map.of(),
                          "test"),
                      "n1",
                      Instant::now,
                      Duration.ofMinutes(10));
              connection.start(() -> {}, contact -> {});
              return connection;
            });
    kernel =
        host.call(() -> KernelPath.real(DataPathOptions.defaults().withRunDir(run)).open(() -> {}));
    await().atMost(SOON).until(() -> watches.get() == WATCHES);
    follow();
  }

  @AfterEach
  void stop() throws Exception {
    over.countDown();
    host.call(
        () -> {
          kernel.close();
          return true;
        });
    api.close();
    server.close();
    host.close();
    far.close();
  }

  @Test
  void connectionsOfAnAddressThatIsGoneAreMadeAnewAndNoOthers() {
    // What does not concern them
    host.sh("ip addr add 203.0.113.1/24 dev eth1; ip addr del 203.0.113.1/24 dev eth1");
    host.sh("ip route add default via 198.51.100.254; ip link add pod type veth peer name inside");
    follow();
    assertThat(server.connections).hasValue(WATCHES);

    // What DHCP does
    host.sh("ip addr del 192.0.2.1/24 dev eth0; ip addr add 192.0.2.3/24 dev eth0");
    follow();

    await().atMost(SOON).until(() -> watches.get() == 2 * WATCHES);
  }

  @Test
  void connectionsAreMadeAnewWhenTheyWouldGoAnotherWay() {
    host.sh("ip route add 192.0.2.254 dev eth1 src 198.51.100.1");
    follow();

    await().atMost(SOON).until(() -> watches.get() == 2 * WATCHES);
  }

  private void follow() {
    host.call(
        () -> {
          api.follow(kernel);
          return true;
        });
  }
}
