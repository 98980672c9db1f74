package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.crds.FirewallPolicySpec.Action;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFileReaderTest {

  private static final String WEB =
      """
      apiVersion: tweed.dev/v1alpha1
      kind: FirewallPolicy
      metadata:
        name: web
      spec:
        nodeSelector: {}
        rules:
        - name: http
          direction: In
          action: Allow
          protocol: TCP
          ports: [{port: 80}]
      """;

  private static List<PolicyRecord> read(String text) {
    return PolicyFileReader.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void oneDocument() {
    assertThat(read(WEB))
        .singleElement()
        .satisfies(
            policy -> {
              assertThat(policy.name()).isEqualTo("web");
              assertThat(policy.unreadable()).isEmpty();
              assertThat(policy.spec().rules().getFirst().action()).isEqualTo(Action.Allow);
            });
  }

  @Test
  void severalDocuments() {
    assertThat(read("---\n" + WEB + "---\n" + WEB.replace("web", "mail") + "---\n"))
        .extracting(PolicyRecord::name)
        .containsExactly("web", "mail");
  }

  @Test
  void listAsKubectlPrintsIt() {
    assertThat(
            read(
                "apiVersion: v1\nkind: List\nitems:\n- "
                    + WEB.indent(2).strip()
                    + "\n- "
                    + WEB.replace("web", "mail").indent(2).strip()
                    + "\n"))
        .extracting(PolicyRecord::name)
        .containsExactly("web", "mail");
  }

  @Test
  void jsonIsReadToo() {
    assertThat(
            read(
                """
                {"apiVersion": "tweed.dev/v1alpha1", "kind": "FirewallPolicy",
                 "metadata": {"name": "web"}, "spec": {"rules": []}}
                """))
        .extracting(PolicyRecord::name)
        .containsExactly("web");
  }

  @Test
  void wordNobodyKnowsIsToldOfThatPolicyOnly() {
    List<PolicyRecord> read = read(WEB + "---\n" + WEB.replace("action: Allow", "action: Perhaps"));

    assertThat(read.get(0).unreadable()).isEmpty();
    assertThat(read.get(1).unreadable().orElseThrow()).contains("spec.rules[0].action");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing",
        "a: [",
        "just words",
        "42",
        "- a\n- b",
        "kind: Pod\napiVersion: v1\nmetadata: {name: a}",
        "kind: FirewallPolicy\napiVersion: v1\nmetadata: {name: a}",
        "kind: FirewallPolicy\napiVersion: tweed.dev/v1alpha1\nspec: {nodeSelector: {}, rules: []}",
        "kind: FirewallPolicy\napiVersion: tweed.dev/v1alpha1\nmetadata: {}\nspec: {nodeSelector: {}, rules: []}",
        "kind: [a]\napiVersion: tweed.dev/v1alpha1\nmetadata: {name: a}"
      })
  void anythingElseIsExplained(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContainingAny("com.fasterxml", "java.", "null");
  }
}
