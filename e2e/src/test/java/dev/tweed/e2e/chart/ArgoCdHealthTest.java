package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.jse.JsePlatform;

/**
 * What Argo CD makes of our objects by the scripts in {@code
 * docs/examples/gitops/argocd-health.yaml}.
 */
class ArgoCdHealthTest {

  @Test
  void networkNobodyHasLookedAtIsProgressing() throws Exception {
    assertThat(health("PodNetwork", "{'metadata': {'generation': 1}}")).startsWith("Progressing");
  }

  @Test
  void networkWhoseLatestChangeWasNotSeenIsProgressing() throws Exception {
    assertThat(
            health(
                "PodNetwork",
                """
                {'metadata': {'generation': 2}, 'status': {'observedGeneration': 1,
                 'conditions': [{'type': 'Ready', 'status': 'True', 'reason': 'Ready'}]}}
                """))
        .startsWith("Progressing");
  }

  @Test
  void readyNetworkIsHealthy() throws Exception {
    assertThat(
            health(
                "PodNetwork",
                """
                {'metadata': {'generation': 2}, 'status': {'observedGeneration': 2,
                 'conditions': [{'type': 'Accepted', 'status': 'True', 'reason': 'Accepted'},
                                {'type': 'Ready', 'status': 'True', 'reason': 'Ready', 'message': 'works'}]}}
                """))
        .isEqualTo("Healthy works");
  }

  /** Degraded where somebody is needed, by the message that says what to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Ready=False/PoolOverlap   Degraded=True/PoolOverlap   Stalled=True/PoolOverlap | Degraded PoolOverlap: of Degraded
          Ready=True/Ready          Degraded=True/PoolExhausted         | Degraded PoolExhausted: of Degraded
          Ready=False/PoolExhausted Degraded=True/PoolExhausted         | Degraded PoolExhausted: of Degraded
          Ready=False/NodeSelectedByAnother Degraded=True/NodeSelectedByAnother | Degraded NodeSelectedByAnother: of Degraded
          Ready=False/Allocating    Degraded=False/AsExpected  Progressing=True/Allocating | Progressing Allocating: of Progressing
          Ready=False/NodesNotReady Degraded=False/AsExpected  Progressing=True/NodesJoining | Progressing NodesJoining: of Progressing
          Ready=True/Ready          Degraded=False/AsExpected  Progressing=True/NodesJoining | Healthy of Ready
          Ready=True/NoNodes        Degraded=False/AsExpected           | Healthy of Ready
          Ready=True/Ready          Degraded=True/NodesLeft             | Degraded NodesLeft: of Degraded
          Ready=True/Ready          Degraded=True/NodesUnreachable      | Degraded NodesUnreachable: of Degraded
          Ready=True/Ready          Degraded=True/NodesNotReady         | Healthy NodesNotReady: of Degraded
          Ready=False/NodesNotReady Degraded=True/NodesNotReady         | Degraded NodesNotReady: of Degraded
          Ready=False/DaemonsSilent Degraded=True/DaemonsSilent         | Degraded DaemonsSilent: of Degraded
          """)
  void networkIsAsItsConditionsSay(String conditions, String expected) throws Exception {
    String list =
        Arrays.stream(conditions.strip().split("\\s+"))
            .map(condition -> condition.split("[=/]"))
            .map(
                parts ->
                    "{'type': '%s', 'status': '%s', 'reason': '%s', 'message': 'of %s'}"
                        .formatted(parts[0], parts[1], parts[2], parts[0]))
            .collect(Collectors.joining(","));

    assertThat(
            health(
                "PodNetwork",
                """
                {'metadata': {'generation': 1}, 'status': {'observedGeneration': 1, 'conditions': [%s]}}
                """
                    .formatted(list)))
        .isEqualTo(expected);
  }

  @Test
  void policyThatIsInForceEverywhereIsHealthy() throws Exception {
    assertThat(policy(1, 1, "Accepted", "True", "AppliedEverywhere")).isEqualTo("Healthy on n2");
  }

  @Test
  void policyWithoutNodesIsHealthy() throws Exception {
    assertThat(policy(1, 1, "Accepted", "True", "NoNodeSelected")).isEqualTo("Healthy on n2");
  }

  @Test
  void policyThatNodesHaveNotReportedYetIsProgressing() throws Exception {
    assertThat(policy(1, 1, "Accepted", "False", "Pending"))
        .isEqualTo("Progressing Pending: on n2");
  }

  @Test
  void policyThatANodeRefusesIsDegraded() throws Exception {
    assertThat(policy(1, 1, "Accepted", "False", "WouldLockOut"))
        .isEqualTo("Degraded WouldLockOut: on n2");
  }

  @Test
  void policyThatNoNodeCanApplyIsDegraded() throws Exception {
    assertThat(policy(1, 1, "UnknownPodNetwork", "False", "UnknownPodNetwork"))
        .isEqualTo("Degraded UnknownPodNetwork: on n2");
  }

  @Test
  void policyWhoseLatestChangeWasNotSeenIsProgressing() throws Exception {
    assertThat(policy(2, 1, "Accepted", "True", "AppliedEverywhere"))
        .isEqualTo("Progressing waiting for the operator");
  }

  @Test
  void policyNobodyHasLookedAtIsProgressing() throws Exception {
    assertThat(health("FirewallPolicy", "{'metadata': {'generation': 1}}"))
        .startsWith("Progressing");
  }

  private static String policy(
      int generation, int observed, String accepted, String applied, String reason)
      throws Exception {
    return health(
        "FirewallPolicy",
        """
        {'metadata': {'generation': %d}, 'status': {'observedGeneration': %d, 'conditions': [
          {'type': 'Accepted', 'status': '%s', 'reason': '%s', 'message': 'said'},
          {'type': 'Ready', 'status': '%s', 'reason': '%s', 'message': 'on n2'}]}}
        """
            .formatted(
                generation,
                observed,
                accepted.equals("Accepted") ? "True" : "False",
                accepted,
                applied,
                reason));
  }

  /** Status and message, as Argo CD would show them. */
  private static String health(String kind, String object) throws Exception {
    ConfigMap configuration =
        Serialization.unmarshal(
            "apiVersion: v1\nkind: ConfigMap\n"
                + Files.readString(
                    ChartTools.repository().resolve("docs/examples/gitops/argocd-health.yaml")),
            ConfigMap.class);
    String script = configuration.getData().get("resource.customizations.health.tweed.dev_" + kind);
    Globals lua = JsePlatform.standardGlobals();
    lua.set("obj", value(new ObjectMapper().readTree(object.replace('\'', '"'))));
    LuaValue health = lua.load(script).call();
    return health.get("status").tojstring() + " " + health.get("message").tojstring();
  }

  private static LuaValue value(JsonNode node) {
    if (node.isTextual()) {
      return LuaValue.valueOf(node.asText());
    }
    if (node.isNumber()) {
      return LuaValue.valueOf(node.asInt());
    }
    LuaTable table = new LuaTable();
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        table.set(i + 1, value(node.get(i)));
      }
    } else {
      node.properties().forEach(entry -> table.set(entry.getKey(), value(entry.getValue())));
    }
    return table;
  }
}
