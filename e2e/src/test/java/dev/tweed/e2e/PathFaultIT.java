package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.PathFault;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything of Tweed's is in the kernel as planned, and packets between pods do not arrive: the
 * report says so, and says so no more once they do. How quick it is, the benchmark says.
 */
@OnCluster(Layout.THREE_NODES)
@Order(3)
@TestInstance(Lifecycle.PER_CLASS)
class PathFaultIT {
  private static final int TOLD_SECONDS = 40;
  private static final String[] NODES = {"n1", "n2", "n3"};

  private TestCluster cluster;
  private Installation tweed;
  @AutoClose private PodOnEachNode pods;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    pods = PodOnEachNode.given(cluster, tweed, "path-fault", NODES);
    Eventually.within(
        TOLD_SECONDS,
        () ->
            assertThat(NODES)
                .allSatisfy(node -> assertThat(condition(node, "Reachable")).isEqualTo("True")));
  }

  Stream<Named<List<PathFault>>> faults() {
    return PathFault.between(tweed).stream()
        .map(
            faults ->
                Named.of(
                    faults.stream().map(PathFault::what).collect(Collectors.joining("; ")),
                    faults));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void areToldWhileTheyLast(List<PathFault> faults) {
    // Given pods that talk
    assertThat(faults).allMatch(this::podsTalk);

    // When their ways are cut, once where it is seen from both ends
    Map<String, PathFault> puts =
        faults.stream().collect(Collectors.toMap(PathFault::put, Function.identity(), (a, b) -> a));
    try {
      puts.values().forEach(fault -> cluster.machine(fault.node()).shell(fault.put()).text());

      // Then they do not, and the reports say so
      assertThat(faults).noneMatch(this::podsTalk);
      Eventually.within(
          TOLD_SECONDS, () -> assertThat(faults).allMatch(fault -> fault.isTold(tweed)));
      assertThat(faults)
          .as("only what cuts off the node itself counts against it")
          .allSatisfy(
              fault ->
                  assertThat(condition(fault.observer(), "Ready"))
                      .isEqualTo("NoPeerAnswers".equals(fault.reason()) ? "False" : "True"));
    } finally {
      puts.values().forEach(fault -> cluster.machine(fault.node()).shell(fault.undo()));
    }

    // And no longer than they last
    Eventually.within(
        TOLD_SECONDS,
        () -> {
          assertThat(faults).allMatch(this::podsTalk);
          assertThat(faults).noneMatch(fault -> fault.isTold(tweed));
          assertThat(NODES)
              .allSatisfy(node -> assertThat(condition(node, "Ready")).isEqualTo("True"));
        });
  }

  private boolean podsTalk(PathFault fault) {
    return pods.on(fault.observer()).ping(pods.on(fault.peer()).address(), 1400).succeeded();
  }

  private String condition(String node, String type) {
    List<Condition> conditions = tweed.nodeReport(node).orElseThrow().getStatus().conditions();
    return Installation.condition(conditions, type).status();
  }
}
