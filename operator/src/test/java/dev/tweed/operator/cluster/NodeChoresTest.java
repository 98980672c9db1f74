package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.NodeSubnetStatus;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NodeChoresTest {
  private static final NodeFacts NODE =
      new NodeFacts("n1", "now", Instant.EPOCH, Map.of(), List.of(), List.of());

  private static SubnetFacts ready(String cidr, String nodeUID, long observedGeneration) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setGeneration(2L);
    subnet.setSpec(new NodeSubnetSpec("default", "n1", nodeUID, cidr, List.of("192.0.2.1"), null));
    Condition ready =
        new Condition(
            "Ready", "True", "Programmed", "", "2026-01-01T00:00:00Z", observedGeneration);
    subnet.setStatus(new NodeSubnetStatus(observedGeneration, List.of(ready), 1450, "tweed.1"));
    return Facts.of(subnet);
  }

  private static List<NodeFacts> networkUp(SubnetFacts... subnets) {
    return NodeChores.plan(
            new ClusterView(
                List.of(),
                List.of(NODE),
                Set.of(NODE.name()),
                Arrays.asList(subnets),
                List.of(),
                Map.of(),
                List.of(),
                Map.of()))
        .networkUp();
  }

  @Test
  void aNodeIsConnectedWhenItsDaemonSaysSoOfTheSpecThereIs() {
    assertThat(networkUp(ready("10.244.1.0/24", "now", 2))).containsExactly(NODE);
    assertThat(networkUp(ready("10.244.1.0/24", "now", 1))).isEmpty();
    assertThat(networkUp()).isEmpty();
  }

  @Test
  void whatTheDaemonOfTheNodeBeforeSaidDoesNotConnectTheOneOfThatNameNow() {
    assertThat(networkUp(ready("10.244.1.0/24", "before", 2))).isEmpty();
    assertThat(networkUp(ready("10.244.1.0/24", "now", 2), ready("fd00::/64", "before", 2)))
        .isEmpty();
  }
}
