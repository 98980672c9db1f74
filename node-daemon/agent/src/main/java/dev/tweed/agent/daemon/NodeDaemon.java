package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.ApiClient;
import dev.tweed.agent.cluster.InformerClusterWatch;
import dev.tweed.agent.cluster.ServerSideStatusApi;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cni.CniDirectoryWatch;
import dev.tweed.agent.loop.SyncLoop;
import dev.tweed.agent.status.HealthServer;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.StatusMapper;
import dev.tweed.agent.status.StatusPublisher;
import dev.tweed.firewall.HostFirewallReader;
import dev.tweed.firewall.NftCommand;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * The running daemon: watches, sync loop, status, probes. Closing it stops the work and leaves data
 * path, files and API status exactly as they are.
 */
public final class NodeDaemon implements AutoCloseable {

  /** Everything is compared with the kernel this often, should an event ever be missed. */
  private static final Duration AUDIT = Duration.ofSeconds(60);

  private final KubernetesClient client;
  private final InformerClusterWatch watch;
  private final StatusPublisher publisher;
  private final Metrics metrics;
  private final NodeSync sync;
  private final SyncLoop loop;
  private final HealthServer health;
  private final CniDirectoryWatch cniWatch;

  private NodeDaemon(
      DaemonOptions options, Map<String, String> environment, KernelPath.Opener opener, Clock clock)
      throws IOException {
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    StatusFiles files = new StatusFiles(options.runDir());
    client = ApiClient.open(options.api(), environment, options.version());
    watch = new InformerClusterWatch(client, options.nodeName());
    metrics = new Metrics();
    publisher =
        new StatusPublisher(
            new ServerSideStatusApi(client, options.nodeName()),
            new StatusMapper(clock),
            System::nanoTime,
            random);
    StatusBoard board = new StatusBoard(files, publisher, metrics);
    CniSetup cni = new CniSetup(options);
    RepairLog repairs =
        new RepairLog(clock, files.read().map(NodeStatus::repairs).orElse(List.of()));
    HeapTrimmer heap =
        new HeapTrimmer(Runtime.getRuntime()::totalMemory, System::gc, System::nanoTime);
    HostFirewallReader firewall =
        new HostFirewallReader(
            options.hostRoot().orElse(Path.of("/")),
            Path.of("/proc/thread-self/net"),
            new NftCommand(Path.of(options.dataPath().nft().getFirst())));
    sync =
        new NodeSync(
            watch::view,
            new SnapshotMapper(options.nodeName()),
            () -> opener.open(this::kernelChanged),
            cni,
            new HostFirewallCheck(
                firewall::read,
                options.hostRoot().map(root -> HostFirewallOpener.at(root, options.runDir())),
                System::nanoTime),
            new NodeStatusFactory(
                options.nodeName(),
                repairs,
                () ->
                    HostVersions.read(
                        options.version(), options.dataPath().nft(), cni.pluginVersion())),
            metrics,
            (status, own) -> {
              board.show(status, own);
              if (status.dataPath().isPresent()) {
                heap.afterSync();
              }
            });
    loop = new SyncLoop(sync, AUDIT, System::nanoTime, random);
    cniWatch = CniDirectoryWatch.start(options.cniConfDir(), loop::request);
    health = HealthServer.start(options.http(), loop::alive, board::readiness, metrics::scrape);
  }

  /**
   * Starts the daemon; returns at once. Whether the API server answers does not matter yet.
   *
   * @param environment where the pod's API server is looked up
   * @throws IOException when probes cannot be answered, because the address is taken
   * @throws IllegalArgumentException naming an option that cannot be right
   */
  public static NodeDaemon start(
      DaemonOptions options, Map<String, String> environment, KernelPath.Opener opener, Clock clock)
      throws IOException {
    NodeDaemon daemon = new NodeDaemon(options, environment, opener, clock);
    daemon.publisher.start();
    daemon.loop.start();
    daemon.watch.start(daemon.loop::request);
    return daemon;
  }

  /** Where probes and metrics are answered. */
  public InetSocketAddress http() {
    return health.address();
  }

  @Override
  public void close() {
    health.close();
    cniWatch.close();
    loop.close();
    publisher.close();
    watch.close();
    client.close();
    sync.close();
    metrics.close();
  }

  private void kernelChanged() {
    loop.requestRepair();
  }
}
