package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.chart.ChartCluster.Identity;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a daemon may do, tried on a real API server with real tokens and certificates: it writes the
 * status of what belongs to its own node. So whoever takes over one node says nothing in the name
 * of another.
 */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeIdentityTest {
  private static final String FIRST_SUBNET = "nodesubnet/10-244-1-0-24";
  private static final String SECOND_SUBNET = "nodesubnet/10-244-2-0-24";
  private static final String FIRST_REPORT = "nodereport/n1";
  private static final String SECOND_REPORT = "nodereport/n2";

  private static final String LEASES = "tweed-node-lease";

  private ChartCluster cluster;
  private Identity unbound;

  @BeforeAll
  void twoNodesWithTheirObjects(ChartCluster cluster) {
    this.cluster = cluster;
    for (int node = 1; node <= 2; node++) {
      cluster.kubectlWithInput(objectsOfNode(node), "apply", "-f", "-").text();
    }
    // Only where somebody wants daemons outside of pods; as docs/systemd.md has it
    Identity outside = cluster.certificate("tweed:nodes", "tweed:node:n1");
    assertThat(outside.may("list nodes")).isFalse();
    assertThat(outside.may("patch nodereports.tweed.dev/status")).isFalse();
    for (String binding :
        List.of(
            "clusterrolebinding tweed-outside --clusterrole=tweed-node",
            "rolebinding tweed-outside --role=tweed-node -n default",
            "rolebinding tweed-outside --role=tweed-node -n " + LEASES)) {
      cluster.kubectl(("create " + binding + " --group=tweed:nodes").split(" ")).text();
    }
    unbound = cluster.token("tweed-node");
    // A new policy takes effect within seconds, not at once.
    Awaitility.await("admission policy in force")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !patchStatus(unbound, FIRST_REPORT).succeeded());
  }

  private static String objectsOfNode(int number) {
    return """
        apiVersion: v1
        kind: Node
        metadata:
          name: n%1$d
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: daemon-n%1$d
          namespace: tweed-system
        spec:
          serviceAccountName: tweed-node
          nodeName: n%1$d
          containers:
          - name: node
            image: tweed/node:dev
        ---
        apiVersion: tweed.dev/v1alpha1
        kind: NodeSubnet
        metadata:
          name: 10-244-%1$d-0-24
          annotations:
            # anybody but a daemon may
            tweed.dev/allow-delete-in-use: "true"
            tweed.dev/allow-change: "true"
        spec:
          podNetwork: default
          nodeName: n%1$d
          nodeUID: 00000000-0000-0000-0000-00000000000%1$d
          cidr: 10.244.%1$d.0/24
          nodeIPs: [192.0.2.%1$d]
          vtepMAC: "02:00:00:00:00:0%1$d"
        ---
        apiVersion: tweed.dev/v1alpha1
        kind: NodeReport
        metadata:
          name: n%1$d
        spec: {}
        ---
        apiVersion: tweed.dev/v1alpha1
        kind: NodePolicy
        metadata:
          name: n%1$d
        spec: {}
        """
        .formatted(number);
  }

  /** The identities a daemon of node n1 can have. */
  Stream<Identity> daemonsOfTheFirstNode() {
    return Stream.of(
        cluster.token("tweed-node", "--bound-object-kind=Pod", "--bound-object-name=daemon-n1"),
        cluster.token("tweed-node", "--bound-object-kind=Node", "--bound-object-name=n1"),
        cluster.certificate("tweed:nodes", "tweed:node:n1"));
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void writesTheStatusOfItsOwnNode(Identity daemon) {
    assertThat(patchStatus(daemon, FIRST_REPORT).text()).contains("serverside-applied");
  }

  /** A token or certificate taken from node n1 is of no use against node n2. */
  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void isDeniedTheStatusOfAnotherNode(Identity daemon) {
    assertForbidden(
        patchStatus(daemon, SECOND_REPORT),
        "node n1 may not write the status of nodereports/n2",
        "belongs to node n2");
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void saysWhichPoliciesItsOwnNodeEnforcesAndNotAnothers(Identity daemon) {
    assertThat(patchPolicyStatus(daemon, "n1").text()).contains("serverside-applied");
    assertForbidden(
        patchPolicyStatus(daemon, "n2"),
        "node n1 may not write the status of nodepolicies/n2",
        "belongs to node n2");
  }

  private static Program.Outcome patchPolicyStatus(Identity identity, String node) {
    return identity.kubectlWithInput(
        """
        {"apiVersion":"tweed.dev/v1alpha1","kind":"NodePolicy","metadata":{"name":"%s"},"status":{"pods":1}}
        """
            .formatted(node),
        "apply",
        "--server-side",
        "--subresource=status",
        "--field-manager=tweed-node",
        "--force-conflicts",
        "-f",
        "-");
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void cannotSmuggleSpecLabelsOrFinalizersIntoAStatus(Identity daemon) {
    apply(
            daemon,
            FIRST_REPORT,
            ",\"labels\":{\"smuggled\":\"yes\"},\"finalizers\":[\"tweed.dev/smuggled\"]",
            "\"spec\":{\"smuggled\":\"n2\"},\"status\":{\"podNetwork\":\"told\"}")
        .text();

    String stored = cluster.kubectl("get", FIRST_REPORT, "-o", "yaml").text();
    assertThat(stored).contains("podNetwork: told").doesNotContain("smuggled");
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void makesAndRenewsTheLeaseOfItsOwnNode(Identity daemon) {
    assertThat(lease(daemon, "n1", LEASES).text()).contains("serverside-applied");
    assertThat(lease(daemon, "n1", LEASES).text()).contains("serverside-applied");
    assertThat(daemon.may("get leases.coordination.k8s.io")).isFalse();

    cluster.kubectl("delete", "lease/n1", "-n", LEASES).text();
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void isDeniedTheLeaseOfAnother(Identity daemon) {
    assertForbidden(
        lease(daemon, "n2", LEASES), "node n1 may not write leases/n2, which belongs to node n2");
    assertForbidden(
        daemon.kubectlWithInput(
            lease("anything").replace("  name:", "  generateName:"),
            "create",
            "-n",
            LEASES,
            "-f",
            "-"),
        "node n1 may not write leases/anything");
    // The operator's, by which it leads
    assertForbidden(lease(daemon, "tweed-operator", ChartCluster.NAMESPACE), "cannot patch");
    assertForbidden(lease(daemon, "n1", "kube-node-lease"), "cannot patch");
  }

  private static Program.Outcome lease(Identity daemon, String name, String namespace) {
    return daemon.kubectlWithInput(
        lease(name),
        "apply",
        "--server-side",
        "--field-manager=tweed-node",
        "--force-conflicts",
        "-n",
        namespace,
        "-f",
        "-");
  }

  private static String lease(String name) {
    return """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata:
          name: %s
        spec:
          holderIdentity: n1
        """
        .formatted(name);
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void makesAndChangesEventsOfItsOwnAboutFirewallPolicies(Identity daemon) {
    assertThat(event(daemon, "own", "FirewallPolicy", "n1").text()).contains("serverside-applied");
    assertThat(event(daemon, "own", "FirewallPolicy", "n1").text()).contains("serverside-applied");
    assertThat(daemon.may("get events")).isFalse();

    cluster.kubectl("delete", "event/own", "-n", "default").text();
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void isDeniedOtherEvents(Identity daemon) {
    assertForbidden(event(daemon, "e", "FirewallPolicy", "n2"), "node n1 may not write events of");
    assertForbidden(event(daemon, "e", "Node", "n1"), "writes nothing but the status");
    // One of another reporter does not become its own
    cluster
        .kubectlWithInput(event("e", "Node", "kubelet"), "create", "-n", "default", "-f", "-")
        .text();
    assertForbidden(event(daemon, "e", "FirewallPolicy", "n1"), "node n1 may not write events of");
    cluster.kubectl("delete", "event/e", "-n", "default").text();
    assertForbidden(
        daemon.kubectlWithInput(
            event("e", "FirewallPolicy", "n1"), "create", "-n", "kube-system", "-f", "-"),
        "cannot create");
  }

  private static Program.Outcome event(Identity daemon, String name, String kind, String reporter) {
    return daemon.kubectlWithInput(
        event(name, kind, reporter),
        "apply",
        "--server-side",
        "--field-manager=tweed-node",
        "--force-conflicts",
        "-n",
        "default",
        "-f",
        "-");
  }

  private static String event(String name, String kind, String reporter) {
    return """
        apiVersion: v1
        kind: Event
        metadata:
          name: %s
        involvedObject:
          apiVersion: tweed.dev/v1alpha1
          kind: %s
          name: web
        reason: PacketsDenied
        reportingComponent: tweed.dev/node
        reportingInstance: %s
        """
        .formatted(name, kind, reporter);
  }

  @Test
  void tokenWithoutNodeIsDeniedEverything() {
    for (String object : List.of(FIRST_REPORT, SECOND_REPORT)) {
      assertForbidden(patchStatus(unbound, object), "this identity carries no node name");
    }
    assertForbidden(lease(unbound, "n1", LEASES), "this identity carries no node name");
    assertForbidden(
        event(unbound, "e", "FirewallPolicy", "n1"), "this identity carries no node name");
  }

  @ParameterizedTest
  @CsvSource({"alice", "tweed:node:", "system:node:n1", "TWEED:NODE:n1"})
  void certificateOfTheGroupWithoutNodeNameIsDenied(String commonName) {
    Identity nobody = cluster.certificate("tweed:nodes", commonName);

    assertForbidden(patchStatus(nobody, FIRST_REPORT), "this identity carries no node name");
  }

  /** The name alone is nothing: RBAC knows the group. */
  @Test
  void certificateWithoutTheGroupIsDenied() {
    Identity stranger = cluster.certificate("guests", "tweed:node:n1");

    assertForbidden(patchStatus(stranger, FIRST_REPORT), "User \"tweed:node:n1\" cannot");
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void readsWhatItNeeds(Identity daemon) {
    for (String resource :
        List.of(
            "nodes",
            "podnetworks.tweed.dev",
            "nodesubnets.tweed.dev",
            "firewallpolicies.tweed.dev",
            "policyprograms.tweed.dev",
            "peerslices.tweed.dev",
            "nodepolicies.tweed.dev")) {
      assertThat(daemon.may("list " + resource)).as("list " + resource).isTrue();
      assertThat(daemon.may("watch " + resource)).as("watch " + resource).isTrue();
    }
    assertThat(daemon.kubectl("get", FIRST_REPORT).succeeded()).isTrue();
  }

  /** As the daemon asks for it: by a field selector, which RBAC takes for the name. */
  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void readsWhereTheApiServerIsAndNoOtherEndpoints(Identity daemon) {
    String slices = "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices?fieldSelector=%s";
    String own = slices.formatted("default", "metadata.name%3Dkubernetes");

    assertThat(daemon.kubectl("get", "--raw", own).text()).contains("\"addresses\":[");
    assertThat(daemon.kubectl("get", "--raw", own + "&watch=true&timeoutSeconds=1").text())
        .contains("\"addresses\":[");
    for (String other :
        List.of(
            slices.formatted("default", ""),
            slices.formatted("default", "metadata.name%3Dother"),
            slices.formatted("kube-system", "metadata.name%3Dkubernetes"))) {
      assertForbidden(daemon.kubectl("get", "--raw", other), "endpointslices");
    }
    assertThat(daemon.may("patch endpointslices.discovery.k8s.io")).isFalse();
  }

  /** 5,000 daemons that watch everybody's reports would be 25 million deliveries. */
  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void cannotWatchTheReportsOfAll(Identity daemon) {
    assertThat(daemon.may("list nodereports.tweed.dev")).isFalse();
    assertThat(daemon.may("watch nodereports.tweed.dev")).isFalse();
  }

  @ParameterizedTest
  @MethodSource("daemonsOfTheFirstNode")
  void writesNothingElseAndReadsNoSecrets(Identity daemon) {
    for (String refused :
        List.of(
            "patch nodes",
            "update nodes",
            "patch nodes/status",
            "create pods",
            "patch pods/status",
            "create events",
            "get secrets",
            "get configmaps",
            "list pods",
            "list namespaces",
            "list networkpolicies.networking.k8s.io",
            "list networkpolicyreports.tweed.dev",
            "patch policyprograms.tweed.dev",
            "patch peerslices.tweed.dev",
            "patch nodepolicies.tweed.dev",
            "create serviceaccounts/token",
            "create nodesubnets.tweed.dev",
            "patch nodesubnets.tweed.dev",
            "patch nodesubnets.tweed.dev/status",
            "delete nodesubnets.tweed.dev",
            "create nodereports.tweed.dev",
            "delete nodereports.tweed.dev",
            "get nodes",
            "get podnetworks.tweed.dev",
            "get nodereports.tweed.dev/status",
            "patch podnetworks.tweed.dev",
            "patch podnetworks.tweed.dev/status",
            "patch firewallpolicies.tweed.dev/status")) {
      assertThat(daemon.may(refused)).as(refused).isFalse();
    }
  }

  /** Should somebody grant a daemon more than the chart does, the policy still holds. */
  @Test
  void policyHoldsEvenForADaemonWithTooManyRights() {
    cluster
        .kubectl(
            "create",
            "clusterrolebinding",
            "mistake",
            "--clusterrole=cluster-admin",
            "--serviceaccount=tweed-system:tweed-node")
        .text();
    try {
      Identity daemon =
          cluster.token("tweed-node", "--bound-object-kind=Node", "--bound-object-name=n1");

      String nothingElse = "writes nothing but the status";
      assertForbidden(daemon.kubectl("delete", SECOND_SUBNET), nothingElse);
      assertForbidden(daemon.kubectl("label", FIRST_SUBNET, "a=b"), nothingElse);
      assertForbidden(daemon.kubectl("delete", FIRST_REPORT), nothingElse);
      assertForbidden(
          daemon.kubectlWithInput(
              objectsOfNode(3)
                  .substring(objectsOfNode(3).indexOf("apiVersion: tweed.dev/v1alpha1")),
              "create",
              "-f",
              "-"),
          nothingElse);

      // Nor does it take the lead, or another's Lease away
      assertForbidden(lease(daemon, "tweed-operator", ChartCluster.NAMESPACE), nothingElse);
      assertForbidden(lease(daemon, "n1", ChartCluster.NAMESPACE), nothingElse);
      assertForbidden(lease(daemon, "n2", LEASES), "which belongs to node n2");
      cluster.kubectlWithInput(lease("n2"), "create", "-n", LEASES, "-f", "-").text();
      assertForbidden(daemon.kubectl("delete", "lease/n2", "-n", LEASES), nothingElse);
      assertForbidden(daemon.kubectl("delete", "leases", "--all", "-n", LEASES), nothingElse);
      cluster.kubectl("delete", "lease/n2", "-n", LEASES).text();
      // Nor does it speak for another by the other group of Events, or take some away
      assertForbidden(
          daemon.kubectlWithInput(
              """
              apiVersion: events.k8s.io/v1
              kind: Event
              metadata: {name: e}
              eventTime: "2026-01-01T00:00:00.000000Z"
              type: Normal
              action: Deny
              reason: PacketsDenied
              regarding: {apiVersion: tweed.dev/v1alpha1, kind: FirewallPolicy, name: web}
              reportingController: tweed.dev/node
              reportingInstance: n2
              """,
              "create",
              "-n",
              "default",
              "-f",
              "-"),
          "node n1 may not write events of others");
      cluster
          .kubectlWithInput(
              event("of-n2", "FirewallPolicy", "n2"), "create", "-n", "default", "-f", "-")
          .text();
      assertForbidden(daemon.kubectl("delete", "event/of-n2", "-n", "default"), nothingElse);
      cluster.kubectl("delete", "event/of-n2", "-n", "default").text();
      // Leases of others are not its concern: they must not hang on this policy
      cluster.kubectlWithInput(lease("n1"), "create", "-n", "default", "-f", "-").text();
    } finally {
      cluster.kubectl("delete", "lease/n1", "-n", "default", "--ignore-not-found").text();
      cluster.kubectl("delete", "clusterrolebinding", "mistake").text();
    }
  }

  @Test
  void operatorAndPeopleAreNotConcerned() {
    assertThat(cluster.kubectl("label", SECOND_SUBNET, "by=admin", "--overwrite").succeeded())
        .isTrue();
    assertThat(
            cluster
                .token("tweed-operator")
                .kubectlWithInput(
                    """
                    apiVersion: tweed.dev/v1alpha1
                    kind: NodeSubnet
                    metadata:
                      name: 10-244-2-0-24
                      labels: {by: operator}
                    """,
                    "apply",
                    "--server-side",
                    "--force-conflicts",
                    "-f",
                    "-")
                .text())
        .contains("serverside-applied");
  }

  private static Program.Outcome patchStatus(Identity identity, String object) {
    return apply(identity, object, "", "\"status\":{\"podNetwork\":\"default\"}");
  }

  /** As a daemon does, which does not look at an object before: kubectl does for other patches. */
  private static Program.Outcome apply(
      Identity identity, String report, String metadata, String fields) {
    return identity.kubectlWithInput(
        """
        {"apiVersion":"tweed.dev/v1alpha1","kind":"NodeReport","metadata":{"name":"%s"%s},%s}
        """
            .formatted(report.replace("nodereport/", ""), metadata, fields),
        "apply",
        "--server-side",
        "--subresource=status",
        "--field-manager=tweed-node",
        "--force-conflicts",
        "-f",
        "-");
  }

  private static void assertForbidden(Program.Outcome outcome, String... messages) {
    assertThat(outcome.succeeded()).as(outcome.command() + outcome.out()).isFalse();
    assertThat(outcome.err()).contains("(Forbidden)").contains(messages);
  }
}
