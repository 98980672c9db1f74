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
  private static final String POOL = "{\"cidr\":\"10.99.0.0/16\",\"allocated\":2}";

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
    status("{\"blocks\":2,\"nodes\":{\"selected\":2,\"allocated\":0}}");
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
            "PodNetwork used is in use: nodes hold 2 block(s)",
            "kubectl annotate podnetwork used tweed.dev/allow-delete-in-use=true");
  }

  @Test
  void isRefusedForAllAtOnceToo() {
    assertThat(cluster.kubectl("delete", "podnetworks", "--all").succeeded()).isFalse();
    assertThat(cluster.kubectl("get", "podnetwork/used").succeeded()).isTrue();
  }

  @Test
  void isRefusedForACollectionInAWholeSentence() {
    Program.Outcome outcome =
        cluster.kubectl("delete", "--raw", "/apis/tweed.dev/v1alpha1/podnetworks");

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err()).contains("PodNetwork used is in use: nodes hold 2 block(s)");
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

  // Its pool may overlap that of an older one, whose blocks count in it.
  @Test
  void isAllowedWhenItHasNoBlocks() {
    status("{\"blocks\":0,\"pools\":[" + POOL + "]}");

    assertThat(cluster.kubectl("delete", "podnetwork/used").succeeded()).isTrue();
  }

  @Test
  void isRefusedByItsPoolsWhereTheStatusIsOfAnEarlierVersion() {
    status("{\"blocks\":null,\"pools\":[" + POOL + "]}");

    assertThat(cluster.kubectl("delete", "podnetwork/used").err())
        .contains("nodes hold 2 block(s)");
  }

  private void status(String status) {
    cluster
        .kubectl(
            "patch",
            "podnetwork/used",
            "--subresource=status",
            "--type=merge",
            "--patch={\"status\":" + status + "}")
        .text();
  }
}
