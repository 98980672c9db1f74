package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What Flux makes of our objects by the expressions in {@code docs/examples/gitops/flux.yaml}. The
 * API server evaluates them, in an admission policy that refuses and says the values.
 */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class FluxHealthTest {
  private final ChartCluster cluster;

  FluxHealthTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  @AfterEach
  void removeWhatWasMade() {
    cluster.kubectl(
        "delete",
        "validatingadmissionpolicybinding/flux-health",
        "validatingadmissionpolicy/flux-health",
        "podnetwork/flux-health",
        "firewallpolicy/flux-health",
        "--ignore-not-found");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          PodNetwork | Ready=False/PoolOverlap Stalled=True/PoolOverlap | failed=true current=false
          PodNetwork | Ready=False/Allocating Progressing=True/Allocating; Ready=False/PoolExhausted Degraded=True/PoolExhausted | failed=false current=false
          PodNetwork | Ready=True/Ready Degraded=False/AsExpected; Ready=True/Ready Degraded=True/NodesNotReady; Ready=True/NoNodes | failed=false current=true
          FirewallPolicy | Ready=False/WouldLockOut; Ready=False/UnknownPodNetwork Stalled=True/UnknownPodNetwork | failed=true current=false
          FirewallPolicy | Ready=False/Pending | failed=false current=false
          FirewallPolicy | Ready=True/AppliedEverywhere; Ready=True/DaemonsSilent Applied=False/DaemonsSilent; Ready=True/NoNodeSelected | failed=false current=true
          """)
  void isAsItsConditionsSay(String kind, String situations, String expected) throws IOException {
    cluster.kubectlWithInput(object(kind) + policy(expressions(kind)), "apply", "-f", "-").text();

    for (String conditions : situations.split("; ")) {
      // An admission policy is in force a moment after it was made.
      Awaitility.await(conditions)
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(answer(kind, conditions)).contains(expected));
    }
  }

  private static String object(String kind) {
    String spec =
        kind.equals("PodNetwork")
            ? "{pools: [{cidr: 10.97.0.0/16, nodePrefixLength: 24}]}"
            : "{nodeSelector: {}, rules: [{name: a, direction: In, action: Allow}]}";
    return """
        apiVersion: tweed.dev/v1alpha1
        kind: %s
        metadata: {name: flux-health}
        spec: %s
        ---
        """
        .formatted(kind, spec);
  }

  private static JsonNode expressions(String kind) throws IOException {
    String flux =
        Files.readString(ChartTools.repository().resolve("docs/examples/gitops/flux.yaml"));
    return Arrays.stream(flux.split("(?m)^---$"))
        .map(document -> Serialization.unmarshal(document, JsonNode.class))
        .flatMap(document -> ArgoCd.stream(document.at("/spec/healthCheckExprs")))
        .filter(e -> e.path("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  /** Flux's variables are the fields of the object. */
  private static String policy(JsonNode expressions) {
    String message =
        Stream.of("failed", "current")
            .map(
                name ->
                    "'%s=' + string(%s)"
                        .formatted(
                            name,
                            expressions
                                .path(name)
                                .asText()
                                .replaceAll("\\bstatus\\.conditions", "object.$0")))
            .collect(Collectors.joining(" + ' ' + "));
    return """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: flux-health}
        spec:
          matchConstraints:
            resourceRules:
              - apiGroups: [tweed.dev]
                apiVersions: ["*"]
                operations: [UPDATE]
                resources: [podnetworks/status, firewallpolicies/status]
          matchConditions:
            - {name: the-object-of-this-test, expression: object.metadata.name == 'flux-health'}
          validations:
            - expression: "false"
              messageExpression: >-
                %s
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: flux-health}
        spec: {policyName: flux-health, validationActions: [Deny]}
        """
        .formatted(message);
  }

  /** What the API server says to an object with such conditions. */
  private String answer(String kind, String conditions) {
    String list =
        Arrays.stream(conditions.split(" "))
            .map(condition -> condition.split("[=/]"))
            .map(
                parts ->
                    "{\"type\":\"%s\",\"status\":\"%s\",\"reason\":\"%s\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}"
                        .formatted(parts[0], parts[1], parts[2]))
            .collect(Collectors.joining(","));
    return cluster
        .kubectl(
            "patch",
            kind + "/flux-health",
            "--subresource=status",
            "--type=merge",
            "--dry-run=server",
            "--patch={\"status\":{\"conditions\":[%s]}}".formatted(list))
        .err();
  }
}
