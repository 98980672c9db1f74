package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What is kept of objects, as the store of an informer. It compares names and versions only, so it
 * gets objects with nothing else.
 *
 * @param <T> the objects
 * @param <K> what is kept of one
 */
abstract class StubStore<T extends HasMetadata, K extends StubStore.Versioned>
    implements ItemStore<T> {

  /** Of an object at one version. */
  interface Versioned {
    String version();
  }

  /** By key, which is the name, after the namespace and a slash where there is one. */
  final ConcurrentMap<String, K> objects = new ConcurrentHashMap<>();

  private final Supplier<T> empty;

  /**
   * @param empty makes an object with nothing in it
   */
  StubStore(Supplier<T> empty) {
    this.empty = empty;
  }

  @Override
  public final Stream<String> keySet() {
    return objects.keySet().stream();
  }

  @Override
  public final Stream<T> values() {
    return objects.entrySet().stream().map(e -> stub(e.getKey(), e.getValue()));
  }

  @Override
  public final int size() {
    return objects.size();
  }

  @Override
  public final T get(String key) {
    return stub(key, objects.get(key));
  }

  /** The interface asks for null where there is nothing. */
  final T stub(String key, K kept) {
    if (kept == null) {
      return null;
    }
    int slash = key.indexOf('/');
    T stub = empty.get();
    stub.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(slash < 0 ? null : key.substring(0, slash))
            .withName(key.substring(slash + 1))
            .withResourceVersion(kept.version())
            .build());
    return stub;
  }
}
