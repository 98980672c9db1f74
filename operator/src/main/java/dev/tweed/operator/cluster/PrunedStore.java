package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Cache of cluster-scoped objects that keeps only what a function leaves of each, and never the
 * managedFields: a Node of 56 kB heap becomes one of 4 kB.
 */
class PrunedStore<T extends HasMetadata> implements ItemStore<T> {
  private final UnaryOperator<T> prune;
  private final ConcurrentMap<String, T> objects = new ConcurrentHashMap<>();

  PrunedStore(UnaryOperator<T> prune) {
    this.prune = prune;
  }

  @Override
  public String getKey(T object) {
    return object.getMetadata().getName();
  }

  @Override
  public T put(String key, T object) {
    object.getMetadata().setManagedFields(null);
    return objects.put(key, prune.apply(object));
  }

  @Override
  public T remove(String key) {
    return objects.remove(key);
  }

  @Override
  public Stream<String> keySet() {
    return objects.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return objects.values().stream();
  }

  @Override
  public int size() {
    return objects.size();
  }

  @Override
  public T get(String key) {
    return objects.get(key);
  }
}
