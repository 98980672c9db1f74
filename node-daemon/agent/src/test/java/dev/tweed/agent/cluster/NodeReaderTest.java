package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeReaderTest {

  /** The first message is a kubelet's, 1.35, beside a containerd without a configuration. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          False | container runtime network not ready: NetworkReady=false \
          reason:NetworkPluginNotReady message:Network plugin returns error: \
          cni plugin not initialized | true
          False | container runtime is down | false
          True | kubelet is posting ready status | false
          Unknown | Kubelet stopped posting node status. | false
          """)
  void theKubeletTellsOfARuntimeWithoutNetwork(String status, String message, boolean without) {
    NodeRecord node =
        YamlViews.read(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: n1, uid: u-1}
            status:
              conditions:
              - {type: DiskPressure, status: "False", message: kubelet has no disk pressure}
              - {type: Ready, status: "%s", message: "%s"}
            """
                .formatted(status, message),
            new NodeReader());

    assertThat(node.withoutNetwork()).isEqualTo(without);
    assertThat(node.uid()).isEqualTo("u-1");
  }

  @ParameterizedTest
  @CsvSource({"aws:///zone/i-1, true", "kind://docker/k/n1, false", "k3s://n1, false", "'', false"})
  void theProviderSaysWhetherItIsACloud(String id, boolean cloud) {
    NodeRecord node =
        YamlViews.read(
            "{kind: Node, metadata: {name: n1}, spec: {podCIDR: 10.0.0.0/24, providerID: \"%s\"}}"
                .formatted(id),
            new NodeReader());

    assertThat(node.cloud()).isEqualTo(cloud);
  }
}
