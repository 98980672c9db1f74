package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One wrong command does not take the block from under a node's pods, or make it another's. */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class NodeSubnetGuardTest {
  private static final String ALLOW = "tweed.dev/allow-delete-in-use";
  private static final String CHANGE = "tweed.dev/allow-change";
  private static final String SUBNET = "nodesubnet/10-98-1-0-24";
  private static final String SUBNETS = "/apis/tweed.dev/v1alpha1/nodesubnets";

  private final ChartCluster cluster;

  NodeSubnetGuardTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  @BeforeEach
  void blockOfANode() {
    cluster
        .kubectlWithInput(
            """
            apiVersion: tweed.dev/v1alpha1
            kind: NodeSubnet
            metadata:
              name: 10-98-1-0-24
              labels: {topology.kubernetes.io/zone: a}
            spec:
              podNetwork: default
              nodeName: holder
              cidr: 10.98.1.0/24
            """,
            "apply",
            "-f",
            "-")
        .text();
    Awaitility.await("admission policy in force")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !cluster.kubectl("delete", SUBNET, "--dry-run=server").succeeded());
  }

  @AfterEach
  void remove() {
    cluster.kubectl("annotate", SUBNET, ALLOW + "=true", "--overwrite");
    cluster.kubectl("delete", SUBNET, "--ignore-not-found").text();
  }

  @Test
  void isRefusedAndSaysWhatToDo() {
    Program.Outcome outcome = cluster.kubectl("delete", SUBNET);

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err())
        .contains(
            "(Forbidden)",
            "NodeSubnet 10-98-1-0-24 is the block 10.98.1.0/24 of node holder",
            "kubectl annotate nodesubnet 10-98-1-0-24 tweed.dev/allow-delete-in-use=true");
  }

  @Test
  void isRefusedForACollectionToo() {
    Program.Outcome outcome =
        cluster.kubectl("delete", "--raw", SUBNETS + "?fieldSelector=spec.nodeName%3Dholder");

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err()).contains("NodeSubnet 10-98-1-0-24 is the block");
    assertThat(cluster.kubectl("get", SUBNET).succeeded()).isTrue();
  }

  @Test
  void isAllowedWithTheAnnotation() {
    cluster.kubectl("annotate", SUBNET, ALLOW + "=true").text();

    assertThat(cluster.kubectl("delete", SUBNET).succeeded()).isTrue();
  }

  @Test
  void isTheOperatorsToDo() {
    assertThat(
            cluster
                .token("tweed-operator")
                .kubectl("delete", "--raw", SUBNETS + "/10-98-1-0-24")
                .succeeded())
        .isTrue();
  }

  @Test
  void isNotMadeByTheOperatorOfAnotherInstallation() {
    // Given another release, in another namespace, whose operator has all rights it asks for
    String other = "system:serviceaccount:elsewhere:tweed-2-operator";
    cluster
        .kubectl(
            "create",
            "clusterrolebinding",
            "elsewhere",
            "--clusterrole=cluster-admin",
            "--user=" + other)
        .text();
    try {
      // When it hands out a block
      Program.Outcome outcome =
          cluster.kubectlWithInput(
              """
              apiVersion: tweed.dev/v1alpha1
              kind: NodeSubnet
              metadata:
                name: 10-98-2-0-24
              spec:
                podNetwork: default
                nodeName: holder
                cidr: 10.98.2.0/24
              """,
              "create",
              "--as=" + other,
              "-f",
              "-");

      // Then both know why not
      assertThat(outcome.succeeded()).isFalse();
      assertThat(outcome.err())
          .contains(
              "(Forbidden)",
              "of all ServiceAccounts only system:serviceaccount:tweed-system:tweed-operator",
              "If " + other + " is the operator of another installation of Tweed, remove one",
              "helm list --all-namespaces");
    } finally {
      cluster.kubectl("delete", "clusterrolebinding", "elsewhere").text();
    }
  }

  @Test
  void isNotChangedByPeopleAndSaysWhatToDo() {
    for (String change :
        List.of(
            "{\"spec\":{\"nodeIPs\":[\"192.0.2.66\"]}}",
            "{\"metadata\":{\"labels\":{\"topology.kubernetes.io/zone\":\"b\"}}}",
            "{\"metadata\":{\"labels\":{\"trusted\":\"yes\"}}}",
            "{\"metadata\":{\"finalizers\":[\"example.org/never\"]}}",
            "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n\",\"uid\":\"u\"}]}}",
            "{\"metadata\":{\"annotations\":{\"tweed.dev/node-gone-since\":\"2026-01-01T00:00:00Z\"}}}",
            // The object as it is decides, not as the writer would have it
            "{\"metadata\":{\"annotations\":{\"tweed.dev/allow-change\":\"true\"}},\"spec\":{\"nodeIPs\":[\"192.0.2.66\"]}}")) {
      Program.Outcome outcome = patch(change);

      assertThat(outcome.succeeded()).as(change).isFalse();
      assertThat(outcome.err())
          .contains(
              "(Forbidden)",
              "NodeSubnet 10-98-1-0-24 is the block 10.98.1.0/24 of node holder",
              "for the operator to write",
              "kubectl annotate nodesubnet 10-98-1-0-24 tweed.dev/allow-change=true");
    }
  }

  @Test
  void isChangedWithTheAnnotationWhichDoesNotLetItBeDeleted() {
    cluster.kubectl("annotate", SUBNET, CHANGE + "=true", "note=mine").text();

    assertThat(patch("{\"spec\":{\"nodeIPs\":[\"192.0.2.66\"]}}").text()).contains("patched");
    assertThat(cluster.kubectl("delete", SUBNET).succeeded()).isFalse();
  }

  @Test
  void isTheOperatorsToChange() {
    Program.Outcome outcome =
        cluster
            .token("tweed-operator")
            .kubectlWithInput(
                """
                apiVersion: tweed.dev/v1alpha1
                kind: NodeSubnet
                metadata:
                  name: 10-98-1-0-24
                spec:
                  podNetwork: default
                  nodeName: holder
                  nodeIPs: [192.0.2.7]
                  cidr: 10.98.1.0/24
                """,
                "apply",
                "--server-side",
                "--force-conflicts",
                "-f",
                "-");

    assertThat(outcome.text()).contains("serverside-applied");
  }

  @Test
  void controllersDeleteItAndLeaveItsSpecAlone() {
    for (String controller :
        List.of(
            "system:kube-controller-manager",
            "system:serviceaccount:kube-system:generic-garbage-collector",
            "system:serviceaccount:kube-system:namespace-controller")) {
      String[] as = {"--as", controller, "--as-group", "system:masters"};

      assertThat(patch("{\"spec\":{\"nodeIPs\":[\"192.0.2.66\"]}}", as).err())
          .contains("(Forbidden)", "for the operator to write");
      assertThat(patch("{\"metadata\":{\"finalizers\":[\"foregroundDeletion\"]}}", as).text())
          .contains("patched");
      assertThat(patch("{\"metadata\":{\"finalizers\":null}}", as).text()).contains("patched");
      assertThat(
              cluster
                  .kubectl(
                      Stream.concat(Stream.of("delete", SUBNET, "--dry-run=server"), Stream.of(as))
                          .toArray(String[]::new))
                  .succeeded())
          .isTrue();
    }
  }

  private Program.Outcome patch(String change, String... more) {
    return cluster.kubectl(
        Stream.concat(Stream.of("patch", SUBNET, "--type=merge", "-p", change), Stream.of(more))
            .toArray(String[]::new));
  }
}
