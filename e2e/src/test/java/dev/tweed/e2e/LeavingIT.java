package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A node that its PodNetwork does not select any more. */
@OnCluster(value = Layout.TWO_NODES, steps = true)
@Order(41)
@TestInstance(Lifecycle.PER_CLASS)
class LeavingIT {
  private TestCluster cluster;
  private Installation tweed;
  private ProbeNamespace probes;
  private ProbePod a;
  private ProbePod b;
  private Machine n2;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    this.cluster = cluster;
    this.tweed = tweed;
    probes = ProbeNamespace.create(cluster, "leaving");
    List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
    a = pods.getFirst();
    b = pods.getLast();
    n2 = cluster.machine("n2");
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
    }
  }

  @Test
  @Order(1)
  void getsNoNewPodsAndKeepsWhatRuns() {
    // When the network selects other nodes only
    cluster.kubectl("label", "node", "n1", "network=default").text();
    select("{\"matchLabels\":{\"network\":\"default\"}}");

    // Then no pod is scheduled there, its own stay in their Services, and it is told
    Eventually.within(
        30,
        () -> {
          assertThat(taints("n2")).contains("network-unavailable:NoSchedule");
          assertThat(report().findings())
              .extracting(NodeReportStatus.Finding::reason)
              .contains("Leaving");
        });
    assertThat(tweed.isNodeReady("n2")).isTrue();
    // And one that is put there all the same is refused with the reason
    probes.request("late", "n2");
    Eventually.within(
        30,
        () ->
            assertThat(cluster.kubectl("events", "--namespace", "leaving").text())
                .contains(
                    "no new pods here: PodNetwork default does not select this node any more"));
    // And when the block is given back, what runs keeps running
    Eventually.within(60, () -> assertThat(tweed.nodeSubnet("n2")).isEmpty());
    assertThat(n2.exec("curl", "-sS", "-m", "5", b.url("/hostname")).text()).isEqualTo("b");
  }

  @Test
  @Order(2)
  void isRidOfEverythingAfterTheLastPod() {
    // Tests before this one have left pods there, too.
    cluster
        .kubectl(
            "delete",
            "pods",
            "--all-namespaces",
            "--field-selector=spec.nodeName=n2,metadata.namespace!=" + Installation.NAMESPACE,
            "--now")
        .text();

    Eventually.within(
        60,
        () -> {
          assertThat(n2.shell("ip -br link; ls /etc/cni/net.d; nft list tables").text())
              .doesNotContain("tweed");
          assertThat(report().findings()).isEmpty();
        });
  }

  @Test
  @Order(3)
  void isAsBeforeWhenItIsSelectedAgain() {
    select("null");

    tweed.awaitReady(Duration.ofSeconds(60));
    ProbePod again = probes.pod("again", "n2");
    assertThat(a.http(again.url("/client"))).isEqualTo(a.address());
    assertThat(taints("n2")).doesNotContain("network-unavailable");
  }

  private void select(String nodeSelector) {
    cluster
        .kubectl(
            "patch",
            "podnetwork",
            "default",
            "--type=merge",
            "-p",
            "{\"spec\":{\"nodeSelector\":" + nodeSelector + "}}")
        .text();
  }

  private NodeReportStatus report() {
    return tweed.nodeReport("n2").orElseThrow().getStatus();
  }

  private String taints(String node) {
    return cluster
        .kubectl(
            "get",
            "node",
            node,
            "-o",
            "jsonpath={range .spec.taints[*]}{.key}:{.effect}{\"\\n\"}{end}")
        .text();
  }
}
