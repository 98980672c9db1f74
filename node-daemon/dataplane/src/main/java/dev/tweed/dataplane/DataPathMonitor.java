package dev.tweed.dataplane;

/**
 * Watches the kernel for changes to what a {@link DataPath} planned, until closed.
 *
 * <p>Echoes of our own changes are told apart by content: an event that agrees with the plan is no
 * news.
 */
public interface DataPathMonitor extends AutoCloseable {
  @Override
  void close();
}
