package dev.tweed.crds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.testing.PodNetworkSpecs;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MirroredLabelsTest {
  @Test
  void someAreAlwaysMirrored() {
    LabelSelector selector =
        new LabelSelector(Map.of("node-role.kubernetes.io/control-plane", ""), List.of());

    assertThat(MirroredLabels.of(List.of()).missing(selector)).isEmpty();
  }

  @Test
  void theOthersAreMissingUnlessANetworkMirrorsThem() {
    LabelSelector selector =
        new LabelSelector(
            Map.of("rack", "7", "zone", "a"),
            List.of(
                new LabelSelector.Requirement("disk", LabelSelector.Operator.Exists, List.of())));

    MirroredLabels labels = MirroredLabels.of(List.of(mirroring("zone"), mirroring()));

    assertThat(labels.missing(selector)).containsExactly("disk", "rack");
  }

  private static PodNetworkSpec mirroring(String... keys) {
    return PodNetworkSpecs.with(PodNetworkSpecs.of(), "mirroredNodeLabels", keys);
  }
}
