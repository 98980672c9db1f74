package dev.tweed.agent.cluster;

import java.util.function.Consumer;

/**
 * The watched objects. The one seam to the Kubernetes client, so that another way of watching can
 * take its place.
 */
public interface ClusterWatch extends AutoCloseable {

  /**
   * Begins to list and watch; returns at once. Loss of the API server is retried for ever and loses
   * nothing that was known.
   *
   * @param onChange called from a thread of the client after anything the daemon depends on changed
   *     and once the lists that the data path needs are complete; must return quickly
   * @param onContact called when it stands otherwise with the connections
   */
  void start(Runnable onChange, Consumer<ApiContact> onContact);

  /**
   * Has NodeSubnets of other nodes that are new since the lists were complete told by this instead.
   * Set before the start.
   *
   * @param onArrival called from a thread of the client, after the record is in {@link #view}; must
   *     return quickly
   */
  default void onArrival(Consumer<SubnetRecord> onArrival) {}

  /** What is known now; not complete until all that the data path needs has been listed. */
  ClusterView view();

  /** Ends the watches. */
  @Override
  void close();
}
