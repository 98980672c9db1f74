package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.NodeSubnetStatus;
import dev.tweed.operator.allocation.SubnetFacts;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a block's conditions say of its node. */
class NetworkReadinessTest {

  private static final Condition READY = condition("Ready", "True");
  private static final Condition NOT_READY = condition("Ready", "False");
  private static final Condition PROGRAMMED = condition("Programmed", "True");

  @Test
  void aNodeWhoseFirewallBlocksIsProgrammedAndNotReady() {
    SubnetFacts blocked = subnet(1, NOT_READY, PROGRAMMED);

    assertThat(NetworkReadiness.isReady(blocked)).isFalse();
    assertThat(NetworkReadiness.isProgrammed(blocked)).isTrue();
  }

  @Test
  void aReadyNodeIsProgrammed() {
    assertThat(NetworkReadiness.isProgrammed(subnet(1, READY))).isTrue();
    assertThat(NetworkReadiness.isProgrammed(subnet(1, NOT_READY))).isFalse();
  }

  @Test
  void whatWasSaidOfAnEarlierSpecCountsForNothing() {
    assertThat(NetworkReadiness.isProgrammed(subnet(2, NOT_READY, PROGRAMMED))).isFalse();
  }

  @Test
  void aNodeWhoseDaemonIsSilentIsNotCounted() {
    SubnetFacts good = subnet("n1", "10.244.1.0/24", 1, READY);
    SubnetFacts silent = subnet("n2", "10.244.2.0/24", 1, READY);

    NetworkReadiness readiness =
        NetworkReadiness.of(List.of(good, silent), Set.of("n2", "elsewhere")).get("default");

    assertThat(readiness.ready()).isEqualTo(1);
    assertThat(readiness.silent()).isEqualTo(1);
    assertThat(readiness.waiting()).containsExactly("n2 (DaemonSilent)");
  }

  private static SubnetFacts subnet(long generation, Condition... conditions) {
    return subnet("n1", "10.244.1.0/24", generation, conditions);
  }

  private static SubnetFacts subnet(
      String node, String cidr, long generation, Condition... conditions) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setGeneration(generation);
    subnet.setSpec(new NodeSubnetSpec("default", node, "u", cidr, List.of(), ""));
    subnet.setStatus(new NodeSubnetStatus(1L, List.of(conditions), 1450, "tweed.1"));
    return Facts.of(subnet);
  }

  private static Condition condition(String type, String status) {
    return new Condition(type, status, "Reason", "", "2026-01-01T00:00:00Z", 1L);
  }
}
