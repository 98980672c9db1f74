package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One wrong {@code kubectl delete} does not take the network from under running pods. */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class PodNetworkDeletionTest {
  private static final String ALLOW = "tweed.dev/allow-delete-in-use";

  private final ChartCluster cluster;

  PodNetworkDeletionTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  @BeforeEach
  void networkThatTwoNodesUse() {
    cluster
        .kubectlWithInput(
            """
            apiVersion: tweed.dev/v1alpha1
            kind: PodNetwork
            metadata:
              name: used
            spec:
              pools:
              - cidr: 10.99.0.0/16
                nodePrefixLength: 24
            """,
            "apply",
            "-f",
            "-")
        .text();
    nodesAllocated(2);
    Awaitility.await("admission policy in force")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !cluster.kubectl("delete", "podnetwork/used", "--dry-run=server").succeeded());
  }

  @AfterEach
  void remove() {
    cluster.kubectl("annotate", "podnetwork/used", ALLOW + "=true", "--overwrite");
    cluster.kubectl("delete", "podnetwork/used", "--ignore-not-found").text();
  }

  @Test
  void isRefusedWhileNodesUseItAndSaysWhatToDo() {
    Program.Outcome outcome = cluster.kubectl("delete", "podnetwork/used");

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err())
        .contains(
            "(Forbidden)",
            "PodNetwork used is in use by 2 node(s)",
            "kubectl annotate podnetwork used tweed.dev/allow-delete-in-use=true");
  }

  @Test
  void isRefusedForAllAtOnceToo() {
    assertThat(cluster.kubectl("delete", "podnetworks", "--all").succeeded()).isFalse();
    assertThat(cluster.kubectl("get", "podnetwork/used").succeeded()).isTrue();
  }

  @Test
  void isAllowedWithTheAnnotation() {
    cluster.kubectl("annotate", "podnetwork/used", ALLOW + "=true").text();

    assertThat(cluster.kubectl("delete", "podnetwork/used").succeeded()).isTrue();
  }

  @Test
  void anyOtherValueOfTheAnnotationDoesNotCount() {
    cluster.kubectl("annotate", "podnetwork/used", ALLOW + "=yes").text();

    assertThat(cluster.kubectl("delete", "podnetwork/used").succeeded()).isFalse();
  }

  @Test
  void isAllowedWhenNoNodeUsesIt() {
    nodesAllocated(0);

    assertThat(cluster.kubectl("delete", "podnetwork/used").succeeded()).isTrue();
  }

  private void nodesAllocated(int count) {
    cluster
        .kubectl(
            "patch",
            "podnetwork/used",
            "--subresource=status",
            "--type=merge",
            "--patch={\"status\":{\"nodes\":{\"selected\":2,\"allocated\":" + count + "}}}")
        .text();
  }
}
