package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Keeps one compact record per object of a kind: at 5,000 NodeSubnets the difference to the objects
 * is tens of megabytes. It tells of changes, and only of those that change a record: the status and
 * metadata of peers wake nobody.
 */
final class RecordStore<R> implements ListWatch.Sink<R> {

  /** Refusals in a row before they are worth telling; with the back-off some 3 s. */
  private static final int TOLD = 4;

  private final Map<String, R> records;
  private final Runnable onChange;
  private final Runnable onRefusal;
  private final Consumer<R> onArrival;
  private volatile ClusterView.Listing listing = ClusterView.Listing.AWAITED;
  private volatile Optional<ApiRefusedException> refusal = Optional.empty();
  private int refusals;

  /**
   * @param onChange called after a change of the records or of what is known of them
   * @param onRefusal called when {@link #refusal} has changed
   */
  RecordStore(Runnable onChange, Runnable onRefusal) {
    this(Map.of(), onChange, onRefusal);
  }

  /**
   * @param known stays until there is a list
   */
  RecordStore(Map<String, R> known, Runnable onChange, Runnable onRefusal) {
    this(known, onChange, onRefusal, record -> onChange.run());
  }

  /**
   * @param onArrival called with a record that is new, instead of {@code onChange}
   */
  RecordStore(Runnable onChange, Runnable onRefusal, Consumer<R> onArrival) {
    this(Map.of(), onChange, onRefusal, onArrival);
  }

  private RecordStore(
      Map<String, R> known, Runnable onChange, Runnable onRefusal, Consumer<R> onArrival) {
    this.records = new ConcurrentHashMap<>(known);
    this.onChange = onChange;
    this.onRefusal = onRefusal;
    this.onArrival = onArrival;
  }

  /** The records kept now, in no order. */
  List<R> records() {
    return List.copyOf(records.values());
  }

  /** The same, each with its object's name. */
  Map<String, R> byName() {
    return Map.copyOf(records);
  }

  /** Whether what is kept is all there is, or was when it was last heard of. */
  ClusterView.Listing listing() {
    return listing;
  }

  /** Why the API server does not say what there is, for some time now. */
  Optional<ApiRefusedException> refusal() {
    return refusal;
  }

  @Override
  public void put(ObjectMeta meta, R record) {
    R before = records.put(meta.name(), record);
    if (before == null) {
      onArrival.accept(record);
    } else if (!record.equals(before)) {
      onChange.run();
    }
  }

  @Override
  public void remove(String name) {
    if (records.remove(name) != null) {
      onChange.run();
    }
  }

  @Override
  public void listed(Set<String> names) {
    boolean news = records.keySet().retainAll(names);
    if (become(ClusterView.Listing.RECEIVED) || news) {
      onChange.run();
    }
  }

  /** Whoever needs to know what there is has waited long enough. */
  void waitNoLonger() {
    if (become(ClusterView.Listing.REFUSED)) {
      onChange.run();
    }
  }

  /** What was received once counts, whatever comes later. */
  private synchronized boolean become(ClusterView.Listing next) {
    if (listing == next || listing == ClusterView.Listing.RECEIVED) {
      return false;
    }
    listing = next;
    return true;
  }

  @Override
  public void refused(ApiRefusedException why) {
    if (++refusals < TOLD) {
      return;
    }
    waitNoLonger();
    if (refusal.isEmpty()) {
      refusal = Optional.of(why);
      onRefusal.run();
    }
  }

  @Override
  public void accepted() {
    refusals = 0;
    if (refusal.isPresent()) {
      refusal = Optional.empty();
      onRefusal.run();
    }
  }
}
