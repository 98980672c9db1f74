package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeltaStoreTest {
  private int told;
  private final DeltaStore<ConfigMap, Map<String, String>> store =
      new DeltaStore<>(ConfigMap::new, ConfigMap::getData, () -> told++);

  @Test
  void changesAreToldOnceAndOnlyThoseThatMatter() {
    put("a", "1", "x");
    put("a", "2", "x"); // of something that nobody keeps
    put("b", "3", "y");

    assertThat(told).isEqualTo(2);
    assertThat(store.drain()).containsExactlyInAnyOrder("ns/a", "ns/b");
    assertThat(store.drain()).isEmpty();
    assertThat(store.facts("ns/b")).contains(Map.of("value", "y"));
  }

  /** A kind that nobody serves any more, say. */
  @Test
  void whatIsForgottenHasGone() {
    put("a", "1", "x");
    store.drain();

    store.clear();

    assertThat(store.drain()).containsExactly("ns/a");
    assertThat(store.facts("ns/a")).isEmpty();
  }

  @Test
  void whatThisProcessHasWrittenCountsBeforeTheWatchBringsAnEarlierOne() {
    put("a", "8", "old");
    store.written(object("a", "10", "new"));
    put("a", "9", "between");

    assertThat(store.facts("ns/a")).contains(Map.of("value", "new"));
  }

  private void put(String name, String version, String value) {
    store.put("ns/" + name, object(name, version, value));
  }

  private static ConfigMap object(String name, String version, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("ns")
        .withName(name)
        .withResourceVersion(version)
        .endMetadata()
        .withData(Map.of("value", value))
        .build();
  }
}
