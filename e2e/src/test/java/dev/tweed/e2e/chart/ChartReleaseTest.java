package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.e2e.chart.ChartCluster.Identity;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chart as a release on a real API server. */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class ChartReleaseTest {
  private final ChartCluster cluster;

  ChartReleaseTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  /** Argo CD and people compare what is in Git with what is in the cluster. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void clusterHoldsExactlyWhatTheChartRenders(boolean serverSide) {
    Program.Outcome diff =
        cluster.kubectlWithInput(
            Rendering.of().text(),
            "diff",
            "--server-side=" + serverSide,
            "--force-conflicts=" + serverSide,
            "-f",
            "-");

    // Only what helm itself notes on its objects may differ for a plain apply.
    assertThat(changedLines(diff.out())).isEmpty();
  }

  private static List<String> changedLines(String diff) {
    return diff.lines()
        .filter(line -> line.matches("^[-+](?![-+]).*"))
        .filter(line -> !line.matches("^[-+]\\s+(annotations:|meta\\.helm\\.sh/.*)"))
        .toList();
  }

  /**
   * A field the API server drops or rewrites would keep Argo CD OutOfSync for ever, which compares
   * the manifest with the object and not with a dry run.
   */
  @Test
  void everyFieldComesBackFromTheApiServerAsItWasRendered() throws Exception {
    ObjectMapper json = new ObjectMapper();
    Rendering rendering = Rendering.withCrds();
    List<HasMetadata> rendered = rendering.objects();
    JsonNode live =
        json.readTree(cluster.kubectlWithInput(rendering.text(), "get", "-ojson", "-f", "-").text())
            .path("items");
    assertThat(live).hasSameSizeAs(rendered);
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < rendered.size(); i++) {
      JsonNode expected = json.readTree(Serialization.asJson(rendered.get(i)));
      differences.addAll(SyncDiff.between(expected, live.get(i)));
    }

    assertThat(differences).isEmpty();
  }

  @Test
  void apiServerAcceptsEveryPartWithoutAWarning() {
    Program.Outcome outcome =
        cluster.kubectlWithInput(
            Rendering.of(
                    "podNetwork.create=true",
                    "operator.replicas=2",
                    "apiServer.host=10.0.0.1",
                    "node.http.address=0.0.0.0")
                .text(),
            "apply",
            "--server-side",
            "--force-conflicts",
            "--dry-run=server",
            "-f",
            "-");

    assertThat(outcome.text()).contains("podnetwork.tweed.dev/default", "poddisruptionbudget");
    assertThat(outcome.err()).isEmpty();
  }

  /** Also where Pod Security admission is at its strictest. */
  @Test
  void whatHelmTestRunsIsAcceptedInARestrictedNamespace() {
    String pod =
        Serialization.asYaml(Rendering.withTests().only(Pod.class, "tweed-test"))
            .replace("namespace: \"tweed-system\"", "namespace: restricted");
    cluster.kubectl("create", "namespace", "restricted").text();
    cluster
        .kubectl("label", "namespace/restricted", "pod-security.kubernetes.io/enforce=restricted")
        .text();

    Program.Outcome outcome = cluster.kubectlWithInput(pod, "apply", "--dry-run=server", "-f", "-");

    assertThat(outcome.text()).contains("pod/tweed-test created");
  }

  /** The first command of docs/upgrade.md, which takes over what helm has installed. */
  @Test
  void kindsAreUpgradedByServerSideApply() {
    Program.Outcome outcome =
        cluster.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            ChartTools.chart().resolve("crds").toString());

    assertThat(outcome.text().lines()).hasSize(8).allMatch(l -> l.endsWith("serverside-applied"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nodereports | status/properties/nodeSubnets                       | NodeReport.status.nodeSubnets
          nodereports | status/properties/repairs/items/properties/lastTime | NodeReport.status.repairs.lastTime
          podnetworks | spec/properties/probes/enum/0                       | PodNetwork.spec.probes=Disabled
          """)
  void anUpgradeWithoutTheNewKindsIsRefused(String kinds, String path, String named) {
    // Given a kind as an earlier version had it
    cluster
        .kubectl(
            "patch",
            "crd/%s.tweed.dev".formatted(kinds),
            "--type=json",
            "-p",
            "[{\"op\":\"remove\",\"path\":\"/spec/versions/0/schema/openAPIV3Schema/properties/%s\"}]"
                .formatted(path))
        .text();

    assertRefusedUntilKindsAreApplied(named);
  }

  @Test
  void anUpgradeWithoutAKindThatIsNewIsRefused() {
    cluster.kubectl("delete", "crd/peerslices.tweed.dev").text();

    assertRefusedUntilKindsAreApplied("PeerSlice");
  }

  private void assertRefusedUntilKindsAreApplied(String named) {
    Program.Outcome before = upgrade();
    kindsAreUpgradedByServerSideApply();
    Program.Outcome after = upgrade();

    assertThat(before.succeeded()).isFalse();
    assertThat(before.err())
        .contains(
            "they lack " + named + ")",
            "kubectl apply --server-side --force-conflicts -f helm/crds");
    assertThat(after.succeeded()).as(after.err()).isTrue();
  }

  private Program.Outcome upgrade() {
    return cluster.helm(
        "upgrade",
        "tweed",
        ChartTools.chart().toString(),
        "-n",
        ChartCluster.NAMESPACE,
        "--reset-then-reuse-values",
        "--dry-run=server");
  }

  @Test
  void plainManifestsAreAcceptedToo() {
    for (String file : List.of("tweed.yaml", "cleanup.yaml")) {
      Program.Outcome outcome =
          cluster.kubectl(
              "apply",
              "--server-side",
              "--force-conflicts",
              "--dry-run=server",
              "-f",
              ChartTools.chart().resolve("manifests").resolve(file).toString());

      assertThat(outcome.text()).contains("namespace/tweed-system");
    }
  }

  @Test
  void notesSayWhatToDoNext() {
    assertThat(cluster.installNotes())
        .contains(
            "kind: PodNetwork",
            "kubectl get podnetworks,nodesubnets",
            "kubectl get firewallpolicies",
            "--set firewall.hostTools=true",
            "kubectl get networkpolicyreports -A");
  }

  @Test
  void kindsAndPodNetworkOutliveTheRelease() {
    String namespace = "second";
    cluster.kubectl("create", "namespace", namespace).text();
    cluster
        .helm(
            "install",
            "second",
            ChartTools.chart().toString(),
            "-n",
            namespace,
            "--set="
                + Rendering.REGISTRY
                + ",podNetwork.create=true,podNetwork.name=second,"
                + "podNetwork.spec.pools[0].cidr=10.98.0.0/16,podNetwork.spec.pools[0].nodePrefixLength=24")
        .text();

    cluster
        .helm(
            "upgrade",
            "second",
            ChartTools.chart().toString(),
            "-n",
            namespace,
            "--reset-then-reuse-values")
        .text();
    cluster.helm("uninstall", "second", "-n", namespace).text();

    assertThat(cluster.kubectl("get", "podnetwork/second").succeeded()).isTrue();
    assertThat(cluster.kubectl("get", "crd/nodesubnets.tweed.dev").succeeded()).isTrue();
    assertThat(cluster.kubectl("get", "daemonsets", "-n", namespace, "-o", "name").text())
        .isEmpty();
    assertThat(cluster.kubectl("get", "validatingadmissionpolicies", "-o", "name").text())
        .doesNotContain("second");
    cluster.kubectl("delete", "podnetwork/second").text();
  }

  @Test
  void operatorHasTheRightsItNeedsAndNoMore() {
    Identity operator = cluster.token("tweed-operator");

    for (String allowed :
        List.of(
            "watch nodes",
            "watch servicecidrs.networking.k8s.io",
            "patch nodes/status",
            "watch podnetworks.tweed.dev",
            "patch podnetworks.tweed.dev",
            "patch podnetworks.tweed.dev/status",
            "create nodesubnets.tweed.dev",
            "patch nodesubnets.tweed.dev",
            "delete nodesubnets.tweed.dev",
            "create nodereports.tweed.dev",
            "watch nodereports.tweed.dev",
            "patch nodereports.tweed.dev/status",
            "patch firewallpolicies.tweed.dev/status",
            "watch networkpolicies.networking.k8s.io",
            "watch pods",
            "watch namespaces",
            "create policyprograms.tweed.dev",
            "patch peerslices.tweed.dev",
            "delete nodepolicies.tweed.dev",
            "patch networkpolicyreports.tweed.dev/status",
            "create events.events.k8s.io")) {
      assertThat(operator.may(allowed)).as(allowed).isTrue();
    }
    for (String refused :
        List.of(
            "patch nodes",
            "delete nodes",
            "update podnetworks.tweed.dev",
            "get podnetworks.tweed.dev/status",
            "update podnetworks.tweed.dev/status",
            "get firewallpolicies.tweed.dev",
            "get nodesubnets.tweed.dev",
            "update nodesubnets.tweed.dev",
            "patch events.events.k8s.io",
            "create events",
            "delete podnetworks.tweed.dev",
            "patch nodesubnets.tweed.dev/status",
            "patch nodereports.tweed.dev",
            "get secrets",
            "create pods",
            "get pods",
            "patch networkpolicies.networking.k8s.io",
            "patch nodepolicies.tweed.dev/status",
            "patch networkpolicyreports.tweed.dev",
            "list leases.coordination.k8s.io",
            "patch customresourcedefinitions.apiextensions.k8s.io",
            "patch validatingadmissionpolicies.admissionregistration.k8s.io",
            "get configmaps",
            "create leases.coordination.k8s.io")) {
      assertThat(operator.may(refused)).as(refused).isFalse();
    }
    assertThat(inItsNamespace(operator, "patch", "leases/tweed-operator")).isEqualTo("yes");
    assertThat(inItsNamespace(operator, "patch", "leases/kube-scheduler")).isEqualTo("no");
    assertThat(inItsNamespace(operator, "update", "leases/tweed-operator")).isEqualTo("no");
    assertThat(
            operator.kubectl("auth", "can-i", "list", "pods", "-n", ChartCluster.NAMESPACE).out())
        .startsWith("yes");
    assertThat(operator.kubectl("auth", "can-i", "list", "leases", "-n", "tweed-node-lease").out())
        .startsWith("yes");
    assertThat(operator.kubectl("auth", "can-i", "patch", "leases", "-n", "tweed-node-lease").out())
        .startsWith("no");
  }

  private static String inItsNamespace(Identity operator, String verb, String object) {
    return operator
        .kubectl("auth", "can-i", verb, object, "-n", ChartCluster.NAMESPACE)
        .out()
        .strip();
  }
}
