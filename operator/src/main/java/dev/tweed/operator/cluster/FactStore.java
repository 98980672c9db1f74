package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Cache of cluster-scoped objects that keeps facts of each and not the object: those of a Node of
 * 56 kB heap take less than 2. They are made once for each version of the object. The informer
 * compares names and versions only, so it gets objects with nothing else.
 *
 * @param <T> the objects
 * @param <F> what is kept of one; equal when nothing changed that matters
 */
class FactStore<T extends HasMetadata, F> implements ItemStore<T> {
  private record Kept<F>(String version, F facts, List<OpenGuard> guards) {}

  private final Supplier<T> empty;
  private final Function<T, F> read;
  private final Runnable onChange;
  private final ConcurrentMap<String, Kept<F>> objects = new ConcurrentHashMap<>();

  /**
   * @param empty makes an object with nothing in it
   * @param read what to keep of an object; its labels and the like may be shared with it
   * @param onChange called when an object came or went, or its facts or open guards changed; must
   *     return at once
   */
  FactStore(Supplier<T> empty, Function<T, F> read, Runnable onChange) {
    this.empty = empty;
    this.read = read;
    this.onChange = onChange;
  }

  /** What is kept of all of them, in no order. */
  List<F> facts() {
    return objects.values().stream().map(Kept::facts).toList();
  }

  /** The same by name. */
  Map<String, F> byName() {
    return objects.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().facts()));
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
    Kept<F> now =
        new Kept<>(
            object.getMetadata().getResourceVersion(), read.apply(object), OpenGuard.of(object));
    Kept<F> old = objects.put(key, now);
    if (old == null || !old.facts().equals(now.facts()) || !old.guards().equals(now.guards())) {
      onChange.run();
    }
    return stub(key, old);
  }

  @Override
  public T remove(String key) {
    Kept<F> old = objects.remove(key);
    if (old != null) {
      onChange.run();
    }
    return stub(key, old);
  }

  @Override
  public Stream<String> keySet() {
    return objects.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return objects.entrySet().stream().map(e -> stub(e.getKey(), e.getValue()));
  }

  @Override
  public int size() {
    return objects.size();
  }

  @Override
  public T get(String key) {
    return stub(key, objects.get(key));
  }

  // The interface asks for null where there is nothing.
  private T stub(String key, Kept<F> kept) {
    if (kept == null) {
      return null;
    }
    T stub = empty.get();
    stub.setMetadata(
        new ObjectMetaBuilder().withName(key).withResourceVersion(kept.version()).build());
    return stub;
  }
}
