package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.UnknownValue;
import dev.tweed.operator.allocation.SubnetFacts;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                "\"spec\": {\"rules\": [{\"name\": \"a\"}, {\"name\": \"b\", \"protocol\":"
                    + " \"DCCP\"}]}"),
            FirewallPolicy.class);

    assertThat(policy.getUnknownValues())
        .containsExactly(new UnknownValue("spec.rules[1].protocol", "DCCP"));
    assertThat(policy.getSpec().rules()).hasSize(2);
  }

  @Test
  void aRequirementThatIsNotKnownSelectsNothing() {
    PodNetwork network =
        network(
            "\"spec\": {\"nodeSelector\": {\"matchExpressions\": [{\"key\": \"k\", \"operator\":"
                + " \"Gt\"}]}}");

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

  /** As the watch brings it into the caches. */
  private SubnetFacts nodeSubnet(String rest) {
    UnknownObjects unknown = new UnknownObjects((object, what) -> told.append(what));
    SubnetStore store = new SubnetStore(Facts::of, () -> {});
    unknown
        .noting(store)
        .put(
            "10-244-3-0-24",
            json.unmarshal(object("NodeSubnet", "10-244-3-0-24", rest), NodeSubnet.class));
    assertThat(unknown.count("NodeSubnet")).isEqualTo(told.isEmpty() ? 0 : 1);
    return store.facts().getFirst();
  }

  @Test
  void aNodeSubnetThatIsReadIsAsItIs() {
    SubnetFacts subnet =
        nodeSubnet(
            "\"spec\": {\"podNetwork\": \"a\", \"nodeName\": \"n1\", \"cidr\": \"10.244.3.0/24\"}");

    assertThat(subnet.unread()).isFalse();
    assertThat(told).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "spec": {"podNetwork": ["a"], "nodeName": "n1", "cidr": "10.244.3.0/24"}  | ''  | n1 | spec.podNetwork: a list
          "spec": {"podNetwork": "a", "nodeRef": "n1", "cidr": "10.244.3.0/24"}     | a   | '' | spec.nodeName: absent
          "spec": {"podNetwork": "a", "nodeName": "n1", "cidrs": ["10.244.3.0/24"]} | a   | n1 | spec.cidr: absent
          "spec": {"podNetwork": "a", "nodeName": "n1", "cidr": {"v4": "x"}}        | a   | n1 | spec.cidr: an object
          "spec": {"podNetwork": "a", "nodeName": "n1", "cidr": "10.244.3.0-255"}   | a   | n1 | spec.cidr: 10.244.3.0-255
          "spec": {"podNetwork": "a", "nodeName": "n1", "cidr": "10.244.3.0/24", "mtu": "auto"} | a | n1 | spec.mtu: auto
          "spec": {"podNetwork": "a", "nodeName": "n1", "cidr": "10.244.3.0/24", "nodeIPs": [{}]} | '' | '' | spec: no NodeSubnetSpec
          "spec": ["a"]                                                             | ''  | '' | spec: a list
          "more": {}                                                                | ''  | '' | spec: absent
          """)
  void aNodeSubnetOfANewerCrdIsKnownByItsNameAndNamed(
      String rest, String network, String node, String what) {
    SubnetFacts subnet = nodeSubnet(rest);

    assertThat(subnet.unread()).isTrue();
    assertThat(subnet.spec().cidr()).isEqualTo("10.244.3.0/24");
    assertThat(subnet.spec().podNetwork()).isEqualTo(network);
    assertThat(subnet.spec().nodeName()).isEqualTo(node);
    assertThat(told).asString().contains(what);

    // Nor does it stop what looks at all of them
    ClusterView view =
        new ClusterView(
            List.of(),
            List.of(),
            Map.of(),
            List.of(subnet),
            List.of(),
            Map.of(),
            List.of(),
            Map.of());
    assertThat(NodeChores.plan(view)).isEqualTo(NodeChores.none());
    assertThat(NetworkReadiness.of(view.subnets(), Map.of(), Set.of(), Instant.EPOCH)).isEmpty();
    assertThat(ReachWatch.join(view)).isEmpty();
    assertThat(Facts.lastBlocks(view, new LinkedHashMap<>()).released()).isEmpty();
  }
}
