package dev.tweed.e2e;

import static dev.tweed.e2e.bed.Installation.condition;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A cluster of one machine, and pools that are too small. */
@OnCluster(Layout.ONE_MACHINE)
@Order(20)
@TestInstance(Lifecycle.PER_CLASS)
class OneMachineIT {
  /** Room for two blocks of /24. */
  private static final String SMALL_POOL = "10.250.0.0/23";

  private TestCluster cluster;
  private Installation tweed;

  @BeforeAll
  void install(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    tweed.helmInstall(
        Given.VALUES
            + """
            podNetwork:
              create: true
              spec:
                pools:
                - {cidr: %s, nodePrefixLength: 24}
            """
                .formatted(SMALL_POOL));
    tweed.awaitReady(Duration.ofSeconds(120));
  }

  @Test
  @Order(1)
  void podsTalkOnASingleMachine() {
    try (ProbeNamespace probes = ProbeNamespace.create(cluster, "single")) {
      List<ProbePod> pods = probes.pods("a", "n1", "b", "n1");
      ProbePod a = pods.get(0);
      ProbePod b = pods.get(1);
      String service = probes.service("b", b, "tcp/80:8080");

      assertThat(a.http(b.url("/client"))).isEqualTo(a.address());
      assertThat(a.http("http://" + cluster.outside().address() + ":8080/client"))
          .isEqualTo(cluster.machine("n1").address());
      Eventually.within(
          20, () -> assertThat(a.http("http://" + service + "/hostname")).isEqualTo("b"));
    }
  }

  @Test
  @Order(2)
  void aFullPoolIsSaidAndAnAppendedOneHelps() {
    List<String> names = List.of("paper-0", "paper-1", "paper-2");
    try {
      // When more nodes come than the pool has blocks for: 1 is taken, 1 is free
      names.forEach(name -> Given.paperNode(cluster, name, names.indexOf(name)));

      // Then a condition says so and how many wait
      Eventually.within(
          60,
          () -> {
            Condition allocated =
                condition(
                    tweed.podNetwork("default").orElseThrow().getStatus().conditions(),
                    "Allocated");
            assertThat(allocated.status()).isEqualTo("False");
            assertThat(allocated.reason()).isEqualTo("PoolExhausted");
            assertThat(allocated.message()).contains("2");
          });
      assertThat(tweed.nodeSubnets()).hasSize(2);

      // When a pool is appended
      tweed.apply(
          """
          apiVersion: tweed.dev/v1alpha1
          kind: PodNetwork
          metadata:
            name: default
          spec:
            pools:
            - {cidr: %s, nodePrefixLength: 24}
            - {cidr: 10.251.0.0/22, nodePrefixLength: 24}
          """
              .formatted(SMALL_POOL));

      // Then everybody has a block, and nobody's changed
      Eventually.within(
          60,
          () ->
              assertThat(tweed.nodeSubnets())
                  .extracting(subnet -> subnet.getSpec().nodeName())
                  .containsExactlyInAnyOrder("n1", "paper-0", "paper-1", "paper-2"));
      Eventually.within(
          30,
          () ->
              assertThat(
                      condition(
                              tweed.podNetwork("default").orElseThrow().getStatus().conditions(),
                              "Allocated")
                          .status())
                  .isEqualTo("True"));
    } finally {
      names.forEach(name -> cluster.client().nodes().withName(name).delete());
    }
  }
}
