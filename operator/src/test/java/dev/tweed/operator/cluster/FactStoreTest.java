package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.TweedApi;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.policy.PolicyFacts;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FactStoreTest {
  private int changes;
  private final FactStore<Node, NodeFacts> nodes =
      new FactStore<>(Node::new, Facts::of, () -> changes++);

  @Test
  void anObjectThatSaysTheSameAgainIsNoChange() {
    nodes.put("n1", node("1", "uid-1", "a"));
    nodes.put("n1", node("2", "uid-1", "a"));
    assertThat(changes).isEqualTo(1);

    nodes.put("n1", node("3", "uid-1", "b"));
    assertThat(changes).isEqualTo(2);

    nodes.remove("n1");
    nodes.remove("n1");
    assertThat(changes).isEqualTo(3);
  }

  @Test
  void aGuardThatIsOpenedOrClosedIsAChange() {
    Node open = node("2", "uid-1", "a");
    open.getMetadata().setAnnotations(Map.of(TweedApi.ALLOW_CHANGE, "true"));
    nodes.put("n1", node("1", "uid-1", "a"));
    nodes.put("n1", open);
    assertThat(changes).isEqualTo(2);
    assertThat(nodes.openGuards())
        .containsExactly(new OpenGuard(Node.class, "n1", "uid-1", TweedApi.ALLOW_CHANGE));

    nodes.put("n1", node("3", "uid-1", "a"));
    assertThat(changes).isEqualTo(3);
    assertThat(nodes.openGuards()).isEmpty();
  }

  @Test
  void factsComeOldestFirstAndAreGatheredAgainAfterAChangeOnly() {
    FactStore<Node, NodeFacts> store =
        new FactStore<>(Node::new, Facts::of, NodeFacts.OLDEST_FIRST, () -> {});
    for (String name : List.of("b", "c", "a")) {
      store.put(name, named(name, "1"));
    }
    List<NodeFacts> before = store.facts();
    assertThat(before).extracting(NodeFacts::name).containsExactly("a", "b", "c");

    store.put("a", named("a", "2"));
    assertThat(store.facts()).isSameAs(before);

    store.put("d", named("d", "3"));
    store.remove("a");
    assertThat(store.facts()).extracting(NodeFacts::name).containsExactly("b", "c", "d");
    assertThat(store.byName()).containsOnlyKeys("b", "c", "d");
  }

  private static Node named(String name, String version) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withResourceVersion(version)
        .endMetadata()
        .build();
  }

  @Test
  void theInformerIsGivenNamesAndVersions() {
    assertThat(nodes.put("n1", node("1", "uid-1", "a"))).isNull();
    assertThat(nodes.put("n1", node("2", "uid-1", "a")).getMetadata().getResourceVersion())
        .isEqualTo("1");
    assertThat(nodes.get("n1").getMetadata().getResourceVersion()).isEqualTo("2");
    assertThat(nodes.values()).extracting(n -> n.getMetadata().getName()).containsExactly("n1");
    assertThat(nodes.remove("n1").getMetadata().getName()).isEqualTo("n1");
    assertThat(nodes.get("n1")).isNull();
  }

  @Test
  void anObjectMadeAnewWhileNobodyWatchedIsAChangeThoughItsGenerationIsTheSame() {
    FactStore<FirewallPolicy, PolicyFacts> policies =
        new FactStore<>(FirewallPolicy::new, Facts::of, () -> changes++);
    policies.put("web", policy("1", "uid-1"));
    policies.put("web", policy("2", "uid-2"));

    assertThat(changes).isEqualTo(2);
  }

  private static Node node(String version, String uid, String zone) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName("n1")
        .withUid(uid)
        .withResourceVersion(version)
        .addToLabels("zone", zone)
        .endMetadata()
        .build();
  }

  private static FirewallPolicy policy(String version, String uid) {
    FirewallPolicy policy = new FirewallPolicy();
    policy.getMetadata().setName("web");
    policy.getMetadata().setUid(uid);
    policy.getMetadata().setGeneration(1L);
    policy.getMetadata().setResourceVersion(version);
    return policy;
  }
}
