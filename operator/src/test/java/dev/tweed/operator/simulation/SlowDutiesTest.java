package dev.tweed.operator.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.TweedApi;
import dev.tweed.operator.cluster.ClusterReconciler;
import dev.tweed.operator.cluster.SteppedOperator;
import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import dev.tweed.operator.simulation.ModelApiServer.Request;
import dev.tweed.operator.simulation.ModelApiServer.Response;
import dev.tweed.operator.simulation.ModelApiServer.Subscription;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An API server that takes a second for each request, and more to be done than a run has time for.
 */
class SlowDutiesTest {
  private static final int NODES = 100;
  private static final Duration LATENCY = Duration.ofSeconds(1);
  private static final String NODE = "/api/v1/nodes";
  private static final String TWEED = "/apis/tweed.dev/v1alpha1/";
  private static final String ZONE = "topology.kubernetes.io/zone";

  private final ModelApiServer api = new ModelApiServer(this::now, change -> {});
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final List<Request> sent = new ArrayList<>();
  private final KubernetesClient client = ModelHttpClient.through(new SlowDoor());
  private Duration passed = Duration.ZERO;
  private SteppedOperator operator;

  private Instant now() {
    return Instant.EPOCH.plus(passed);
  }

  private final class SlowDoor implements ModelHttpClient.Door {
    @Override
    public Response send(String method, String path, String contentType, String body) {
      passed = passed.plus(LATENCY);
      Request request = new Request("operator", method, path, contentType, body);
      sent.add(request);
      return api.handle(request);
    }

    @Override
    public void watch(String path, long since, Consumer<String> listener) {
      subscriptions.add(api.subscribe(path, since, listener));
    }
  }

  @BeforeEach
  void blocksWhoseLabelsAreOldAndWhoseGuardsAreOpen() {
    post(
        TWEED + "podnetworks",
        """
        {"apiVersion": "tweed.dev/v1alpha1", "kind": "PodNetwork", "metadata": {"name": "default"},
         "spec": {"pools": [{"cidr": "10.0.0.0/8", "nodePrefixLength": 24}],
          "allocation": "Operator", "nodeSelector": {}}}
        """);
    post(
        "/api/v1/namespaces/tweed-system/configmaps",
        """
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"},
         "data": {"ledger.json": "{\\"writes\\": 1}"}}
        """
            .formatted(ConfigMapLedgerStore.NAME));
    for (int i = 0; i < NODES; i++) {
      String uid = node(i).get("metadata").get("uid").asText();
      String block = "10.%d.%d.0".formatted(i / 256, i % 256);
      post(
          TWEED + "nodesubnets",
          """
          {"apiVersion": "tweed.dev/v1alpha1", "kind": "NodeSubnet",
           "metadata": {"name": "%s-24", "labels": {"%s": "old"}, "annotations": {"%s": "true"}},
           "spec": {"podNetwork": "default", "nodeName": "%s", "nodeUID": "%s", "cidr": "%s/24",
            "nodeIPs": ["%s"]}}
          """
              .formatted(
                  block.replace('.', '-'),
                  ZONE,
                  TweedApi.ALLOW_CHANGE,
                  name(i),
                  uid,
                  block,
                  address(i)));
    }
    operator =
        new SteppedOperator(
            client,
            "tweed-system",
            "slow",
            Allocator.QUIET,
            ((InstantSource) this::now).withZone(ZoneOffset.UTC),
            () -> passed.toNanos());
  }

  @AfterEach
  void stop() {
    operator.close();
    client.close();
  }

  private static String name(int i) {
    return "node-" + i;
  }

  private static String address(int i) {
    return "172.16.%d.%d".formatted(i / 250, i % 250 + 1);
  }

  private ObjectNode node(int i) {
    return ModelApiServer.read(
        post(
                NODE,
                """
                {"apiVersion": "v1", "kind": "Node",
                 "metadata": {"name": "%s", "labels": {"%s": "new"}}, "spec": {},
                 "status": {"addresses": [{"type": "InternalIP", "address": "%s"}]}}
                """
                    .formatted(name(i), ZONE, address(i)))
            .body());
  }

  private Response post(String collection, String body) {
    return api.handle(new Request("people", "POST", collection, "application/json", body));
  }

  /** What the requests of one run were. */
  private record Run(int amended, int reports, int guards) {}

  private Run run() {
    sent.clear();
    Instant begun = now();
    ClusterReconciler.Result result = operator.run();
    assertThat(result.failures()).isEmpty();
    // It is gone on with at once.
    assertThat(result.again().orElseThrow()).isBeforeOrEqualTo(begun);
    assertThat(Duration.between(begun, now())).isLessThan(Duration.ofMinutes(1));
    subscriptions.forEach(Subscription::deliver);
    return new Run(
        count("PATCH", "nodesubnets", "\"labels\""),
        count("POST", "nodereports", ""),
        count("PATCH", "nodesubnets", TweedApi.ALLOW_CHANGE));
  }

  private int count(String method, String plural, String what) {
    return (int)
        sent.stream()
            .filter(r -> r.method().equals(method) && r.path().startsWith(TWEED + plural))
            .filter(r -> r.body().contains(what))
            .count();
  }

  private Set<String> holders() {
    Set<String> holders = new HashSet<>();
    for (JsonNode subnet : api.objects(TWEED + "nodesubnets").values()) {
      holders.add(subnet.get("spec").get("nodeName").asText());
    }
    return holders;
  }

  private long labelled() {
    return api.objects(TWEED + "nodesubnets").values().stream()
        .filter(s -> s.get("metadata").get("labels").get(ZONE).asText().equals("new"))
        .count();
  }

  @Test
  void eachDutyHasItsTurnInEachRunAndGoesOnInTheNext() {
    // Given a node that waits for a block behind amendments of minutes
    node(NODES);
    subscriptions.forEach(Subscription::deliver);

    // When
    Run first = run();

    // Then some are made, and it has its block
    assertThat(first).isEqualTo(new Run(10, 10, 0));
    assertThat(holders()).hasSize(NODES + 1).contains(name(NODES));
    assertThat(labelled()).isEqualTo(11);

    // And when guards have been open for long enough, and another node waits
    passed = passed.plus(Duration.ofMinutes(10));
    node(NODES + 1);
    subscriptions.forEach(Subscription::deliver);

    // Then the next run goes on, with those too
    assertThat(run()).isEqualTo(new Run(10, 10, 10));
    assertThat(holders()).hasSize(NODES + 2).contains(name(NODES + 1));
    assertThat(labelled()).isEqualTo(22);
  }
}
