package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NetworkPolicyReport;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PolicyProgram;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.policy.PolicyNames;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Policies, pods and nodes' words come and go at a real API server. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class NetworkPoliciesOnApiServerTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String SHOP = "shop";

  /** The operator's requests: method and path. */
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();

  /** The path of what it has no right to. */
  private volatile String forbidden = "";

  private KubernetesClient client;
  private TestCluster cluster;
  private KubernetesClient ofOperator;
  private OperatorCore operator;
  private SimpleMeterRegistry meters;

  @BeforeEach
  void aClusterOfTwoNodes(ApiServer server) {
    client = server.admin();
    cluster = new TestCluster(client);
    clear();
    cluster.nodes(0, 2);
    NetworkPolicyObjects.clusterNetworkPolicyKind(client);
    NetworkPolicyObjects.namespace(client, SHOP);
    ofOperator =
        TestCluster.client(
            server,
            new Interceptor() {
              @Override
              public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
                requests.add(request.method() + " " + request.uri().getPath());
                if (request.uri().getPath().equals(forbidden)) {
                  builder.setHeader("Impersonate-User", "nobody");
                }
              }
            });
    meters = new SimpleMeterRegistry();
    operator =
        new OperatorCore(
            ofOperator,
            TestCluster.settings("netpol"),
            meters,
            Clock.systemUTC(),
            System::nanoTime);
  }

  @AfterEach
  void stop() {
    operator.close();
    ofOperator.close();
    clear();
  }

  private void clear() {
    cluster.clear();
    client.resources(NetworkPolicy.class).inAnyNamespace().delete();
    client.pods().inNamespace(SHOP).withGracePeriod(0).delete();
    client.resources(PolicyProgram.class).delete();
    client.resources(PeerSlice.class).delete();
    client.resources(NodePolicy.class).delete();
    client.resources(NetworkPolicyReport.class).inAnyNamespace().delete();
    client.events().v1().events().inAnyNamespace().delete();
    if (client.getApiResources("policy.networking.k8s.io/v1beta1") != null) {
      NetworkPolicyObjects.clusterPolicies(client).delete();
    }
  }

  @Test
  void whatIsReferredToIsThereFirst() {
    // Given
    pod("web-1", "web", "node-0000", "10.244.0.10");
    pod("client-1", "client", "node-0001", "10.244.1.11");
    operator.start();

    // When
    NetworkPolicy policy = policy("web", "web", "client");

    // Then
    String program = PolicyNames.program(policy.getMetadata().getUid());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(client.resources(PeerSlice.class).withName("namespaces-0").get())
                    .isNotNull());
    PeerSlice namespaces = client.resources(PeerSlice.class).withName("namespaces-0").get();
    assertThat(namespaces.getSpec().namespaces()).containsExactly(PolicyNames.namespace(SHOP));
    PeerSlice set = set();
    assertThat(set.getSpec().addresses()).containsExactly("10.244.1.11");
    NodePolicySpec web = node("node-0000");
    assertThat(web.classes()).hasSize(1);
    assertThat(web.classes().getFirst().programs()).containsExactly(program);
    assertThat(web.pods()).extracting(NodePolicySpec.Pod::uid).containsExactly(uid("web-1"));
    assertThat(node("node-0001").pods()).extracting(NodePolicySpec.Pod::podClass).containsNull();
    assertThat(
            List.of(
                version(set),
                version(client.resources(PolicyProgram.class).withName(program).get()),
                version(client.resources(NodePolicy.class).withName("node-0000").get()),
                version(namespaces)))
        .as("in the order of their references")
        .isSorted();
  }

  @Test
  void podsAreNotAskedForWhileThereIsNoPolicy() {
    // Given
    pod("web-1", "web", "node-0000", "10.244.0.10");
    operator.start();
    await().atMost(SOON).until(() -> requests.stream().anyMatch(r -> r.endsWith("/nodepolicies")));
    await()
        .atMost(SOON)
        .until(() -> requests.stream().anyMatch(r -> r.endsWith("/clusternetworkpolicies")));
    Set<String> ofPods = Set.of("GET /api/v1/pods", "GET /api/v1/namespaces");

    // When nothing asks for them, then with a policy
    boolean before = requests.stream().anyMatch(ofPods::contains);
    policy("web", "web", "client");

    // Then
    await().atMost(SOON).until(() -> requests.containsAll(ofPods));
    assertThat(before).isFalse();
  }

  @Test
  void withTheLastPolicyEverythingGoes() {
    pod("web-1", "web", "node-0000", "10.244.0.10");
    operator.start();
    policy("web", "web", "client");
    await().atMost(SOON).until(() -> report("web").isPresent());
    await()
        .atMost(SOON)
        .until(() -> !client.resources(NodePolicy.class).list().getItems().isEmpty());
    requests.clear();

    client.resources(NetworkPolicy.class).inNamespace(SHOP).delete();

    // At first nobody waits, and pods that run are open by the word of their NodePolicy
    await()
        .atMost(SOON)
        .until(() -> client.resources(PolicyProgram.class).list().getItems().isEmpty());
    assertThat(client.resources(PeerSlice.class).withName("namespaces-0").get().getSpec())
        .satisfies(s -> assertThat(s.namespaces()).isEmpty());
    assertThat(node("node-0000").pods())
        .extracting(NodePolicySpec.Pod::uid, NodePolicySpec.Pod::podClass)
        .containsExactly(tuple(uid("web-1"), null));

    // When every node knows that
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(client.resources(PeerSlice.class).list().getItems()).isEmpty();
              assertThat(client.resources(NodePolicy.class).list().getItems()).isEmpty();
              assertThat(report("web")).isEmpty();
            });
    assertThat(
            requests.stream()
                .map(r -> r.replaceAll("/apis/.*/v1alpha1/", "").replaceAll("-[0-9a-f].*", ""))
                .filter(
                    r -> r.matches("(PATCH|DELETE) (peerslices|policyprograms|nodepolicies)/.*"))
                .distinct())
        .containsExactly(
            "PATCH peerslices/namespaces",
            "PATCH nodepolicies/node",
            "DELETE policyprograms/p",
            "DELETE peerslices/s",
            "DELETE nodepolicies/node",
            "DELETE peerslices/namespaces");
  }

  /** Pods are not watched then, so that nobody could say whom NodePolicies should tell of. */
  @Test
  void withTheLastPolicyThatWentWithoutAnOperatorEverythingGoesInTheSameOrder() {
    // Given what an earlier operator left
    pod("web-1", "web", "node-0000", "10.244.0.10");
    operator.start();
    policy("web", "web", "client");
    await()
        .atMost(SOON)
        .until(() -> client.resources(NodePolicy.class).list().getItems().size() == 2);
    await()
        .atMost(SOON)
        .until(() -> client.resources(PeerSlice.class).withName("namespaces-0").get() != null);
    operator.close();
    client.resources(NetworkPolicy.class).inNamespace(SHOP).delete();
    NodePolicySpec before = node("node-0000");

    // When
    operator =
        new OperatorCore(
            ofOperator,
            TestCluster.settings("netpol"),
            new SimpleMeterRegistry(),
            Clock.systemUTC(),
            System::nanoTime);
    operator.start();

    // Then
    await()
        .atMost(SOON)
        .until(
            () ->
                client
                    .resources(PeerSlice.class)
                    .withName("namespaces-0")
                    .get()
                    .getSpec()
                    .namespaces()
                    .isEmpty());
    assertThat(node("node-0000")).isEqualTo(before);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(client.resources(PolicyProgram.class).list().getItems()).isEmpty();
              assertThat(client.resources(PeerSlice.class).list().getItems()).isEmpty();
              assertThat(client.resources(NodePolicy.class).list().getItems()).isEmpty();
            });
  }

  @Test
  void aPodThatEndsOrIsRelabelledIsNoPeerAnyMoreAndSetsAreWrittenOnceASecond() {
    operator.start();
    policy("web", "web", "client");
    await().atMost(SOON).until(() -> set() != null);
    long began = System.nanoTime();

    for (int i = 0; i < 20; i++) {
      pod("client-" + i, "client", "node-0001", "10.244.1." + (10 + i));
    }
    await().atMost(SOON).until(() -> set().getSpec().addresses().size() == 20);
    client
        .pods()
        .inNamespace(SHOP)
        .withName("client-0")
        .edit(p -> new PodBuilder(p).editMetadata().addToLabels("app", "no").endMetadata().build());
    client
        .pods()
        .inNamespace(SHOP)
        .withName("client-1")
        .editStatus(p -> new PodBuilder(p).editStatus().withPhase("Succeeded").endStatus().build());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(set().getSpec().addresses())
                    .hasSize(18)
                    .doesNotContain("10.244.1.10", "10.244.1.11"));

    assertThat(set().getMetadata().getGeneration())
        .isLessThanOrEqualTo(2 + Duration.ofNanos(System.nanoTime() - began).toSeconds());
  }

  @Test
  void aPolicyThatChangesAllTheTimeLeavesNothingButTheLast() {
    pod("web-1", "web", "node-0000", "10.244.0.10");
    for (int i = 0; i < 10; i++) {
      pod("client-" + i, "client-" + i, "node-0001", "10.244.1." + (10 + i));
    }
    operator.start();
    policy("web", "web", "client-0");
    await().atMost(SOON).until(() -> set() != null);

    for (int i = 1; i < 200; i++) {
      String from = "client-" + i % 10;
      client
          .network()
          .v1()
          .networkPolicies()
          .inNamespace(SHOP)
          .withName("web")
          .edit(
              p ->
                  new NetworkPolicyBuilder(p)
                      .editSpec()
                      .editFirstIngress()
                      .editFirstFrom()
                      .editPodSelector()
                      .withMatchLabels(Map.of("app", from))
                      .endPodSelector()
                      .endFrom()
                      .endIngress()
                      .endSpec()
                      .build());
    }

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(client.resources(PolicyProgram.class).list().getItems())
                  .singleElement()
                  .satisfies(p -> assertThat(p.getSpec().policy().generation()).isEqualTo(200));
              assertThat(client.resources(PeerSlice.class).list().getItems()).hasSize(2);
              assertThat(set().getSpec().addresses()).containsExactly("10.244.1.19");
            });
  }

  @Test
  void aPolicyIsEnforcedWhenEveryNodeWithAPodOfItSaysSo() {
    // Given
    pod("web-1", "web", "node-0000", "10.244.0.10");
    pod("web-2", "web", "node-0001", "10.244.1.10");
    operator.start();
    NetworkPolicy policy = policy("web", "web", "client");
    await().atMost(SOON).until(() -> report("web").isPresent());
    await()
        .atMost(SOON)
        .until(() -> client.resources(NodePolicy.class).list().getItems().size() == 2);

    // When one has, then both
    enforces("node-0000", policy, 1, 7);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(report("web").orElseThrow().getStatus().nodes()).isEqualTo("1/2");
              assertThat(enforced("web").status()).isEqualTo("False");
              assertThat(enforced("web").reason()).isEqualTo("NotReported");
            });
    enforces("node-0001", policy, 1, 0);

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(enforced("web").status()).isEqualTo("True"));
    NetworkPolicyReport report = report("web").orElseThrow();
    assertThat(report.getMetadata().getOwnerReferences().getFirst().getUid())
        .isEqualTo(policy.getMetadata().getUid());
    assertThat(report.getStatus().pods()).isEqualTo(2);
    assertThat(report.getStatus().nodes()).isEqualTo("2/2");
    assertThat(report.getStatus().dropped()).isEqualTo(7);
    assertThat(enforced("web").message()).isEqualTo("in force on 2 of 2 nodes, for 2 of 2 pods");
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(events(SHOP))
                    .extracting(Event::getReason, e -> e.getRegarding().getKind())
                    .containsExactly(tuple("Enforced", "NetworkPolicy")));
    assertThat(meters.get("tweed.networkpolicies").tag("state", "enforced").gauge().value())
        .isEqualTo(1);

    // And not where it says something else now
    client
        .resources(NetworkPolicy.class)
        .inNamespace(SHOP)
        .withName("web")
        .edit(
            p -> {
              p.getSpec().setIngress(List.of());
              return p;
            });
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(enforced("web").status()).isEqualTo("False");
              assertThat(enforced("web").reason()).isEqualTo("Pending");
              assertThat(enforced("web").observedGeneration()).isEqualTo(2);
            });
  }

  @Test
  void aClusterNetworkPolicySaysItInItsOwnStatus() {
    pod("web-1", "web", "node-0000", "10.244.0.10");
    operator.start();
    GenericKubernetesResource policy = NetworkPolicyObjects.denyAll(client, "guard");
    await()
        .atMost(SOON)
        .until(
            () ->
                Optional.ofNullable(
                        client.resources(PeerSlice.class).withName("namespaces-0").get())
                    .filter(s -> Boolean.TRUE.equals(s.getSpec().all()))
                    .isPresent());

    enforces("node-0000", policy, 1, 0);

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(conditions("guard"))
                    .contains(
                        "type=Enforced", "status=True", "in force on 1 of 1 node, for 1 of 1 pod"));
  }

  @Test
  void aPolicyThatIsNotUnderstoodSaysSoAndCloses() {
    // Given
    pod("web-1", "web", "node-0000", "10.244.0.10");
    operator.start();
    GenericKubernetesResource policy = NetworkPolicyObjects.denyAll(client, "guard", "Later");

    // When a node enforces what can be read of it
    enforces("node-0000", policy, 1, 0);

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(conditions("guard"))
                    .contains(
                        "type=Enforced",
                        "status=False",
                        "reason=UnknownValue",
                        "spec.tier (\"Later\")",
                        "in force on 1 of 1 node"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(events("default"))
                    .extracting(Event::getReason, e -> e.getRegarding().getName())
                    .contains(tuple("UnknownValue", "guard")));
    String program = PolicyNames.program(policy.getMetadata().getUid());
    assertThat(client.resources(PolicyProgram.class).withName(program).get().getSpec().ingress())
        .extracting(r -> r.action().name())
        .containsExactly("Deny");
  }

  @Test
  void whatCannotBeReadIsTold() {
    // Given
    forbidden = "/apis/networking.k8s.io/v1/networkpolicies";
    operator.start();
    policy("web", "web", "client");

    // Then
    String namespace = TestCluster.settings("netpol").namespace();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(events(namespace))
                    .filteredOn(e -> e.getReason().equals("NetworkPolicyNotRead"))
                    .singleElement()
                    .satisfies(
                        e ->
                            assertThat(e.getNote())
                                .contains("NetworkPolicies cannot be listed", "forbidden")));
    assertThat(meters.get("tweed.duty.failing").tag("duty", "network_policies").gauge().value())
        .isEqualTo(1);

    // When it has the right
    forbidden = "";

    // Then
    await().atMost(SOON).until(() -> report("web").isPresent());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        meters
                            .get("tweed.duty.failing")
                            .tag("duty", "network_policies")
                            .gauge()
                            .value())
                    .isZero());
  }

  @Test
  void whatSomebodyChangesIsPutBack() {
    pod("web-1", "web", "node-0000", "10.244.0.10");
    operator.start();
    NetworkPolicy policy = policy("web", "web", "client");
    String name = PolicyNames.program(policy.getMetadata().getUid());
    await()
        .atMost(SOON)
        .until(() -> client.resources(NodePolicy.class).list().getItems().size() == 2);
    PolicyProgram before = client.resources(PolicyProgram.class).withName(name).get();

    client.resources(PolicyProgram.class).withName(name).delete();
    client.resources(PeerSlice.class).withName(set().getMetadata().getName()).delete();
    client
        .resources(NodePolicy.class)
        .withName("node-0000")
        .edit(
            n -> {
              n.setSpec(new NodePolicySpec(null, null));
              return n;
            });

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              PolicyProgram now = client.resources(PolicyProgram.class).withName(name).get();
              assertThat(now).isNotNull();
              assertThat(now.getMetadata().getUid()).isNotEqualTo(before.getMetadata().getUid());
              assertThat(now.getSpec()).isEqualTo(before.getSpec());
              assertThat(set()).isNotNull();
              assertThat(node("node-0000").classes()).hasSize(1);
            });
  }

  private void pod(String name, String app, String node, String address) {
    NetworkPolicyObjects.pod(client, SHOP, name, app, node, address);
  }

  private NetworkPolicy policy(String name, String app, String from) {
    return NetworkPolicyObjects.policy(client, SHOP, name, app, from);
  }

  private void enforces(String node, HasMetadata policy, long generation, long dropped) {
    NetworkPolicyObjects.enforces(client, node, policy, generation, dropped);
  }

  /** The only set of addresses. */
  private PeerSlice set() {
    return client.resources(PeerSlice.class).list().getItems().stream()
        .filter(s -> s.getMetadata().getName().startsWith("s-"))
        .findFirst()
        .orElse(null);
  }

  private NodePolicySpec node(String name) {
    return client.resources(NodePolicy.class).withName(name).get().getSpec();
  }

  private String uid(String pod) {
    return client.pods().inNamespace(SHOP).withName(pod).get().getMetadata().getUid();
  }

  private Optional<NetworkPolicyReport> report(String name) {
    return Optional.ofNullable(
            client.resources(NetworkPolicyReport.class).inNamespace(SHOP).withName(name).get())
        .filter(r -> r.getStatus() != null);
  }

  private Condition enforced(String name) {
    return report(name).orElseThrow().getStatus().conditions().getFirst();
  }

  private List<Event> events(String namespace) {
    return client.events().v1().events().inNamespace(namespace).list().getItems();
  }

  private static long version(HasMetadata object) {
    return Long.parseLong(object.getMetadata().getResourceVersion());
  }

  private String conditions(String clusterNetworkPolicy) {
    return String.valueOf(
        NetworkPolicyObjects.clusterPolicies(client)
            .withName(clusterNetworkPolicy)
            .get()
            .<Object>get("status", "conditions"));
  }
}
