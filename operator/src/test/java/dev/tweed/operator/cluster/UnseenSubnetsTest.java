package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.SubnetFacts;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnseenSubnetsTest {
  private final UnseenSubnets unseen = new UnseenSubnets();

  private static SubnetFacts created(String name, String version) {
    NodeSubnet subnet = new NodeSubnet();
    subnet.getMetadata().setName(name);
    subnet.getMetadata().setResourceVersion(version);
    subnet.setSpec(new NodeSubnetSpec("default", "node", "uid", "10.0.0.0/24", List.of(), null));
    return Facts.of(subnet);
  }

  private Set<String> after(String delivered) {
    return unseen.after(() -> delivered).keySet();
  }

  @Test
  void oneIsBelievedInUntilTheWatchHasComeAsFar() {
    unseen.remember(List.of(created("a", "9"), created("b", "10")));

    assertThat(after(null)).containsExactlyInAnyOrder("a", "b");
    assertThat(after("8")).containsExactlyInAnyOrder("a", "b");
    assertThat(after("9")).containsExactly("b");
    assertThat(after("10")).isEmpty();
  }

  @Test
  void whatWasCreatedBeforeEtcdWasPutBackIsNot() {
    assertThat(after("1000")).isEmpty();
    unseen.remember(List.of(created("a", "1001")));

    assertThat(after("500")).isEmpty();

    // What is created then is believed in
    unseen.remember(List.of(created("b", "501")));
    assertThat(after("500")).containsExactly("b");
  }
}
