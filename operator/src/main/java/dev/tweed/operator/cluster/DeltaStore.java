package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Cache that keeps facts of each object and not the object, as {@link FactStore} does, and tells
 * which have changed since it was asked last; of objects with a namespace, too. What this process
 * has written counts before the watch brings it.
 *
 * @param <T> the objects
 * @param <F> what is kept of one; equal when nothing changed that matters
 */
final class DeltaStore<T extends HasMetadata, F> extends StubStore<T, DeltaStore.Kept<F>> {
  record Kept<F>(String version, F facts, boolean ours) implements Versioned {}

  private final Function<T, F> read;
  private final Runnable onChange;
  private final Set<String> changed = ConcurrentHashMap.newKeySet();

  /**
   * @param empty makes an object with nothing in it
   * @param read what to keep of an object
   * @param onChange called when there are changes to ask for; must return at once
   */
  DeltaStore(Supplier<T> empty, Function<T, F> read, Runnable onChange) {
    super(empty);
    this.read = read;
    this.onChange = onChange;
  }

  /** Keys of objects that came, went or changed, each once; they are forgotten by that. */
  Set<String> drain() {
    Set<String> drained = new HashSet<>();
    changed.removeIf(drained::add);
    return drained;
  }

  /** What is kept of one, as it is now. */
  Optional<F> facts(String key) {
    return Optional.ofNullable(objects.get(key)).map(Kept::facts);
  }

  /** Keys of all of them, as they are whenever it is looked at. */
  Set<String> keys() {
    return Collections.unmodifiableSet(objects.keySet());
  }

  /** Forgets everything, and tells so: each of them has gone. */
  void clear() {
    changed.addAll(objects.keySet());
    objects.clear();
  }

  /** Notes an object as this process has written it. */
  void written(T object) {
    objects.put(getKey(object), new Kept<>(version(object), read.apply(object), true));
  }

  /** Notes that this process has deleted an object. */
  void deleted(String key) {
    objects.remove(key);
  }

  @Override
  public String getKey(T object) {
    ObjectMeta meta = object.getMetadata();
    return meta.getNamespace() == null || meta.getNamespace().isEmpty()
        ? meta.getName()
        : meta.getNamespace() + "/" + meta.getName();
  }

  @Override
  public T put(String key, T object) {
    Kept<F> now = new Kept<>(version(object), read.apply(object), false);
    boolean[] differs = {false};
    Kept<F>[] old = kept();
    objects.compute(
        key,
        (k, before) -> {
          old[0] = before;
          if (before != null && before.ours() && isOlder(now.version(), before.version())) {
            return before;
          }
          differs[0] = before == null || !before.facts().equals(now.facts());
          return differs[0] ? now : new Kept<>(now.version(), before.facts(), false);
        });
    if (differs[0]) {
      changed.add(key);
      onChange.run();
    }
    return stub(key, old[0]);
  }

  @SuppressWarnings("unchecked")
  private Kept<F>[] kept() {
    return (Kept<F>[]) new Kept<?>[1];
  }

  // Numbers, of which an API server says since 1.35 that they may be compared.
  private static boolean isOlder(String version, String than) {
    return version.length() != than.length()
        ? version.length() < than.length()
        : version.compareTo(than) < 0;
  }

  private String version(T object) {
    return Optional.ofNullable(object.getMetadata().getResourceVersion()).orElse("");
  }

  @Override
  public T remove(String key) {
    Kept<F> old = objects.remove(key);
    if (old != null) {
      changed.add(key);
      onChange.run();
    }
    return stub(key, old);
  }
}
