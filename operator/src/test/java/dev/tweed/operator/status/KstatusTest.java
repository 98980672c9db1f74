package dev.tweed.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetworkStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What Flux, Argo CD and {@code kubectl wait} make of each status of the golden plans, by the rules
 * of <a href="https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md">
 * kstatus</a>.
 */
class KstatusTest {
  private static final Path ROOT = Path.of("src/test/resources/golden");

  @Test
  void networksThatCanBeUsedAreDoneAndThoseToBeCorrectedHaveFailed() throws IOException {
    assertThat(statuses().map(s -> s.name() + " " + s.kstatus()))
        .containsExactly(
            "address-taken/default InProgress",
            "dual-stack/default InProgress",
            "fresh-cluster/default InProgress",
            "no-internal-ip/default InProgress",
            "node-gone/default Current",
            "node-made-anew/default InProgress",
            "node-pod-cidr/default InProgress",
            "nodes-left/default Current",
            "nodes-unreachable/default Current",
            "not-ready/default InProgress",
            "one-node-two-networks/default InProgress",
            "one-node-two-networks/second InProgress",
            "pod-cidr-changed/default InProgress",
            "pod-cidr-differs/default Current",
            "pool-exhausted/default InProgress",
            "pool-options/default InProgress",
            "pool-overlap/older InProgress",
            "pool-overlap/younger Failed",
            "ready/default Current",
            "release-suspended/default Current",
            "reserved-ranges/in-use InProgress",
            "reserved-ranges/of-nodes Failed",
            "reserved-ranges/of-services Failed",
            "second-block/default InProgress");
  }

  /** Else somebody would wait and not know for what. */
  @Test
  void whatIsNotReadyIsOnItsWayOrDegraded() throws IOException {
    assertThat(statuses().filter(s -> !s.is("Ready")))
        .isNotEmpty()
        .allSatisfy(s -> assertThat(s.is("Progressing") || s.is("Degraded")).as(s.name()).isTrue());
  }

  /** {@code kubectl wait} takes no condition of an earlier generation for true. */
  @Test
  void everyConditionIsOfTheGenerationThatWasObserved() throws IOException {
    assertThat(statuses())
        .isNotEmpty()
        .allSatisfy(
            s ->
                assertThat(s.status().conditions())
                    .extracting(Condition::observedGeneration)
                    .containsOnly(s.status().observedGeneration()));
  }

  /** The status of one network in one situation. */
  private record Sample(String name, PodNetworkStatus status) {
    boolean is(String type) {
      return status.conditions().stream()
          .anyMatch(c -> c.type().equals(type) && c.status().equals("True"));
    }

    String kstatus() {
      if (is("Reconciling")) {
        return "InProgress";
      }
      if (is("Stalled")) {
        return "Failed";
      }
      return is("Ready") ? "Current" : "InProgress";
    }
  }

  private static Stream<Sample> statuses() throws IOException {
    List<Sample> samples = new ArrayList<>();
    try (Stream<Path> situations = Files.list(ROOT)) {
      for (Path situation : situations.sorted().toList()) {
        Serialization.yamlMapper()
            .readValue(
                situation.resolve("out-status.yaml").toFile(),
                new TypeReference<Map<String, PodNetworkStatus>>() {})
            .forEach(
                (network, status) ->
                    samples.add(new Sample(situation.getFileName() + "/" + network, status)));
      }
    }
    return samples.stream();
  }
}
