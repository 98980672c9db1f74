package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The kinds are not deleted from under PodNetworks, which no policy would be asked about. */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class KindsDeletionTest {
  private static final String NETWORK = "podnetwork/kinds";
  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

  private final ChartCluster cluster;

  KindsDeletionTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  @BeforeEach
  void aPodNetworkThatNobodyUses() {
    cluster
        .kubectlWithInput(
            """
            apiVersion: tweed.dev/v1alpha1
            kind: PodNetwork
            metadata:
              name: kinds
            spec:
              pools:
              - cidr: 10.97.0.0/16
                nodePrefixLength: 24
            """,
            "apply",
            "-f",
            "-")
        .text();
    Awaitility.await("admission policy in force")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !delete("podnetworks").succeeded());
  }

  @AfterEach
  void remove() {
    cluster.kubectl("delete", NETWORK, "--ignore-not-found").text();
  }

  @Test
  void isRefusedWhileThereIsAPodNetworkAndSaysWhatToDo() {
    for (String kind : List.of("podnetworks", "nodesubnets", "nodereports", "firewallpolicies")) {
      Program.Outcome outcome = delete(kind);

      assertThat(outcome.succeeded()).isFalse();
      assertThat(outcome.err())
          .contains(
              "(Forbidden)",
              "CustomResourceDefinition %s.tweed.dev is in use: there is a PodNetwork kinds"
                  .formatted(kind),
              "kubectl delete podnetworks --all");
    }
  }

  @Test
  void isRefusedForACollectionToo() {
    Program.Outcome outcome =
        cluster.kubectl(
            "delete", "--raw", CRDS + "?fieldSelector=metadata.name%3Dpodnetworks.tweed.dev");

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err()).contains("CustomResourceDefinition podnetworks.tweed.dev is in use");
    assertThat(cluster.kubectl("get", "crd/podnetworks.tweed.dev").succeeded()).isTrue();
  }

  @Test
  void isAllowedWhenThereIsNone() {
    cluster.kubectl("delete", NETWORK).text();

    Awaitility.await("the policy has heard of it")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(delete("podnetworks").succeeded()).isTrue());
  }

  @Test
  void othersAreNotConcerned() {
    cluster
        .kubectlWithInput(
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: things.example.org
            spec:
              group: example.org
              scope: Cluster
              names: {plural: things, singular: thing, kind: Thing}
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object}}
            """,
            "apply",
            "-f",
            "-")
        .text();

    assertThat(cluster.kubectl("delete", "crd/things.example.org").text()).contains("deleted");
  }

  private Program.Outcome delete(String kind) {
    return cluster.kubectl("delete", "crd/" + kind + ".tweed.dev", "--dry-run=server");
  }
}
