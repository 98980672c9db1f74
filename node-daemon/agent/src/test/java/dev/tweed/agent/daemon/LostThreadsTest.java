package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.cluster.ApiConnection;
import dev.tweed.agent.cluster.ApiContact;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.ClusterWatch;
import dev.tweed.agent.cluster.RememberedWatch;
import dev.tweed.agent.cluster.StatusApi;
import dev.tweed.agent.loop.DirectoryWatch;
import dev.tweed.agent.loop.SyncLoop;
import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.agent.probe.Prober;
import dev.tweed.agent.status.HealthServer;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.StatusMapper;
import dev.tweed.agent.status.StatusPublisher;
import dev.tweed.agent.status.Statuses;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.firewall.RulesetMonitor;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each thread of the daemon's, killed by what none of them takes for a failure of its work. */
class LostThreadsTest {

  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final List<String> ended = new CopyOnWriteArrayList<>();
  private final Thread.UncaughtExceptionHandler before =
      Thread.getDefaultUncaughtExceptionHandler();

  @TempDir Path directory;

  @BeforeEach
  void watch() {
    Thread.setDefaultUncaughtExceptionHandler(new LostThreads(ended::add));
  }

  @AfterEach
  void stop() {
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  @Test
  void aLoop() {
    try (SyncLoop loop =
        new SyncLoop(
            "sync", LostThreadsTest::kill, LONG, LONG, LONG, System::nanoTime, Math::random)) {
      loop.start();

      assertLost("sync");
    }
  }

  @Test
  void theWatchesOfTheApiServer() {
    ApiConnection api =
        new ApiConnection(
            ApiClient.open(
                new ApiAccess(
                    Optional.empty(), Optional.of("http://127.0.0.1:1"), Path.of("/none")),
                Map.of(),
                "test",
                server -> LostThreadsTest::kill),
            "n1",
            Instant::now,
            LONG);
    try (api) {
      api.renewLease("leases", () -> {});
      api.start(() -> {}, contact -> {});

      assertLost("watch-podnetworks");
      assertLost("watch-nodesubnets");
      assertLost("watch-firewallpolicies");
      assertLost("watch-node");
      assertLost("watch-endpoints");
      assertLost("lease");
    }
  }

  @Test
  void whatRemembers() {
    ClusterWatch api =
        new ClusterWatch() {
          @Override
          public void start(Runnable onChange, Consumer<ApiContact> onContact) {}

          @Override
          public ClusterView view() {
            return kill();
          }

          @Override
          public void close() {}
        };
    StateFile file =
        new StateFile(
            directory,
            "view",
            RememberedWatch.VERSION,
            RememberedWatch.MAX_BYTES,
            () -> new Binding("n1", "", "", ""));
    try (RememberedWatch watch =
        new RememberedWatch(
            api,
            file,
            "n1",
            Instant::now,
            System::nanoTime,
            new RememberedWatch.Timing(Duration.ofSeconds(1), LONG, LONG, LONG))) {
      watch.start(() -> {}, contact -> {});

      assertLost("memory");
    }
  }

  @Test
  void theTimerOfTheApiClient() {
    try (ApiClient client =
        ApiClient.open(
            new ApiAccess(Optional.empty(), Optional.of("http://127.0.0.1:1"), Path.of("/none")),
            Map.of(),
            "test")) {
      client.every(Duration.ofMillis(1), LostThreadsTest::kill);

      assertLost("api-timer");
    }
  }

  @Test
  void theWriterOfStatus() {
    StatusApi api =
        new StatusApi() {
          @Override
          public boolean applyReportStatus(NodeReportStatus status) {
            return kill();
          }

          @Override
          public Optional<NodeReportStatus> report() {
            return kill();
          }

          @Override
          public boolean reportWasWritten() {
            return kill();
          }
        };
    try (StatusPublisher publisher =
        new StatusPublisher(
            api,
            new StatusMapper(Clock.systemUTC(), Optional.empty()),
            System::nanoTime,
            Math::random,
            finding -> {})) {
      publisher.start();
      publisher.publish(Statuses.idleWithFirewall(), List.of());

      assertLost("status");
    }
  }

  @Test
  void theWatchOfFiles() throws IOException {
    try (DirectoryWatch watch =
        DirectoryWatch.start(
            List.of(new DirectoryWatch.Target(directory, name -> true, LostThreadsTest::kill)),
            trouble -> {})) {
      Files.createFile(directory.resolve("new"));

      assertLost("directory-watch");
    }
  }

  @Test
  void whatAnswersProbes() throws IOException {
    try (HealthServer server =
            HealthServer.start(ANY, () -> true, LostThreadsTest::kill, () -> "", trouble -> {});
        Socket client = new Socket(ANY.getAddress(), server.address().getPort())) {
      client.getOutputStream().write("GET /readyz HTTP/1.1\r\n\r\n".getBytes());

      assertLost("health");
    }
  }

  @Test
  @Tag("kernel")
  void theProber() {
    try (Prober prober =
        Prober.start(
            unreached -> kill(),
            Optional.empty(),
            found -> {},
            new Metrics().probes(),
            Clock.systemUTC())) {
      assertLost("prober");
    }
  }

  @Test
  @Tag("kernel")
  void aMonitorOfTheKernel() {
    try (Netns netns = Netns.open();
        RulesetMonitor monitor = netns.call(() -> RulesetMonitor.open(LostThreadsTest::kill))) {
      netns.sh("nft add table inet somebody");

      assertLost("netlink-monitor");
    }
  }

  /** What they throw otherwise is a failure of their work, and they go on. */
  @Test
  void aFailureIsNoDeath() {
    try (SyncLoop loop =
        new SyncLoop(
            "sync",
            () -> {
              throw new IllegalStateException("failed");
            },
            LONG,
            LONG,
            LONG,
            System::nanoTime,
            Math::random)) {
      loop.start();

      await().dontCatchUncaughtExceptions().during(Duration.ofMillis(300)).until(ended::isEmpty);
      assertThat(loop.alive()).isTrue();
    }
  }

  private void assertLost(String thread) {
    // Which would take the place of what is tested.
    await()
        .dontCatchUncaughtExceptions()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(ended)
                    .contains("thread " + thread + " died of java.lang.AssertionError: killed"));
  }

  private static <T> T kill() {
    throw new AssertionError("killed");
  }
}
