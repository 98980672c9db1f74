package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiRefusedException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Follows those objects of a kind that have one of some labels, which may become others: then a
 * watch of the new selection takes the place of the old one, and what was known stays until that is
 * listed.
 *
 * @param <R> what is kept of an object
 */
final class SelectedWatch<R> implements AutoCloseable {

  private final BiFunction<Set<String>, RecordStore<R>, KindWatch> opener;
  private final Runnable onChange;
  private final Runnable onRefusal;
  private volatile Optional<Selection<R>> selection = Optional.empty();

  private record Selection<R>(Set<String> labels, RecordStore<R> store, KindWatch watch) {

    /** Labels that are not needed any more are let go of when they are the greater part. */
    boolean fits(Set<String> needed) {
      return !needed.isEmpty()
          && (labels.size() > WatchedKinds.MAX_VALUES || labels.containsAll(needed))
          && labels.size() <= 2 * needed.size() + 8;
    }
  }

  /**
   * @param opener of a watch of objects with these labels; all of the kind where they are too many
   * @param onChange called after a change of the records, and when a selection is listed
   * @param onRefusal called when {@link #refusal} has changed
   */
  SelectedWatch(
      BiFunction<Set<String>, RecordStore<R>, KindWatch> opener,
      Runnable onChange,
      Runnable onRefusal) {
    this.opener = opener;
    this.onChange = onChange;
    this.onRefusal = onRefusal;
  }

  /** Whether the API server has refused to list what is followed, and had never listed it. */
  boolean isRefused() {
    return selection.filter(s -> s.store().listing() == ClusterView.Listing.REFUSED).isPresent();
  }

  /** Why the API server does not list what is followed, for some time now. */
  Optional<ApiRefusedException> refusal() {
    return selection.flatMap(s -> s.store().refusal());
  }

  /** The records, by name. */
  Map<String, R> records() {
    return selection.map(s -> s.store().byName()).orElse(Map.of());
  }

  /**
   * Follows objects with these labels; whether all of them have been listed, or are refused. Labels
   * that are not needed any more are let go of when they are the greater part.
   */
  synchronized boolean follow(Set<String> labels) {
    if (selection.filter(s -> s.fits(labels)).isEmpty()) {
      if (labels.isEmpty()) {
        close();
        return true;
      }
      Optional<Selection<R>> old = selection;
      RecordStore<R> store = new RecordStore<>(records(), onChange, onRefusal);
      KindWatch watch = opener.apply(labels, store);
      selection = Optional.of(new Selection<>(Set.copyOf(labels), store, watch));
      old.ifPresent(s -> s.watch().close());
      watch.start();
    }
    return selection.orElseThrow().store().listing() != ClusterView.Listing.AWAITED;
  }

  @Override
  public synchronized void close() {
    Optional<Selection<R>> old = selection;
    selection = Optional.empty();
    old.ifPresent(s -> s.watch().close());
  }
}
