package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.jse.JsePlatform;

/** What Argo CD makes of our objects by the scripts in {@code docs/examples/argocd-health.yaml}. */
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

  @Test
  void networkThatIsNotReadyYetSaysWhy() throws Exception {
    assertThat(
            health(
                "PodNetwork",
                """
                {'metadata': {'generation': 1}, 'status': {'observedGeneration': 1,
                 'conditions': [{'type': 'Accepted', 'status': 'True', 'reason': 'Accepted'},
                                {'type': 'Ready', 'status': 'False', 'reason': 'NodesNotReady', 'message': 'n2'}]}}
                """))
        .isEqualTo("Progressing NodesNotReady: n2");
  }

  @Test
  void refusedNetworkIsDegraded() throws Exception {
    assertThat(
            health(
                "PodNetwork",
                """
                {'metadata': {'generation': 1}, 'status': {'observedGeneration': 1,
                 'conditions': [{'type': 'Ready', 'status': 'False', 'reason': 'PoolOverlap'},
                                {'type': 'Accepted', 'status': 'False', 'reason': 'PoolOverlap', 'message': 'with other'}]}}
                """))
        .isEqualTo("Degraded PoolOverlap: with other");
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
    assertThat(policy(1, 1, "UnknownPodNetwork", "False", "Pending"))
        .isEqualTo("Degraded UnknownPodNetwork: said");
  }

  @Test
  void policyWhoseLatestChangeWasNotSeenIsProgressing() throws Exception {
    assertThat(policy(2, 1, "Accepted", "True", "AppliedEverywhere"))
        .isEqualTo("Progressing the operator has not looked at the latest change yet");
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
          {'type': 'Applied', 'status': '%s', 'reason': '%s', 'message': 'on n2'}]}}
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
                    ChartTools.repository().resolve("docs/examples/argocd-health.yaml")),
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
