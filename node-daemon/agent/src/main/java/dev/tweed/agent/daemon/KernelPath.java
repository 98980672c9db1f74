package dev.tweed.agent.daemon;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.SyncReport;

/**
 * The data path as the sync step uses it; a seam for faults the real kernel cannot be made to show.
 */
public interface KernelPath extends AutoCloseable {

  /** As {@link DataPath#sync}. */
  SyncReport sync(ClusterSnapshot snapshot);

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
  }

  /** The real one, with its monitor. */
  static Opener real(DataPathOptions options) {
    return onDrift -> {
      DataPath path = DataPath.open(options);
      DataPathMonitor monitor;
      try {
        monitor = path.monitor(onDrift);
      } catch (RuntimeException e) {
        path.close();
        throw e;
      }
      return new KernelPath() {
        @Override
        public SyncReport sync(ClusterSnapshot snapshot) {
          return path.sync(snapshot);
        }

        @Override
        public void close() {
          monitor.close();
          path.close();
        }
      };
    };
  }
}
