package dev.tweed.dataplane;

/**
 * Watches the kernel for changes to what a {@link DataPath} planned, until closed.
 *
 * <p>What the data path changes itself is no news: netlink tells who asked for a change, and an
 * event that agrees with the plan is not passed on.
 */
public interface DataPathMonitor extends AutoCloseable {
  @Override
  void close();
}
