package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.HostWays;
import dev.tweed.agent.probe.PathTrace;
import dev.tweed.agent.probe.ProbeMeter;
import dev.tweed.agent.probe.Prober;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.HostWay;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.SafePoints;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpAddress;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The data path as the sync step uses it; a seam for faults the real kernel cannot be made to show.
 */
public interface KernelPath extends HostWays, AutoCloseable {

  /** As {@link DataPath#sync(ClusterSnapshot)}. */
  SyncReport sync(ClusterSnapshot snapshot);

  /** As {@link DataPath#begin}. */
  default void begin() {}

  /**
   * As {@link DataPath#sync(ClusterSnapshot, SafePoints)}; nobody comes, unless the path lets them.
   */
  default SyncReport sync(ClusterSnapshot snapshot, SafePoints safePoints) {
    return sync(snapshot);
  }

  /** As {@link DataPath#add}; unless the path knows better a sync has to do it. */
  default boolean add(Peer peer) {
    return false;
  }

  /** As {@link DataPath#peers}; none, unless the path knows better. */
  default List<PeerWay> peers() {
    return List.of();
  }

  /** Of none, unless the path knows better: no way changes then. */
  @Override
  default Optional<HostWay> wayTo(IpAddress address) {
    return Optional.empty();
  }

  /** Of each, unless the path knows better: none is lost then. */
  @Override
  default boolean hasAddress(IpAddress address) {
    return true;
  }

  /** As {@link DataPath#cleanup}; what is left of ours in the kernel. */
  default List<String> cleanup() {
    return List.of();
  }

  /** Leaves everything in the kernel as it is. */
  @Override
  void close();

  /** Opens one; called in the thread that will use it. */
  interface Opener {
    /**
     * @param onDrift called when something of ours in the kernel has changed
     * @throws dev.tweed.dataplane.DataPathException when the kernel cannot be talked to
     */
    KernelPath open(Runnable onDrift);

    /**
     * Starts to probe other nodes from where the data path is.
     *
     * @param trace is asked where packets of unreached peers are lost
     * @param earlier what an earlier process of this boot found
     * @param tell receives what is found
     */
    default Prober prober(
        PathTrace trace,
        Optional<Reachability> earlier,
        Consumer<Reachability> tell,
        ProbeMeter meter,
        Clock clock) {
      return Prober.start(trace, earlier, tell, meter, clock);
    }
  }

  /**
   * The real one, with its monitor. Without a monitor drift is still found, by the slow audit; that
   * is no reason not to have a data path.
   */
  static Opener real(DataPathOptions options) {
    return onDrift -> {
      DataPath path = DataPath.open(options);
      return new MonitoredPath(
          new KernelPath() {
            @Override
            public SyncReport sync(ClusterSnapshot snapshot) {
              return path.sync(snapshot);
            }

            @Override
            public void begin() {
              path.begin();
            }

            @Override
            public SyncReport sync(ClusterSnapshot snapshot, SafePoints safePoints) {
              return path.sync(snapshot, safePoints);
            }

            @Override
            public boolean add(Peer peer) {
              return path.add(peer);
            }

            @Override
            public List<PeerWay> peers() {
              return path.peers();
            }

            @Override
            public List<String> cleanup() {
              return path.cleanup().remaining();
            }

            @Override
            public Optional<HostWay> wayTo(IpAddress address) {
              return path.wayTo(address);
            }

            @Override
            public boolean hasAddress(IpAddress address) {
              return path.hasAddress(address);
            }

            @Override
            public void close() {
              path.close();
            }
          },
          () -> path.monitor(onDrift));
    };
  }
}
