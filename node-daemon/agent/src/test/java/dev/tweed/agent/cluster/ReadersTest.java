package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkSpec.BackendType;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects as they come, and as they should not. */
class ReadersTest {

  private static final String SUBNET =
      """
      metadata: {name: s, uid: u, generation: 3, creationTimestamp: "2026-01-01T00:00:00Z",
        labels: {zone: a}}
      spec: {podNetwork: default, nodeName: %s, nodeUID: x, cidr: 10.244.2.0/24,
        nodeIPs: [192.0.2.2], vtepMAC: "02:00:00:00:00:02", mtu: 1450, more: {than: is known}}
      status: {mtu: 1, device: of-an-older-version, conditions: [{}]}
      """;

  @Test
  void whatIsKnownOfASubnetIsKept() {
    SubnetRecord read = YamlViews.read(SUBNET.formatted("n2"), new SubnetReader("n1"));

    assertThat(read.block())
        .isInstanceOfSatisfying(
            Block.Valid.class, valid -> assertThat(valid.peer().mtu()).isEqualTo(1450));
    assertThat(read.labels()).containsEntry("zone", "a");
    assertThat(read.created()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(read.own()).isEmpty();
  }

  @Test
  void everyFieldOfASubnetIsRead() {
    // Whoever adds one adds it to SubnetReader, or says here why not
    assertThat(NodeSubnetSpec.class.getRecordComponents())
        .extracting(RecordComponent::getName)
        .containsExactly("podNetwork", "nodeName", "nodeUID", "cidr", "nodeIPs", "vtepMAC", "mtu");
  }

  @Test
  void theOwnVersionIsKeptWhateverTheOrder() {
    String[] parts = SUBNET.formatted("n1").split("(?m)^(?=[a-z])");
    for (String text : List.of(SUBNET.formatted("n1"), parts[2] + parts[1] + parts[0])) {
      SubnetRecord read = YamlViews.read(text, new SubnetReader("n1"));

      assertThat(read.own())
          .hasValueSatisfying(
              own -> {
                assertThat(own.uid()).isEqualTo("u");
                assertThat(own.generation()).isEqualTo(3);
              });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spec: {cidr: 7}",
        "spec: {nodeName: {a: b}, cidr: [x]}",
        "spec: {nodeIPs: {a: 192.0.2.1}}",
        "spec: {nodeIPs: [[], 7, null]}",
        "spec: []",
        "spec: text",
        "spec: null",
        "spec: {mtu: [1]}",
        "status: text"
      })
  void aSubnetOfOtherTypesIsNoPeerAndNoMore(String text) {
    SubnetRecord read = YamlViews.read("metadata: {name: s}\n" + text, new SubnetReader("n1"));

    assertThat(read.name()).isEqualTo("s");
    assertThat(read.block()).isInstanceOf(Block.Invalid.class);
  }

  @Test
  void aNetworkIsReadWithItsDefaults() {
    NetworkRecord read =
        YamlViews.read(
            """
            metadata: {name: a}
            spec: {pools: [{cidr: 10.0.0.0/8}], later: {unknown: field}}
            status: {conditions: [{type: Ready, status: "True", reason: Ready}]}
            """,
            new NetworkReader());

    assertThat(read.unreadable()).isEmpty();
    assertThat(read.spec().backend().type()).isEqualTo(BackendType.VXLAN);
    assertThat(read.conditions()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spec: {backend: {type: WireGuard}} -> spec.backend.type",
        "spec: {pools: [{cidr: a}, {cidr: [b]}]} -> spec.pools[1].cidr",
        "spec: {pools: [null]} -> spec",
        "spec: {nodeSelector: {matchExpressions: [{operator: Exists}]}} -> spec.nodeSelector",
        "spec: text -> spec"
      })
  void aNetworkOfAnotherVersionSaysWhere(String text) {
    String[] parts = text.split(" -> ");
    NetworkRecord read = YamlViews.read("metadata: {name: a}\n" + parts[0], new NetworkReader());

    assertThat(read.unreadable().orElseThrow()).startsWith(parts[1] + " ");
  }

  @Test
  void ofANetworkOfAnotherVersionThePoolsThatCanBeReadAreKnown() {
    NetworkRecord read =
        YamlViews.read(
            """
            metadata: {name: a}
            spec:
              pools: [{cidr: 10.0.0.0/8}, {cidr: [b]}, {cidr: 10.1.0.1/8}, null, {cidr: "fd00::/48"}]
            """,
            new NetworkReader());

    assertThat(read.unreadable()).isPresent();
    assertThat(read.spec().pools())
        .extracting(PodNetworkSpec.Pool::cidr)
        .containsExactly("10.0.0.0/8", "fd00::/48");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "status: text",
        "status: {daemonEndpoints: 7, conditions: {a: b}}",
        "status: {daemonEndpoints: {kubeletEndpoint: {Port: many}}, conditions: [7, {type: 8}]}",
        "status: {daemonEndpoints: {kubeletEndpoint: {Port: 99999999999999}}}"
      })
  void aNodeIsReadAsFarAsItGoes(String text) {
    assertThat(
            YamlViews.read(
                "metadata: {name: n1, labels: {a: b, c: 7}}\n" + (text.equals("{}") ? "" : text),
                new NodeReader()))
        .isEqualTo(new NodeRecord("n1", Map.of("a", "b")));
  }

  @Test
  void theKubeletsPortIsRead() {
    assertThat(
            YamlViews.read(
                    "metadata: {name: n1}\n"
                        + "status: {images: [{a: b}], daemonEndpoints: {x: 1, kubeletEndpoint:"
                        + " {Port: 10250}}}",
                    new NodeReader())
                .kubeletPort())
        .isEqualTo(OptionalInt.of(10250));
  }
}
