package dev.tweed.policy.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Decision;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Flow;
import dev.tweed.policy.Judgement;
import dev.tweed.policy.PolicyEvaluator;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.oracle.Cyclonus.End;
import dev.tweed.policy.oracle.Cyclonus.Port;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.LabelSelector.Operator;
import dev.tweed.policy.source.LabelSelector.Requirement;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.Pod;
import dev.tweed.policy.testing.RandomClusters;
import dev.tweed.policy.testing.ReferenceCompiler;
import dev.tweed.policy.testing.ReferenceEvaluator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * What our compiled form and our reading of the API make of NetworkPolicies, against an engine
 * whose authors have never seen ours. Where it is known to differ from the API's own words there is
 * an example, which fails when it no longer does.
 */
@Tag("api-server")
class CyclonusDifferentialTest {

  private static final List<Port> PORTS =
      List.of(
          tcp(80),
          tcp(8080),
          tcp(81),
          new Port(Optional.of(Protocol.UDP), 80),
          new Port(Optional.of(Protocol.SCTP), 80),
          new Port(Optional.empty(), 0));

  private static Cyclonus cyclonus;

  @BeforeContainer
  static void start() {
    cyclonus = Cyclonus.start();
  }

  @AfterContainer
  static void stop() {
    if (cyclonus != null) {
      cyclonus.close();
    }
  }

  @Provide
  Arbitrary<Cluster> clusters() {
    return Arbitraries.randomValue(RandomClusters::networkPolicies);
  }

  @Property(tries = 1500)
  void bothMakeTheSameOfRandomPolicies(@ForAll("clusters") Cluster cluster) {
    List<End> ends = ends(cluster);
    Cyclonus.Table table = cyclonus.judge(cluster, ends, PORTS);

    ReferenceEvaluator reference = new ReferenceEvaluator(cluster);
    Map<String, PolicyEvaluator> nodes = new LinkedHashMap<>();
    for (Cluster.Node node : cluster.nodes()) {
      nodes.put(node.name(), new PolicyEvaluator(ReferenceCompiler.compile(cluster, node.name())));
    }
    for (int source = 0; source < ends.size(); source++) {
      for (int destination = 0; destination < ends.size(); destination++) {
        if (isOfOneHost(cluster, ends.get(source), ends.get(destination))
            || ends.get(source).address().family() != ends.get(destination).address().family()) {
          continue;
        }
        for (int port = 0; port < PORTS.size(); port++) {
          Flow flow =
              new Flow(
                  ends.get(source).address(),
                  ends.get(destination).address(),
                  PORTS.get(port).protocol(),
                  PORTS.get(port).number());
          for (Direction direction : Direction.values()) {
            boolean allowed = table.allows(direction, source, destination, port);
            End subject = ends.get(direction == Direction.EGRESS ? source : destination);
            assertThat(reference.accepts(flow, direction))
                .as("reference, %s of %s", direction, flow)
                .isEqualTo(allowed);
            subject
                .pod()
                .ifPresent(
                    pod -> {
                      Judgement judgement = nodes.get(pod.node()).judge(flow);
                      assertThat(judgement.decision(direction).map(Decision::accepted))
                          .as("compiled, %s of %s: %s", direction, flow, judgement)
                          .hasValue(allowed);
                    });
          }
        }
      }
    }
  }

  /**
   * Its NotIn wants the key to be there. "all resources with key equal to tier and values distinct
   * from frontend and backend, and all resources with no labels with the tier key" is what the
   * documentation of labels says of {@code tier notin (frontend, backend)}.
   */
  @Example
  void cyclonusTakesNotInForALabelThatIsThere() {
    LabelSelector selector =
        new LabelSelector(List.of(new Requirement("tier", Operator.NOT_IN, Set.of("x"))));

    assertThat(selector.matches(Map.of("app", "x"))).isTrue();
    assertThat(selects(selector, Map.of("app", "x"))).isFalse();
    assertThat(selects(selector, Map.of("tier", "y"))).isTrue();
  }

  /**
   * It takes a label that is not there for an empty one. A pair of matchLabels "is equivalent to an
   * element of matchExpressions, whose key field is 'key', the operator is 'In', and the values
   * array contains only 'value'", and In wants the key.
   */
  @Example
  void cyclonusTakesAMissingLabelForAnEmptyOne() {
    LabelSelector selector = LabelSelector.label("tier", "");

    assertThat(selector.matches(Map.of("app", "x"))).isFalse();
    assertThat(selects(selector, Map.of("app", "x"))).isTrue();
  }

  /** Whether cyclonus isolates a pod with these labels. */
  private static boolean selects(LabelSelector selector, Map<String, String> labels) {
    Pod pod =
        new Pod(
            "pod",
            "x",
            labels,
            "node-1",
            false,
            false,
            Set.of(IpAddress.parse("10.244.1.2")),
            List.of());
    NetworkPolicy policy =
        new NetworkPolicy("np", 1, "x", selector, Set.of(Direction.INGRESS), List.of(), List.of());
    Cluster cluster =
        new Cluster(List.of(), List.of(), List.of(), List.of(pod), List.of(policy), List.of());
    List<End> ends =
        List.of(
            new End(IpAddress.parse("198.51.100.7"), Optional.empty()),
            new End(pod.addresses().iterator().next(), Optional.of(pod)));
    return !cyclonus.judge(cluster, ends, PORTS).allows(Direction.INGRESS, 0, 1, 0);
  }

  /** Addresses of pods, and of nodes outside the pools: it does not know that nodes have others. */
  private static List<End> ends(Cluster cluster) {
    List<End> ends = new ArrayList<>();
    cluster.pods().stream()
        .filter(Pod::isSelectable)
        .forEach(p -> p.addresses().forEach(a -> ends.add(new End(a, Optional.of(p)))));
    cluster.nodes().stream()
        .flatMap(n -> n.outside().stream())
        .forEach(a -> ends.add(new End(a, Optional.empty())));
    ends.add(new End(IpAddress.parse("198.51.100.7"), Optional.empty()));
    ends.add(new End(IpAddress.parse("2001:db8:f::7"), Optional.empty()));
    return ends;
  }

  /** A pod and itself, or its own node: always let through, of which it knows nothing. */
  private static boolean isOfOneHost(Cluster cluster, End one, End other) {
    return one.address().equals(other.address())
        || isNodeOf(cluster, one, other)
        || isNodeOf(cluster, other, one);
  }

  private static boolean isNodeOf(Cluster cluster, End node, End pod) {
    return cluster.nodes().stream()
        .filter(n -> n.outside().contains(node.address()))
        .anyMatch(n -> pod.pod().filter(p -> p.node().equals(n.name())).isPresent());
  }

  private static Port tcp(int number) {
    return new Port(Optional.of(Protocol.TCP), number);
  }
}
