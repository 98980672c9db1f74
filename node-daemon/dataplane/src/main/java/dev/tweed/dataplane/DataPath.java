package dev.tweed.dataplane;

/**
 * The data path of this node. One per process, used by one thread; it owns sockets.
 *
 * <p>Closing it leaves everything in the kernel as it is.
 */
public final class DataPath implements AutoCloseable {

  private DataPath() {}

  /**
   * Opens the sockets in the calling thread's network namespace.
   *
   * @throws DataPathException when the kernel cannot be talked to at all
   */
  public static DataPath open(DataPathOptions options) {
    throw new UnsupportedOperationException("not landed yet");
  }

  /**
   * Brings the kernel to what the snapshot asks for: read, plan, compare, apply, verify. Run twice,
   * the second run changes nothing. What the kernel refuses is in the report and stops nothing
   * else.
   */
  public SyncReport sync(ClusterSnapshot snapshot) {
    throw new UnsupportedOperationException("not landed yet");
  }

  /** What of ours is in the kernel now; changes nothing. */
  public Inspection inspect() {
    throw new UnsupportedOperationException("not landed yet");
  }

  /**
   * Removes everything that carries a mark of ours and looks again. Sysctls are left as they are:
   * what else on the node has come to rely on them cannot be known.
   */
  public CleanupReport cleanup() {
    throw new UnsupportedOperationException("not landed yet");
  }

  /**
   * Reports when something that this data path put into the kernel no longer is as planned.
   *
   * @param onChange called on a thread of the monitor; must return at once
   */
  public DataPathMonitor monitor(Runnable onChange) {
    throw new UnsupportedOperationException("not landed yet");
  }

  @Override
  public void close() {}
}
