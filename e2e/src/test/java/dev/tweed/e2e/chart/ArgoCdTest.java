package dev.tweed.e2e.chart;

import static dev.tweed.e2e.chart.ArgoCd.await;
import static dev.tweed.e2e.chart.ArgoCd.stream;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.e2e.chart.ArgoCd.Application;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The two Applications of {@code docs/examples/gitops/argocd-application.yaml} in a real Argo CD,
 * from an empty cluster to their deletion. The tests play the operator and the kubelets.
 */
@Tag("api-server")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ArgoCdTest {
  private static final String POLICY = "network/control-plane.yaml";

  private static ArgoCd argocd;
  private static Application chart;
  private static Application network;

  @BeforeAll
  static void applicationsAreAppliedToAnEmptyCluster() {
    argocd = ArgoCd.start();
    chart = argocd.application("tweed");
    network = argocd.application("tweed-network");
    GitRepository repository = argocd.repository();
    repository.copy(ChartTools.chart(), "helm");
    repository.write(POLICY, example("firewallpolicy.yaml"));
    repository.write("network/kept.yaml", podNetwork("kept", "10.90.0.0/16", "Prune=false"));
    repository.write("network/used.yaml", podNetwork("used", "10.91.0.0/16", "PruneLast=true"));
    repository.push("first");
    apply(example("gitops/argocd-application.yaml"));
  }

  private static void apply(String applications) {
    argocd.create(
        applications
            .replaceAll("repoURL: .*", "repoURL: " + argocd.repository().url())
            // Every second, until it is mended.
            .replaceAll("(?m)^( +)limit: 5$", "$1limit: -1\n$1backoff: {duration: 1s, factor: 1}"));
  }

  @AfterAll
  static void stop() {
    if (argocd != null) {
      argocd.close();
    }
  }

  private static String example(String file) {
    try {
      return Files.readString(ChartTools.repository().resolve("docs/examples").resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String podNetwork(String name, String pool, String syncOptions) {
    return """
        apiVersion: tweed.dev/v1alpha1
        kind: PodNetwork
        metadata:
          name: %s
          annotations:
            argocd.argoproj.io/sync-options: %s
        spec:
          pools:
            - cidr: %s
              nodePrefixLength: 24
        """
        .formatted(name, syncOptions, pool);
  }

  /** One operation, which waits for no pod: a PodNetwork may be what the pods wait for. */
  @Test
  @Order(1)
  void everythingIsAppliedBeforeAnyPodRuns() {
    // Whether they are in sync is not asked yet: of a kind that is new Argo CD may miss an event.
    await("the chart is applied", () -> assertThat(chart.get().at("/status/history")).hasSize(1));
    await(
        "networks and policies are applied",
        () -> assertThat(network.get().at("/status/history")).hasSize(1));

    assertThat(argocd.tweed("podnetworks", "default")).isPresent();
    // Of what it has just made it may not have heard yet, and then all it knows of is healthy.
    await(
        "the chart waits for its pods",
        () ->
            assertThat(chart.get().at("/status/health/status").asText()).isEqualTo("Progressing"));
  }

  @Test
  @Order(2)
  void chartNetworksAndPoliciesAreHealthyWhenTheyWork() {
    for (String name : List.of("default", "kept", "used")) {
      operatorSays("PodNetwork", name, works());
    }
    operatorSays("FirewallPolicy", "control-plane", works());

    await(
        "the chart is healthy",
        () -> {
          podsRun();
          // Or it may not hear of the conditions of a CRD before it compares by itself.
          chart.refresh();
          assertHealthy(chart);
        });
    await("networks and policies are healthy", () -> assertHealthy(network));
  }

  @Test
  @Order(3)
  void nothingIsWrittenAfterThat() {
    Map<String, String> chartBefore = chart.resourceVersions();
    Map<String, String> networkBefore = network.resourceVersions();
    String operationsBefore = operations();

    for (int i = 0; i < 3; i++) {
      awaitHealthAfterRefresh(chart);
      awaitHealthAfterRefresh(network);
    }

    assertThat(chartBefore).hasSizeGreaterThan(10);
    assertThat(networkBefore).hasSize(3);
    assertThat(chart.resourceVersions()).isEqualTo(chartBefore);
    assertThat(network.resourceVersions()).isEqualTo(networkBefore);
    assertThat(operations()).isEqualTo(operationsBefore);
  }

  @Test
  @Order(4)
  void driftIsHealed() {
    JsonNode before = argocd.tweed("firewallpolicies", "control-plane").orElseThrow();
    argocd.kubectl(
        "",
        "patch",
        "firewallpolicy/control-plane",
        "--type=json",
        "--patch=[{\"op\":\"remove\",\"path\":\"/spec/rules/1\"}]");
    argocd.kubectl(
        "",
        "patch",
        "deployment/tweed-operator",
        "--namespace=" + ChartCluster.NAMESPACE,
        "--patch={\"metadata\":{\"labels\":{\"app.kubernetes.io/name\":\"other\"}}}");

    await(
        "the rule is back",
        () ->
            assertThat(argocd.tweed("firewallpolicies", "control-plane").orElseThrow().at("/spec"))
                .isEqualTo(before.at("/spec")));
    await(
        "the label is back",
        () ->
            assertThat(
                    argocd
                        .get("/apis/apps/v1/namespaces/tweed-system/deployments/tweed-operator")
                        .orElseThrow()
                        .at("/metadata/labels/app.kubernetes.io~1name")
                        .asText())
                .isEqualTo("tweed"));

    argocd.kubectl("", "delete", "firewallpolicy/control-plane");
    await(
        "the policy is back",
        () -> assertThat(argocd.tweed("firewallpolicies", "control-plane")).isPresent());
    operatorSays("FirewallPolicy", "control-plane", works());
    await("all is well", () -> assertHealthy(network));
  }

  /** The remedy for a full network, where waiting for a review would take too long. */
  @Test
  @Order(5)
  void aPoolAppendedByHandStays() {
    argocd.kubectl(
        "",
        "patch",
        "podnetwork/kept",
        "--type=json",
        "--patch=[{\"op\":\"add\",\"path\":\"/spec/pools/-\",\"value\":{\"cidr\":\"10.92.0.0/16\",\"nodePrefixLength\":24}}]");
    operatorSays("PodNetwork", "kept", works());
    String operationsBefore = operations();

    network.refresh();

    assertSynced(network);
    assertThat(operations()).isEqualTo(operationsBefore);
    assertThat(argocd.tweed("podnetworks", "kept").orElseThrow().at("/spec/pools")).hasSize(2);
  }

  @Test
  @Order(6)
  void healthSaysWhereSomebodyIsNeeded() {
    operatorSays(
        "PodNetwork",
        "kept",
        condition("Accepted", "True", "Accepted", ""),
        condition("Allocated", "False", "PoolExhausted", "append a pool"),
        condition("Ready", "True", "Ready", "works on 253 of 256 nodes"),
        condition("Degraded", "True", "PoolExhausted", "append a pool"));
    operatorSays(
        "PodNetwork",
        "used",
        condition("Accepted", "True", "Accepted", ""),
        condition("Allocated", "True", "NoNodes", "no node belongs to this network"),
        condition("Ready", "True", "NoNodes", "no node belongs to this network"),
        condition("Degraded", "False", "AsExpected", ""));
    operatorSays(
        "FirewallPolicy",
        "control-plane",
        condition("Accepted", "True", "Accepted", ""),
        condition("Applied", "False", "WouldLockOut", "narrow the rule"),
        condition("Ready", "False", "WouldLockOut", "narrow the rule"));

    await(
        "health",
        () -> {
          assertThat(health("PodNetwork", "kept"))
              .startsWith("Degraded")
              .contains("PoolExhausted", "append a pool");
          assertThat(health("PodNetwork", "used")).startsWith("Healthy");
          assertThat(health("FirewallPolicy", "control-plane"))
              .startsWith("Degraded")
              .contains("WouldLockOut", "narrow the rule");
        });

    operatorSays("PodNetwork", "kept", works());
    operatorSays("PodNetwork", "used", works());
    operatorSays("FirewallPolicy", "control-plane", works());
    await("all is well again", () -> assertHealthy(network));
  }

  @Test
  @Order(7)
  void anInvalidSpecIsShownAndTheRestOfTheCommitIsApplied() {
    GitRepository repository = argocd.repository();
    repository.edit("network/used.yaml", text -> text.replace("10.91.0.0/16", "10.93.0.0/16"));
    repository.write("network/beside.yaml", policy("beside"));
    repository.push("a pool is replaced, which is not allowed");

    network.refresh();
    await(
        "the refusal",
        () -> {
          JsonNode refused = network.result("PodNetwork", "used");
          assertThat(refused.path("status").asText()).isEqualTo("SyncFailed");
          assertThat(refused.path("message").asText()).contains("spec.pools lacks a pool");
          assertThat(argocd.tweed("firewallpolicies", "beside")).isPresent();
        });

    repository.edit("network/used.yaml", text -> text.replace("10.93.0.0/16", "10.91.0.0/16"));
    String refused = operations();
    repository.push("the pool is as it was");
    network.refresh();
    operatorSays("FirewallPolicy", "beside", works());
    await("the mended commit is applied", () -> assertSyncedAndHealthy(network.get()));
    assertThat(operations()).as("by the next attempt of the same operation").isEqualTo(refused);
  }

  @Test
  @Order(8)
  void aPruneThatIsRefusedIsShownAndTheRestOfTheCommitIsApplied() {
    GitRepository repository = argocd.repository();
    for (String name : List.of("kept", "used")) {
      blocks(name, 2);
      repository.remove("network/" + name + ".yaml");
    }
    repository.remove("network/beside.yaml");
    repository.write("network/later.yaml", policy("later"));
    repository.push("networks that nodes use are removed");

    network.refresh();
    await(
        "the other policy",
        () -> assertThat(argocd.tweed("firewallpolicies", "later")).isPresent());
    operatorSays("FirewallPolicy", "later", works());
    await(
        "the refusal",
        () -> {
          JsonNode refused = network.result("PodNetwork", "used");
          assertThat(refused.path("status").asText()).isEqualTo("SyncFailed");
          assertThat(refused.path("message").asText())
              .contains(
                  "PodNetwork used is in use: nodes hold 2 block(s)",
                  "kubectl annotate podnetwork used tweed.dev/allow-delete-in-use=true");
          assertThat(network.result("PodNetwork", "kept").path("status").asText())
              .isEqualTo("PruneSkipped");
        });
    await(
        "the policy that is gone from Git is gone",
        () -> assertThat(argocd.tweed("firewallpolicies", "beside")).isEmpty());
    assertThat(argocd.tweed("podnetworks", "used")).isPresent();
    assertThat(argocd.tweed("podnetworks", "kept")).isPresent();
    assertThat(network.get().at("/status/sync/status").asText()).isEqualTo("OutOfSync");

    repository.write("network/kept.yaml", podNetwork("kept", "10.90.0.0/16", "Prune=false"));
    repository.write("network/used.yaml", podNetwork("used", "10.91.0.0/16", "PruneLast=true"));
    repository.push("the networks are back");
    network.refresh();
    await("the mended commit is applied", () -> assertSyncedAndHealthy(network.get()));
    blocks("kept", 0);
  }

  @Test
  @Order(9)
  void kindsAreUpgraded() {
    String before = network.resourceVersions().toString();
    GitRepository repository = argocd.repository();
    repository.edit(
        "helm/crds/firewallpolicies.tweed.dev.yaml",
        text ->
            text.replaceFirst(
                "(?m)^ {12}properties:\n",
                "$0              note:\n                type: string\n"));
    repository.push("a kind has a new field");

    chart.refresh();

    await(
        "the upgrade",
        () -> {
          assertHealthy(chart);
          assertThat(argocd.kubectl("", "explain", "firewallpolicy.spec.note")).contains("string");
        });
    awaitHealthAfterRefresh(network);
    assertThat(network.resourceVersions().toString()).isEqualTo(before);
  }

  @Test
  @Order(10)
  void aPodNetworkThatTheChartNoLongerMakesLeavesNothingBehind() {
    chart.patch(
        "{\"spec\":{\"source\":{\"helm\":{\"valuesObject\":{\"podNetwork\":{\"create\":false}}}}}}");

    chart.refresh();
    await("the change is applied", () -> assertHealthy(chart));
    String operationsBefore = operations();
    awaitHealthAfterRefresh(chart);

    assertThat(operations()).isEqualTo(operationsBefore);
    assertThat(argocd.tweed("podnetworks", "default")).isPresent();
  }

  @Test
  @Order(11)
  void anApplicationWithANetworkInUseIsNotDeletedAndSaysWhy() {
    blocks("used", 2);
    deleteWithCascade("tweed-network", network);

    await(
        "the refusal",
        () ->
            assertThat(
                    stream(network.get().at("/status/conditions"))
                        .filter(c -> c.path("type").asText().equals("DeletionError"))
                        .map(c -> c.path("message").asText()))
                .anyMatch(m -> m.contains("PodNetwork used is in use: nodes hold 2 block(s)")));
    await(
        "the policies are gone",
        () -> assertThat(argocd.tweed("firewallpolicies", "control-plane")).isEmpty());
    assertThat(argocd.tweed("podnetworks", "used")).isPresent();

    argocd.kubectl("", "annotate", "podnetwork/used", "tweed.dev/allow-delete-in-use=true");
    await("the rest is deleted", () -> assertThat(network.find()).isEmpty());
  }

  @Test
  @Order(12)
  void kindsAndTheChartsPodNetworkOutliveTheApplication() {
    Map<String, String> before = chart.resourceVersions();
    deleteWithCascade("tweed", chart);
    await("the deletion", () -> assertThat(chart.find()).isEmpty());

    assertThat(before).isNotEmpty();
    assertThat(argocd.tweed("podnetworks", "default")).isPresent();
    assertThat(argocd.kubectl("", "get", "crds", "--output=name").lines())
        .filteredOn(crd -> crd.endsWith(".tweed.dev"))
        .hasSize(8);
    assertThat(
            argocd.kubectl(
                "",
                "get",
                "deployments,daemonsets,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings,validatingadmissionpolicies",
                "--all-namespaces",
                "--output=name"))
        .doesNotContain("tweed");
  }

  /** As docs/install.md has it, for a cluster on which Argo CD cannot run before Tweed does. */
  @Test
  @Order(13)
  void whatHelmInstalledIsAdoptedAsItIs() throws Exception {
    argocd.repository().copy(ChartTools.chart(), "helm");
    argocd.repository().push("the chart as it is");
    String application = example("gitops/argocd-application.yaml").split("(?m)^---$")[0];
    String values =
        Serialization.unmarshal(application, JsonNode.class)
            .at("/spec/source/helm/valuesObject")
            .toString();
    String chartAndValues =
        "tweed %s --namespace=tweed-system --values=-".formatted(ChartTools.chart());
    argocd.whileItDoesNotRun(
        () -> {
          argocd.kubectl("", "delete", "podnetworks", "--all");
          argocd.kubectl("", "delete", "-f", ChartTools.chart().resolve("crds").toString());
          argocd.helm(values, ("install " + chartAndValues).split(" ")).text();
        });
    String before = workloads();

    apply(application);
    await(
        "it is in sync and healthy",
        () -> {
          podsRun();
          operatorSays("PodNetwork", "default", works());
          chart.refresh();
          assertSyncedAndHealthy(chart.get());
        });
    chart.patch("{\"operation\":{\"sync\":{\"syncOptions\":[\"ServerSideApply=true\"]}}}");
    await("a sync", () -> assertHealthy(chart));

    assertThat(workloads()).isEqualTo(before);
    assertThat(
            argocd
                .helm(values, ("upgrade --set=logLevel=debug " + chartAndValues).split(" "))
                .err())
        .contains("conflicts with \"argocd-controller\"");
    argocd.kubectl(
        "", "delete", "secrets", "--selector=owner=helm,name=tweed", "--namespace=tweed-system");
    assertThat(argocd.helm("", "list", "--all-namespaces", "--short").text()).isBlank();
    awaitHealthAfterRefresh(chart);
    assertThat(workloads()).isEqualTo(before);
  }

  /** What makes pods: which objects, and their specs. (Annotations count as a generation.) */
  private static String workloads() {
    return argocd.kubectl(
        "",
        "get",
        "deployments,daemonsets",
        "--namespace=tweed-system",
        "--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.spec} {end}");
  }

  private static void deleteWithCascade(String name, Application application) {
    application.patch(
        "{\"metadata\":{\"finalizers\":[\"resources-finalizer.argocd.argoproj.io\"]}}");
    argocd.kubectl("", "delete", "application", name, "--namespace=argocd", "--wait=false");
  }

  private static String policy(String name) {
    return example("firewallpolicy.yaml").replace("name: control-plane", "name: " + name);
  }

  private static void assertSynced(Application application) {
    assertStatus(application.get(), "Synced Succeeded", "/sync/status", "/operationState/phase");
  }

  private static void assertHealthy(Application application) {
    assertSynced(application);
    assertSyncedAndHealthy(application.get());
  }

  // A CRD that was applied is Synced, and Progressing ("CRD is being installed") until Argo CD's
  // cache has its conditions, which it may hear of in the middle of anything.
  private static void awaitHealthAfterRefresh(Application application) {
    application.refresh();
    await("it is in sync and healthy", () -> assertHealthy(application));
  }

  private static void assertSyncedAndHealthy(JsonNode application) {
    assertStatus(application, "Synced Healthy", "/sync/status", "/health/status");
    assertThat(application.at("/status/conditions")).isEmpty();
  }

  private static void assertStatus(JsonNode application, String expected, String... pointers) {
    JsonNode status = application.path("status");
    assertThat(
            Stream.of(pointers)
                .map(pointer -> status.at(pointer).asText())
                .collect(Collectors.joining(" ")))
        .as(
            "%s; %s; not in order: %s",
            status.path("conditions"),
            status.at("/operationState/message"),
            stream(status.path("resources"))
                .filter(
                    r ->
                        !r.path("status").asText().equals("Synced")
                            || !r.at("/health/status").asText("Healthy").equals("Healthy"))
                .toList())
        .isEqualTo(expected);
  }

  /** When the latest operation of each Application began. */
  private static String operations() {
    return chart.get().at("/status/operationState/startedAt").asText()
        + " "
        + network.get().at("/status/operationState/startedAt").asText();
  }

  private static String health(String kind, String name) {
    JsonNode health = network.resource(kind, name).path("health");
    return health.path("status").asText() + " " + health.path("message").asText();
  }

  /** As kubelets: the containers of all pods are up. */
  private static void podsRun() {
    for (Pod pod : argocd.client().pods().inNamespace(ChartCluster.NAMESPACE).list().getItems()) {
      if (!Readiness.isPodReady(pod)) {
        argocd
            .client()
            .resource(pod)
            .editStatus(
                p ->
                    new PodBuilder(p)
                        .editStatus()
                        .withPhase("Running")
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .withLastTransitionTime("2026-01-01T00:00:00Z")
                        .endCondition()
                        .endStatus()
                        .build());
      }
    }
  }

  /** As the operator: so many blocks of the network are with nodes. */
  private static void blocks(String network, int blocks) {
    argocd.patchStatus("PodNetwork", network, "{\"blocks\":%d}".formatted(blocks));
  }

  /** As the operator, about the spec as it is now. */
  private static void operatorSays(String kind, String name, String... conditions) {
    long generation = argocd.generation(kind, name);
    argocd.patchStatus(
        kind,
        name,
        "{\"observedGeneration\":%s,\"conditions\":[%s]}"
            .formatted(
                generation,
                Stream.of(conditions)
                    .map(c -> c.formatted(generation))
                    .collect(Collectors.joining(","))));
  }

  /** Of a PodNetwork or a FirewallPolicy. */
  private static String[] works() {
    return new String[] {
      condition("Accepted", "True", "Accepted", ""),
      condition("Allocated", "True", "Allocated", ""),
      condition("Ready", "True", "Ready", "works"),
      condition("Applied", "True", "AppliedEverywhere", "")
    };
  }

  private static String condition(String type, String status, String reason, String message) {
    return """
        {"type":"%s","status":"%s","reason":"%s","message":"%s","observedGeneration":%%s,
         "lastTransitionTime":"2026-01-01T00:00:00Z"}
        """
        .formatted(type, status, reason, message);
  }
}
