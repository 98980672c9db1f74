package dev.tweed.operator.cluster;

import dev.tweed.crds.TweedResource;
import dev.tweed.crds.UnknownValue;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which objects have values that this version does not know. They are told when they come: of each
 * kind the first few in the log, and the first to a listener, for after a rollback there may be
 * thousands of them.
 */
final class UnknownObjects {
  private static final Logger LOG = LoggerFactory.getLogger(UnknownObjects.class);
  private static final int LOGGED = 5;

  private final Map<String, Set<String>> byKind = new ConcurrentHashMap<>();
  private final BiConsumer<TweedResource<?, ?>, String> first;

  /**
   * @param first told of the first of a kind, and what it is; must return at once
   */
  UnknownObjects(BiConsumer<TweedResource<?, ?>, String> first) {
    this.first = first;
  }

  /** How many of a kind there are. */
  int count(String kind) {
    return byKind.getOrDefault(kind, Set.of()).size();
  }

  /** A cache that does the same as another, and has such objects noted. */
  <T extends TweedResource<?, ?>> ItemStore<T> noting(ItemStore<T> store) {
    return new Noting<>(store);
  }

  private void seen(TweedResource<?, ?> object) {
    String name = object.getMetadata().getName();
    Set<String> known =
        byKind.computeIfAbsent(object.getKind(), k -> ConcurrentHashMap.newKeySet());
    if (object.getUnknownValues().isEmpty()) {
      known.remove(name);
      return;
    }
    if (!known.add(name) || known.size() > LOGGED) {
      return;
    }
    String what = words(object);
    LOG.warn("{} {}: {}", object.getKind(), name, what);
    if (known.size() == 1) {
      first.accept(object, what);
    }
  }

  private static String words(TweedResource<?, ?> object) {
    return object.getUnknownValues().stream()
        .limit(LOGGED)
        .map(UnknownObjects::words)
        .collect(Collectors.joining("; "));
  }

  private static String words(UnknownValue value) {
    return value.field().isEmpty()
        ? "cannot be read: " + value.value()
        : "this version does not know the value of %s: %s".formatted(value.field(), value.value());
  }

  private final class Noting<T extends TweedResource<?, ?>> implements ItemStore<T> {
    private final ItemStore<T> store;

    Noting(ItemStore<T> store) {
      this.store = store;
    }

    @Override
    public String getKey(T object) {
      return store.getKey(object);
    }

    @Override
    public T put(String key, T object) {
      seen(object);
      return store.put(key, object);
    }

    @Override
    public T remove(String key) {
      T old = store.remove(key);
      if (old != null) {
        byKind.getOrDefault(old.getKind(), Set.of()).remove(old.getMetadata().getName());
      }
      return old;
    }

    @Override
    public Stream<String> keySet() {
      return store.keySet();
    }

    @Override
    public Stream<T> values() {
      return store.values();
    }

    @Override
    public int size() {
      return store.size();
    }

    @Override
    public T get(String key) {
      return store.get(key);
    }
  }
}
