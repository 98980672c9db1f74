package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Cache of cluster-scoped objects that keeps facts of each and not the object: those of a Node of
 * 56 kB heap take less than 2. They are made once for each version of the object. The informer
 * compares names and versions only, so it gets objects with nothing else.
 *
 * @param <T> the objects
 * @param <F> what is kept of one; equal when nothing changed that matters
 */
class FactStore<T extends HasMetadata, F> extends StubStore<T, FactStore.Kept<F>> {
  record Kept<F>(String version, F facts, List<OpenGuard> guards) implements Versioned {}

  /** All that is kept, as it was after a number of changes. */
  private record Snapshot<F>(long changes, List<F> facts, Map<String, F> byName) {}

  private final Function<T, F> read;
  private final Comparator<F> order;
  private final Runnable onChange;
  private final AtomicLong changes = new AtomicLong();
  private volatile Snapshot<F> latest = new Snapshot<>(0, List.of(), Map.of());

  /**
   * @param empty makes an object with nothing in it
   * @param read what to keep of an object; its labels and the like may be shared with it
   * @param order of {@link #facts}
   * @param onChange called when an object came or went, or its facts or open guards changed; must
   *     return at once
   */
  FactStore(Supplier<T> empty, Function<T, F> read, Comparator<F> order, Runnable onChange) {
    super(empty);
    this.read = read;
    this.order = order;
    this.onChange = onChange;
  }

  /** A cache of objects whose order does not matter. */
  FactStore(Supplier<T> empty, Function<T, F> read, Runnable onChange) {
    this(empty, read, (a, b) -> 0, onChange);
  }

  /** What is kept of all of them, in order. */
  List<F> facts() {
    return latest().facts();
  }

  /** The same by name. */
  Map<String, F> byName() {
    return latest().byName();
  }

  // Most runs are asked for by one kind: of the others nothing is gathered, nor sorted, again.
  private Snapshot<F> latest() {
    long now = changes.get();
    Snapshot<F> known = latest;
    if (known.changes() != now) {
      Map<String, F> byName = new HashMap<>();
      objects.forEach((name, kept) -> byName.put(name, kept.facts()));
      known =
          new Snapshot<>(
              now,
              byName.values().stream().sorted(order).toList(),
              Collections.unmodifiableMap(byName));
      latest = known;
    }
    return known;
  }

  /** What is kept of one. */
  Optional<F> factsOf(String name) {
    return Optional.ofNullable(objects.get(name)).map(Kept::facts);
  }

  /** Guards that are open of them. */
  Stream<OpenGuard> openGuards() {
    return objects.values().stream().flatMap(kept -> kept.guards().stream());
  }

  /** Names of all of them, as they are whenever it is looked at. */
  Set<String> names() {
    return Collections.unmodifiableSet(objects.keySet());
  }

  @Override
  public String getKey(T object) {
    return object.getMetadata().getName();
  }

  // The informer holds a lock around this.
  @Override
  public T put(String key, T object) {
    F facts = read.apply(object);
    List<OpenGuard> guards = OpenGuard.of(object);
    Kept<F> old = objects.get(key);
    boolean same = old != null && old.facts().equals(facts);
    objects.put(
        key,
        new Kept<>(object.getMetadata().getResourceVersion(), same ? old.facts() : facts, guards));
    if (!same) {
      changes.incrementAndGet();
    }
    if (!same || !old.guards().equals(guards)) {
      onChange.run();
    }
    return stub(key, old);
  }

  @Override
  public T remove(String key) {
    Kept<F> old = objects.remove(key);
    if (old != null) {
      changes.incrementAndGet();
      onChange.run();
    }
    return stub(key, old);
  }
}
