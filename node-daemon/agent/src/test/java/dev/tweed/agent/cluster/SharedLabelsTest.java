package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SharedLabelsTest {

  private final SharedLabels labels = new SharedLabels();

  @Test
  void equalLabelsAreKeptOnce() {
    assertThat(labels.of(new HashMap<>(Map.of("zone", "a"))))
        .isSameAs(labels.of(new HashMap<>(Map.of("zone", "a"))));
  }

  @Test
  void noLabelsTakeNoRoom() {
    assertThat(labels.of(null)).isSameAs(labels.of(Map.of())).isEmpty();
  }

  @Test
  void noMoreAreKeptThanCanBeMirroredAndTheUsualOnesAlways() {
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      many.put("a" + i, "x");
    }
    many.put("topology.kubernetes.io/zone", "z");

    assertThat(labels.of(many)).hasSize(18).containsEntry("topology.kubernetes.io/zone", "z");
  }
}
