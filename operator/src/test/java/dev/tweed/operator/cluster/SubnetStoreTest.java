package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetName;
import dev.tweed.crds.NodeSubnetSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubnetStoreTest {
  private final SubnetStore store = new SubnetStore(Facts::of, () -> {});

  @Test
  void theLatestBlockOfEachFamilyThatANodeLostIsKnown() {
    held("n1", "10.244.1.0/24");
    held("n1", "10.244.2.0/24");
    held("n1", "fd00:10:244:1::/64");
    lost("10.244.2.0/24");
    lost("fd00:10:244:1::/64");
    lost("10.244.1.0/24");

    assertThat(deleted("n1")).containsExactlyInAnyOrder("10.244.1.0/24", "fd00:10:244:1::/64");
  }

  @Test
  void aBlockThatIsHeldAgainIsNoLongerOfTheNodeBefore() {
    held("n1", "10.244.1.0/24");
    lost("10.244.1.0/24");
    held("n2", "10.244.1.0/24");
    assertThat(deleted("n1")).isEmpty();

    lost("10.244.1.0/24");
    assertThat(deleted("n2")).containsExactly("10.244.1.0/24");
  }

  @Test
  void blocksOfNodesThatAreGoneAreForgotten() {
    held("n1", "10.244.1.0/24");
    lost("10.244.1.0/24");

    assertThat(store.gone(Set.of("n2"))).isEmpty();
    assertThat(store.gone(Set.of("n1"))).isEmpty();
  }

  private void held(String node, String cidr) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setName(NodeSubnetName.of(cidr).value());
    subnet.setSpec(new NodeSubnetSpec("default", node, "uid", cidr, null, null));
    store.put(subnet.getMetadata().getName(), subnet);
  }

  private void lost(String cidr) {
    store.remove(NodeSubnetName.of(cidr).value());
  }

  private List<String> deleted(String node) {
    ClusterView view =
        new ClusterView(
            List.of(),
            List.of(),
            Map.of(),
            List.of(),
            store.gone(Set.of("n1", "n2")),
            Map.of(),
            List.of(),
            Map.of());
    return Facts.lastBlocks(view, new LinkedHashMap<>()).seen().getOrDefault(node, List.of());
  }
}
