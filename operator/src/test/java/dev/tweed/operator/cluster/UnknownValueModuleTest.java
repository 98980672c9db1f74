package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.UnknownValue;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Objects of a CRD that is newer than the operator. */
class UnknownValueModuleTest {
  private final KubernetesSerialization json =
      new KubernetesSerialization(
          new ObjectMapper().registerModule(new UnknownValueModule()), true);

  private PodNetwork network(String spec) {
    return json.unmarshal(object("PodNetwork", "default", spec), PodNetwork.class);
  }

  private static String object(String kind, String name, String rest) {
    return """
    {"apiVersion": "tweed.dev/v1alpha1", "kind": "%s", "metadata": {"name": "%s", "uid": "u"}, %s}
    """
        .formatted(kind, name, rest);
  }

  @Test
  void whatIsKnownIsRead() {
    PodNetwork network = network("\"spec\": {\"mtu\": 1400, \"more\": [1]}, \"more\": {\"a\": 1}");

    assertThat(network.getSpec().mtu()).isEqualTo(1400);
    assertThat(network.getUnknownValues()).isEmpty();
  }

  @Test
  void anEnumThatGrewIsNotedAndTheRestIsRead() {
    PodNetwork network = network("\"spec\": {\"backend\": {\"type\": \"GENEVE\"}, \"mtu\": 1400}");

    assertThat(network.getUnknownValues())
        .containsExactly(new UnknownValue("spec.backend.type", "GENEVE"));
    assertThat(network.getSpec().mtu()).isEqualTo(1400);
  }

  @Test
  void insideListsTheIndexIsNamed() {
    FirewallPolicy policy =
        json.unmarshal(
            object(
                "FirewallPolicy",
                "web",
                "\"spec\": {\"rules\": [{\"name\": \"a\"}, {\"name\": \"b\", \"protocol\": \"SCTP\"}]}"),
            FirewallPolicy.class);

    assertThat(policy.getUnknownValues())
        .containsExactly(new UnknownValue("spec.rules[1].protocol", "SCTP"));
    assertThat(policy.getSpec().rules()).hasSize(2);
  }

  @Test
  void aRequirementThatIsNotKnownSelectsNothing() {
    PodNetwork network =
        network(
            "\"spec\": {\"nodeSelector\": {\"matchExpressions\": [{\"key\": \"k\", \"operator\": \"Gt\"}]}}");

    LabelSelector selector = network.getSpec().nodeSelector();
    assertThat(selector.matches(Map.of("k", "7"))).isFalse();
    assertThat(selector.matches(Map.of())).isFalse();
  }

  @Test
  void otherTypesAreNotedToo() {
    assertThat(network("\"spec\": {\"mtu\": \"auto\"}").getUnknownValues())
        .containsExactly(new UnknownValue("spec.mtu", "auto"));
    assertThat(network("\"spec\": {\"mtu\": {\"ipv4\": 1400}, \"pools\": []}").getUnknownValues())
        .containsExactly(new UnknownValue("spec.mtu", "an object"));
    assertThat(network("\"spec\": \"all\"").getUnknownValues())
        .extracting(UnknownValue::field)
        .containsExactly("spec");
  }

  @Test
  void whatCannotBeReadAtAllHasItsMetadata() {
    PodNetwork network = network("\"spec\": {\"mtu\": 5000000000}");

    assertThat(network.getMetadata().getUid()).isEqualTo("u");
    assertThat(network.getUnknownValues())
        .extracting(UnknownValue::field)
        .containsExactly("spec.mtu");
  }

  @Test
  void theOthersOfAListAreRead() {
    DefaultKubernetesResourceList<PodNetwork> list =
        json.unmarshal(
            stream(
                "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [%s, %s]}",
                object("PodNetwork", "future", "\"spec\": {\"mtu\": 5000000000, \"pools\": [{}]}"),
                object("PodNetwork", "default", "\"spec\": {\"mtu\": 1400}")),
            new TypeReference<DefaultKubernetesResourceList<PodNetwork>>() {});

    assertThat(list.getItems())
        .extracting(n -> n.getMetadata().getName())
        .containsExactly("future", "default");
    assertThat(list.getItems().getLast().getSpec().mtu()).isEqualTo(1400);
    assertThat(list.getItems().getLast().getUnknownValues()).isEmpty();
  }

  private static InputStream stream(String text, Object... parts) {
    return new ByteArrayInputStream(text.formatted(parts).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void itIsToldOfOncePerObjectUntilItIsGone() {
    UnknownObjects unknown = new UnknownObjects((object, what) -> told.append(what));
    var store = unknown.noting(new FactStore<>(NodeReport::new, r -> "", () -> {}));
    NodeReport bad = report("\"status\": {\"blocks\": 7}");
    store.put("n1", bad);
    store.put("n1", bad);

    assertThat(unknown.count("NodeReport")).isEqualTo(1);
    assertThat(told).hasToString("this version does not know the value of status.blocks: a number");

    store.put("n1", report("\"status\": {}"));
    assertThat(unknown.count("NodeReport")).isZero();

    store.put("n1", bad);
    store.remove("n1");
    assertThat(unknown.count("NodeReport")).isZero();
  }

  private final StringBuilder told = new StringBuilder();

  private NodeReport report(String status) {
    return json.unmarshal(object("NodeReport", "n1", status), NodeReport.class);
  }
}
