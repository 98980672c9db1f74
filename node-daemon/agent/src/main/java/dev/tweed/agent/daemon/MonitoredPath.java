package dev.tweed.agent.daemon;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.HostWay;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SafePoints;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A data path with its monitor. While the kernel cannot be listened to that is a finding, and each
 * sync tries again.
 */
final class MonitoredPath implements KernelPath {

  private final KernelPath path;
  private final Supplier<DataPathMonitor> opener;
  private Optional<DataPathMonitor> monitor = Optional.empty();

  /**
   * @param path is closed with this
   * @param opener opens the monitor; fails with a DataPathException
   */
  MonitoredPath(KernelPath path, Supplier<DataPathMonitor> opener) {
    this.path = path;
    this.opener = opener;
  }

  @Override
  public void begin() {
    path.begin();
  }

  @Override
  public SyncReport sync(ClusterSnapshot snapshot) {
    return sync(snapshot, SafePoints.NONE);
  }

  @Override
  public SyncReport sync(ClusterSnapshot snapshot, SafePoints safePoints) {
    Optional<Finding> unheard = listen();
    SyncReport report = path.sync(snapshot, safePoints);
    return unheard.map(report::with).orElse(report);
  }

  private Optional<Finding> listen() {
    if (monitor.isPresent()) {
      return Optional.empty();
    }
    try {
      monitor = Optional.of(opener.get());
      return Optional.empty();
    } catch (DataPathException e) {
      return Optional.of(
          new Finding(
              Reason.KernelNotWatched,
              "kernel",
              e.getMessage()
                  + ". What somebody changes of the data path is found and mended by the audit only,"
                  + " up to a minute later",
              "of too many open files: 'cat /proc/sys/fs/file-nr' on the node, and raise"
                  + " fs.file-max; it is tried again by itself"));
    }
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
    return path.cleanup();
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
    monitor.ifPresent(DataPathMonitor::close);
    path.close();
  }
}
