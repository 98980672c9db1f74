package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.chart.ChartCluster.Identity;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What RBAC lets the operator write and the admission policy does not. */
@Tag("api-server")
@ExtendWith(ChartCluster.Extension.class)
class OperatorBoundsTest {
  private static final String STATUS =
      """
      {"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.9"}],
       "capacity":{"cpu":"2"},
       "conditions":[{"type":"Ready","status":"True","reason":"r"},
        {"type":"NetworkUnavailable","status":"True","reason":"r"},
        {"type":"DiskPressure","status":"False","reason":"r"}]}}
      """;
  private static final String OF_A_NODE =
      "of a Node the operator writes the condition NetworkUnavailable";
  private static final String CONDITION =
      "{\"type\":\"NetworkUnavailable\",\"status\":\"False\",\"reason\":\"TweedIsUp\"}";

  private final ChartCluster cluster;
  private Identity operator;

  OperatorBoundsTest(ChartCluster cluster) {
    this.cluster = cluster;
  }

  @BeforeEach
  void aNodeAndANetwork() {
    cluster
        .kubectlWithInput(
            """
            apiVersion: v1
            kind: Node
            metadata:
              name: bounds
              labels: {a: b}
            ---
            apiVersion: tweed.dev/v1alpha1
            kind: PodNetwork
            metadata:
              name: bounds
              annotations:
                tweed.dev/allow-delete-in-use: "true"
                note: mine
            spec:
              pools:
              - cidr: 10.96.0.0/16
                nodePrefixLength: 24
            """,
            "apply",
            "-f",
            "-")
        .text();
    cluster.kubectl("patch", "node/bounds", "--subresource=status", "-p", STATUS).text();
    // kubectl looks before it patches, which the operator does not
    for (String look :
        List.of(
            "clusterrole bounds --verb=get --resource=nodes/status,podnetworks.tweed.dev",
            "clusterrolebinding bounds --clusterrole=bounds --serviceaccount=tweed-system:tweed-operator")) {
      cluster.kubectl(("create " + look).split(" ")).text();
    }
    operator = cluster.token("tweed-operator");
    Awaitility.await("admission policy in force")
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                node("{\"status\":{\"phase\":\"Running\"}}", "--dry-run=server")
                    .err()
                    .contains(OF_A_NODE));
  }

  @AfterEach
  void remove() {
    cluster
        .kubectl(
            "delete",
            "node/bounds",
            "podnetwork/bounds",
            "clusterrole/bounds",
            "clusterrolebinding/bounds",
            "--ignore-not-found")
        .text();
  }

  @Test
  void ofANodeItWritesOneConditionAlsoTheFirstOfAll() {
    assertThat(node("{\"status\":{\"conditions\":[" + CONDITION + "]}}").text())
        .contains("patched");

    cluster.kubectl("delete", "node/bounds").text();
    cluster.kubectlWithInput(NEW_NODE, "create", "-f", "-").text();
    assertThat(node("{\"status\":{\"conditions\":[" + CONDITION + "]}}").text())
        .contains("patched");
  }

  private static final String NEW_NODE =
      """
      apiVersion: v1
      kind: Node
      metadata:
        name: bounds
      """;

  @Test
  void ofANodeItWritesNothingElse() {
    for (String patch :
        List.of(
            "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.0.2.66\"}]}}",
            "{\"status\":{\"addresses\":null}}",
            "{\"status\":{\"capacity\":{\"cpu\":\"99\"}}}",
            "{\"status\":{\"phase\":\"Running\"}}",
            "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"x\"}]}}",
            "{\"status\":{\"conditions\":[{\"type\":\"Mine\",\"status\":\"True\",\"reason\":\"x\"}]}}",
            "{\"status\":{\"conditions\":[{\"type\":\"DiskPressure\",\"$patch\":\"delete\"}]}}",
            // The API server takes metadata from a write of the status too
            "{\"metadata\":{\"labels\":{\"a\":\"c\"}}}",
            "{\"metadata\":{\"annotations\":{\"a\":\"c\"}}}")) {
      Program.Outcome outcome = node(patch);

      assertThat(outcome.succeeded()).as(patch).isFalse();
      assertThat(outcome.err()).contains("(Forbidden)", OF_A_NODE);
    }
  }

  @Test
  void ofAPodNetworkItTakesOffWhatOpenedAGuard() {
    assertThat(
            network("{\"metadata\":{\"annotations\":{\"tweed.dev/allow-delete-in-use\":null}}}")
                .text())
        .contains("patched");
  }

  @Test
  void ofAPodNetworkItWritesNothingElse() {
    for (String patch :
        List.of(
            "{\"spec\":{\"masquerade\":{\"enabled\":false}}}",
            "{\"spec\":{\"nodeSelector\":{\"matchLabels\":{\"none\":\"such\"}}}}",
            "{\"metadata\":{\"annotations\":{\"note\":null}}}",
            "{\"metadata\":{\"annotations\":{\"note\":\"another\"}}}",
            "{\"metadata\":{\"annotations\":{\"tweed.dev/release-blocks\":\"true\"}}}",
            "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
            "{\"metadata\":{\"finalizers\":[\"example.org/never\"]}}")) {
      Program.Outcome outcome = network(patch);

      assertThat(outcome.succeeded()).as(patch).isFalse();
      assertThat(outcome.err())
          .contains("(Forbidden)", "of a PodNetwork the operator writes the status, and takes off");
    }
  }

  private Program.Outcome node(String patch, String... options) {
    return patch("nodes/bounds", "strategic", patch, "--subresource=status", options);
  }

  private Program.Outcome network(String patch) {
    return patch("podnetworks/bounds", "merge", patch, "--subresource=");
  }

  private Program.Outcome patch(
      String object, String type, String patch, String subresource, String... options) {
    String[] words = {"patch", object, "--type=" + type, "-p", patch, subresource};
    String[] all = Arrays.copyOf(words, words.length + options.length);
    System.arraycopy(options, 0, all, words.length, options.length);
    return operator.kubectl(all);
  }
}
