package dev.tweed.policy.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.source.LabelSelector.Operator;
import dev.tweed.policy.source.LabelSelector.Requirement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorsTest {

  private static final NamedPort HTTP = new NamedPort("http", Protocol.TCP, 80);

  @ParameterizedTest
  @CsvSource({
    "IN, a|b, a, true",
    "IN, a|b, c, false",
    "IN, a|b, , false",
    "NOT_IN, a|b, a, false",
    "NOT_IN, a|b, c, true",
    "NOT_IN, a|b, , true",
    "EXISTS, , a, true",
    "EXISTS, , , false",
    "DOES_NOT_EXIST, , a, false",
    "DOES_NOT_EXIST, , , true"
  })
  void operatorsAreThoseOfKubernetes(
      Operator operator, String values, String label, boolean holds) {
    LabelSelector selector = selector(requirement("app", operator, split(values)));

    assertThat(selector.matches(label == null ? Map.of("other", "a") : Map.of("app", label)))
        .isEqualTo(holds);
  }

  @Test
  void everyRequirementMustHold() {
    LabelSelector selector =
        LabelSelector.of(
            Map.of("app", "web"), List.of(requirement("tier", Operator.EXISTS, Set.of())));

    assertThat(selector.matches(Map.of("app", "web", "tier", "x"))).isTrue();
    assertThat(selector.matches(Map.of("app", "web"))).isFalse();
    assertThat(selector.matches(Map.of("tier", "x"))).isFalse();
  }

  @Test
  void whatAsksTheSameInAnotherWayHasOneSet() {
    LabelSelector labels = LabelSelector.of(Map.of("a", "1", "b", "2"), List.of());
    LabelSelector expressions =
        selector(
            requirement("b", Operator.IN, Set.of("2")), requirement("a", Operator.IN, Set.of("1")));

    assertThat(labels).isEqualTo(expressions);
    assertThat(ofPods(labels).setName()).isEqualTo(ofPods(expressions).setName());
  }

  @Test
  void whatAsksForSomethingElseHasAnother() {
    LabelSelector one = LabelSelector.label("app", "a");
    Stream<PeerKey> keys =
        Stream.of(
            PeerKey.EVERYTHING,
            ofPods(one),
            ofPods(LabelSelector.label("app", "b")),
            ofPods(selector(requirement("app", Operator.NOT_IN, Set.of("a")))),
            ofPods(selector(requirement("app", Operator.IN, Set.of("a", "b")))),
            // Old objects may hold values that are no label values.
            ofPods(selector(requirement("app", Operator.IN, Set.of("a1:b")))),
            ofPods(selector(requirement("app", Operator.EXISTS, Set.of()))),
            new PeerKey(
                Optional.empty(),
                one,
                LabelSelector.EVERYTHING,
                Optional.empty(),
                Optional.empty()),
            new PeerKey(
                Optional.of("app"),
                LabelSelector.EVERYTHING,
                one,
                Optional.empty(),
                Optional.empty()),
            new PeerKey(
                Optional.of("x"),
                LabelSelector.EVERYTHING,
                one,
                Optional.empty(),
                Optional.empty()),
            ofPods(one).with(HTTP),
            ofPods(one).with(new NamedPort("http", Protocol.SCTP, 80)),
            ofPods(one).with(new NamedPort("http", Protocol.TCP, 8080)),
            ofPods(one).with(IpBlock.of("10.0.0.0/8")),
            ofPods(one).with(IpBlock.of("10.0.0.0/8", "10.1.0.0/16")));

    assertThat(keys.map(PeerKey::setName)).doesNotHaveDuplicates().allMatch(n -> n.length() == 22);
  }

  @Test
  void namesAreStable() {
    // Another name for the same would be an object more on every node after an upgrade
    assertThat(PolicyNames.program("6f1c4c3a-3d1c-4a51-9d64-0a5f7c1f0001"))
        .isEqualTo("p-291cb211a8c9b5775371");
    assertThat(PolicyNames.namespace("default")).isEqualTo("37a8eec1ce19687d");
    assertThat(PeerKey.EVERYTHING.with(HTTP).setName()).isEqualTo("s-d652e2036918d9f89807");
  }

  @Test
  void podsThatEndedAndThoseOfTheHostsNetworkAreNotSelected() {
    NetworkPolicy all =
        new NetworkPolicy(
            "uid", 1, "red", LabelSelector.EVERYTHING, Set.of(), List.of(), List.of());
    Namespace red = new Namespace("red", Map.of());

    assertThat(all.selects(pod(false, false))).isTrue();
    assertThat(PeerKey.EVERYTHING.addresses(pod(false, false), red)).hasSize(1);
    for (Pod pod : List.of(pod(true, false), pod(false, true))) {
      assertThat(all.selects(pod)).isFalse();
      assertThat(PeerKey.EVERYTHING.addresses(pod, red)).isEmpty();
    }
  }

  private static Pod pod(boolean hostNetwork, boolean ended) {
    return new Pod(
        "uid",
        "red",
        Map.of(),
        "node-1",
        hostNetwork,
        ended,
        Set.of(IpAddress.parse("10.244.1.7")),
        List.of());
  }

  private static PeerKey ofPods(LabelSelector pods) {
    return new PeerKey(
        Optional.empty(), LabelSelector.EVERYTHING, pods, Optional.empty(), Optional.empty());
  }

  private static LabelSelector selector(Requirement... requirements) {
    return new LabelSelector(List.of(requirements));
  }

  private static Requirement requirement(String key, Operator operator, Set<String> values) {
    return new Requirement(key, operator, values);
  }

  private static Set<String> split(String values) {
    return values == null ? Set.of() : Set.of(values.split("\\|"));
  }
}
