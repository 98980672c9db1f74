package dev.tweed.agent.cluster;

import dev.tweed.agent.api.LearnedAddresses;
import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.agent.api.SideTask;
import java.util.List;
import java.util.function.Consumer;

/**
 * Learns from the cluster where API servers themselves answer, and has that kept for the next
 * process.
 */
final class EndpointLearner {

  private final RecordStore<NetworkRecord> networks;
  private final RecordStore<EndpointRecord> store;
  private final LearnedAddresses addresses;
  private final SideTask keeping = new SideTask("api-endpoints", this::keep);
  private volatile Consumer<List<ServerEndpoint>> onEndpoints = learned -> {};
  private volatile List<ServerEndpoint> learned = List.of();

  /**
   * @param networks tell which addresses are pods', and so no API server's
   * @param addresses take what is learned
   * @param onRefusal as {@link RecordStore} has it
   */
  EndpointLearner(
      RecordStore<NetworkRecord> networks, LearnedAddresses addresses, Runnable onRefusal) {
    this.networks = networks;
    this.addresses = addresses;
    this.store = new RecordStore<>(this::learn, onRefusal);
  }

  /** Of the EndpointSlices. */
  RecordStore<EndpointRecord> store() {
    return store;
  }

  /** What was learned. */
  List<ServerEndpoint> learned() {
    return learned;
  }

  /** Who keeps it; called in a thread of its own. */
  void onEndpoints(Consumer<List<ServerEndpoint>> keeper) {
    onEndpoints = keeper;
  }

  /** Looks anew, not before it is known which addresses are pods'. */
  void learn() {
    if (networks.listing() != ClusterView.Listing.RECEIVED) {
      return;
    }
    synchronized (this) {
      List<ServerEndpoint> usable = EndpointRules.usable(store.records(), networks.records());
      if (usable.isEmpty() || usable.equals(learned)) {
        return;
      }
      learned = usable;
      addresses.learn(usable);
    }
    keepSoon();
  }

  /** It may be written to a disk that hangs, for which no watch has to wait. */
  void keepSoon() {
    keeping.start();
  }

  private void keep() {
    List<ServerEndpoint> now = learned;
    if (!now.isEmpty()) {
      onEndpoints.accept(now);
    }
  }
}
