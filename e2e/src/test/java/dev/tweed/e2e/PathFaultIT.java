package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.PathFault;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
  private static final int TOLD_SECONDS = 30;

  private TestCluster cluster;
  private Installation tweed;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod b;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    this.cluster = cluster;
    this.tweed = tweed;
    probes = ProbeNamespace.create(cluster, "path-fault");
    List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
    a = pods.get(0);
    b = pods.get(1);
    Eventually.within(TOLD_SECONDS, () -> assertThat(reachable("n1")).isEqualTo("True"));
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
    }
  }

  Stream<PathFault> faults() {
    return PathFault.between(tweed).stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void isToldWhileItLasts(PathFault fault) {
    // Given pods that talk
    assertThat(a.ping(b.address(), 1400).succeeded()).isTrue();

    // When the way is cut
    cluster.machine(fault.node()).shell(fault.put()).text();
    try {
      // Then they do not, and the report says so
      assertThat(a.ping(b.address(), 1400).succeeded()).isFalse();
      Eventually.within(TOLD_SECONDS, () -> assertThat(fault.isTold(tweed)).isTrue());
      assertThat(ready(fault.observer()))
          .as("only what cuts off the node itself counts against it")
          .isEqualTo("NoPeerAnswers".equals(fault.reason()) ? "False" : "True");
    } finally {
      cluster.machine(fault.node()).shell(fault.undo()).text();
    }

    // And no longer than it lasts
    Eventually.within(
        TOLD_SECONDS,
        () -> {
          assertThat(a.ping(b.address(), 1400).succeeded()).isTrue();
          assertThat(fault.isTold(tweed)).isFalse();
          assertThat(ready("n1")).isEqualTo("True");
          assertThat(ready("n2")).isEqualTo("True");
        });
  }

  private String ready(String node) {
    return condition(node, "Ready");
  }

  private String reachable(String node) {
    return condition(node, "Reachable");
  }

  private String condition(String node, String type) {
    List<Condition> conditions = tweed.nodeReport(node).orElseThrow().getStatus().conditions();
    return Installation.condition(conditions, type).status();
  }
}
