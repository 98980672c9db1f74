package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.network;
import static dev.tweed.operator.allocation.Fixtures.node;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.spec;
import static dev.tweed.operator.allocation.Fixtures.subnet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.PodNetworkSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pods of a node whose NodeSubnet was deleted go on using its block. */
class LastBlocksTest {
  private static final NetworkFacts DEFAULT =
      network("default", 100, spec(pool("10.244.0.0/21", 24)));
  private static final String FIFTH = "10.244.5.0/24";

  private static LastBlocks deleted(String node, String... blocks) {
    return new LastBlocks(Map.of(node, List.of(blocks)), Map.of(), Map.of());
  }

  private static LastBlocks released(String node, String... blocks) {
    return new LastBlocks(Map.of(), Map.of(node, List.of(blocks)), Map.of());
  }

  private static LastBlocks reported(Map<String, List<String>> blocks) {
    return new LastBlocks(Map.of(), Map.of(), blocks);
  }

  private static LastBlocks reported(String node, String... blocks) {
    return reported(Map.of(node, List.of(blocks)));
  }

  /** Claimed blocks by node. */
  private static Map<String, String> plan(AllocationInput in, LastBlocks last) {
    Map<String, String> claims = new TreeMap<>();
    AllocationPlanner.plan(Fixtures.with(in, last))
        .claims()
        .forEach(
            c -> claims.merge(c.spec().nodeName(), c.cidr().toString(), (a, b) -> a + " " + b));
    return claims;
  }

  private static AllocationInput one() {
    return input(List.of(DEFAULT), List.of(node(1)), List.of());
  }

  @Test
  void aBlockThatWasSeenToGoComesBack() {
    assertThat(plan(one(), deleted("node-1", FIFTH))).containsEntry("node-1", FIFTH);
  }

  @Test
  void aBlockThatTheNodeReportsComesBack() {
    assertThat(plan(one(), reported("node-1", FIFTH))).containsEntry("node-1", FIFTH);
  }

  @Test
  void aNetworkThatSelectsTheNodeMeanwhileDoesNotTakeIt() {
    // Given an older network that selects the node, too, since its NodeSubnet is gone
    NetworkFacts older = network("older", 200, spec(pool("10.250.0.0/21", 24)));
    AllocationInput in = input(List.of(older, DEFAULT), List.of(node(1)), List.of());

    assertThat(plan(in, deleted("node-1", FIFTH))).containsEntry("node-1", FIFTH);
    assertThat(plan(in, LastBlocks.none())).containsEntry("node-1", "10.250.0.0/24");
  }

  @Test
  void itIsInTheCountsOfThePlanThatGivesIt() {
    NetworkOutcome outcome =
        AllocationPlanner.plan(Fixtures.with(one(), deleted("node-1", FIFTH)))
            .networks()
            .get("default");

    assertThat(outcome.allocated()).isEqualTo(1);
    assertThat(outcome.pools().getFirst().allocated()).isEqualTo(1);
  }

  @Test
  void anOlderNodeDoesNotGetItInBetween() {
    // Given a node without a block that is older, and the block next in the pool
    AllocationInput in = input(List.of(DEFAULT), List.of(node(0), node(1)), List.of());

    assertThat(plan(in, deleted("node-1", "10.244.0.0/24")))
        .containsEntry("node-1", "10.244.0.0/24")
        .containsEntry("node-0", "10.244.1.0/24");
  }

  @Test
  void aBlockThatAnotherNodeHoldsStaysThere() {
    AllocationInput in =
        input(
            List.of(DEFAULT),
            List.of(node(1), node(2)),
            List.of(subnet("default", "node-2", FIFTH, 9)));

    assertThat(plan(in, deleted("node-1", FIFTH))).doesNotContainValue(FIFTH);
    assertThat(plan(in, reported("node-1", FIFTH))).doesNotContainValue(FIFTH);
  }

  @Test
  void aNodeWithABlockGetsNoOther() {
    AllocationInput in =
        input(
            List.of(DEFAULT),
            List.of(node(1)),
            List.of(subnet("default", "node-1", "10.244.0.0/24", 9)));

    assertThat(plan(in, reported("node-1", FIFTH))).isEmpty();
  }

  @Test
  void whatANodeOfNoNetworkStillServesIsGivenWhenNothingElseIsLeft() {
    // Given a node that lost its NodeSubnet before the network stopped selecting it
    NetworkFacts even =
        network(
            "even",
            100,
            spec(
                PodNetworkSpec.Allocation.Operator,
                new LabelSelector(Map.of("half", "even"), List.of()),
                pool("10.244.0.0/22", 24)));
    LastBlocks last = reported("node-1", "10.244.0.0/24");
    List<NodeFacts> nodes = List.of(node(1), node(2), node(4), node(6));
    NodeFacts more = node(8);

    AllocationPlan three =
        AllocationPlanner.plan(Fixtures.with(input(List.of(even), nodes, List.of()), last));
    AllocationPlan four =
        AllocationPlanner.plan(
            Fixtures.with(
                input(
                    List.of(even),
                    Stream.concat(nodes.stream(), Stream.of(more)).toList(),
                    List.of()),
                last));

    // Then it is part of the pool, and the next ones do not begin there
    assertThat(three.claims())
        .extracting(c -> c.cidr().toString())
        .containsExactly("10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24");
    assertThat(four.claims())
        .filteredOn(c -> c.spec().nodeName().equals(more.name()))
        .extracting(c -> c.cidr().toString())
        .containsExactly("10.244.0.0/24");
    assertThat(three.networks().get("even").pools().getFirst().capacity()).isEqualTo(4);
    assertThat(four.networks().get("even").pools().getFirst().allocated()).isEqualTo(4);
    assertThat(four.cursors()).isEqualTo(three.cursors());
  }

  @Test
  void whatANodeThatMayReturnHeldLastIsGivenWhenOnlyWhatIsStillUsedIsLeftBeside() {
    // Given a node that is gone, and another that reports a block beside its own
    NetworkFacts small = network("small", 100, spec(pool("10.244.0.0/22", 24)));
    List<SubnetFacts> held = List.of(subnet("small", "node-1", "10.244.1.0/24", 9));
    LastBlocks last =
        new LastBlocks(
            Map.of(),
            Map.of("node-7", List.of("10.244.2.0/24")),
            Map.of("node-1", List.of("10.244.0.0/24")));
    List<NodeFacts> nodes = List.of(node(1), node(2), node(3));

    AllocationPlan one =
        AllocationPlanner.plan(
            Fixtures.with(input(List.of(small), nodes.subList(0, 2), held), last));
    AllocationPlan two =
        AllocationPlanner.plan(Fixtures.with(input(List.of(small), nodes, held), last));

    // Then it comes after a block that nobody had, and its turn begins anew
    assertThat(one.claims()).extracting(c -> c.cidr().toString()).containsExactly("10.244.3.0/24");
    assertThat(two.claims())
        .extracting(c -> c.cidr().toString())
        .containsExactly("10.244.2.0/24", "10.244.3.0/24");
    assertThat(two.cursors()).containsEntry("10.244.0.0/22", 3L);
    assertThat(two.networks().get("small").pools().getFirst().capacity()).isEqualTo(4);
  }

  @Test
  void anotherPoolComesBeforeWhatANodeMayStillServe() {
    PodNetworkSpec spec =
        spec(
            PodNetworkSpec.Allocation.Operator,
            new LabelSelector(Map.of("half", "even"), List.of()),
            pool("10.244.0.0/24", 24),
            pool("10.245.0.0/24", 24));
    AllocationInput in =
        input(List.of(network("even", 100, spec)), List.of(node(1), node(2), node(4)), List.of());

    assertThat(plan(in, reported("node-1", "10.244.0.0/24")))
        .containsOnly(Map.entry("node-2", "10.245.0.0/24"), Map.entry("node-4", "10.244.0.0/24"));
  }

  @Test
  void ofTwoThatReportABlockNeitherGetsItByThat() {
    AllocationInput in = input(List.of(DEFAULT), List.of(node(1), node(2)), List.of());
    Map<String, List<String>> both = Map.of("node-1", List.of(FIFTH), "node-2", List.of(FIFTH));

    assertThat(plan(in, reported(both)))
        .containsEntry("node-1", "10.244.0.0/24")
        .containsEntry("node-2", "10.244.1.0/24");
    // Nor does anybody else, while there are others
    assertThat(
            plan(
                in,
                reported(
                    Map.of(
                        "node-1", List.of("10.244.0.0/24"), "node-2", List.of("10.244.0.0/24")))))
        .containsEntry("node-1", "10.244.1.0/24")
        .containsEntry("node-2", "10.244.2.0/24");
  }

  @Test
  void aReportTakesNothingFromTheNodeThatWasSeenToHaveIt() {
    // Given an older node that claims what another was seen to have
    AllocationInput in = input(List.of(DEFAULT), List.of(node(0), node(1)), List.of());
    LastBlocks last =
        new LastBlocks(
            Map.of("node-1", List.of(FIFTH)), Map.of(), Map.of("node-0", List.of(FIFTH)));

    assertThat(plan(in, last)).containsEntry("node-1", FIFTH);
  }

  @Test
  void aNodeThatReturnsGetsTheBlockThatWasReleasedLast() {
    assertThat(plan(one(), released("node-1", FIFTH, "10.244.6.0/24")))
        .containsEntry("node-1", FIFTH);
    // unless another holds it, and then the one before
    AllocationInput in =
        input(
            List.of(DEFAULT),
            List.of(node(1), node(2)),
            List.of(subnet("default", "node-2", FIFTH, 9)));
    assertThat(plan(in, released("node-1", FIFTH, "10.244.6.0/24")))
        .containsEntry("node-1", "10.244.6.0/24");
  }

  @Test
  void whatWasSeenComesBeforeWhatIsReportedAndThatBeforeWhatWasReleased() {
    Map<String, List<String>> seen = Map.of("node-1", List.of("10.244.3.0/24"));
    Map<String, List<String>> released = Map.of("node-1", List.of("10.244.4.0/24"));
    Map<String, List<String>> reported = Map.of("node-1", List.of(FIFTH));

    assertThat(plan(one(), new LastBlocks(seen, released, reported)))
        .containsEntry("node-1", "10.244.3.0/24");
    assertThat(plan(one(), new LastBlocks(Map.of(), released, reported)))
        .containsEntry("node-1", FIFTH);
  }

  @Test
  void aBlockGoesToTheNodeThatReportsItAndNotToTheLastHolderOfALedgerThatWasRestored() {
    // Given an older node that held last what another serves, and a still older one
    AllocationInput in = input(List.of(DEFAULT), List.of(node(0), node(1), node(2)), List.of());
    LastBlocks last =
        new LastBlocks(
            Map.of(),
            Map.of("node-0", List.of("10.244.6.0/24"), "node-1", List.of(FIFTH, "10.244.4.0/24")),
            Map.of("node-2", List.of(FIFTH)));

    // Then that one gets what it held before, and nobody else loses anything
    assertThat(plan(in, last))
        .containsOnly(
            Map.entry("node-0", "10.244.6.0/24"),
            Map.entry("node-1", "10.244.4.0/24"),
            Map.entry("node-2", FIFTH));
  }

  @Test
  void aReportTakesNothingFromTheLastHolderIfItBringsNothing() {
    LastBlocks last =
        new LastBlocks(
            Map.of(), Map.of("node-1", List.of(FIFTH)), Map.of("node-2", List.of(FIFTH)));
    NetworkFacts odd =
        network(
            "odd",
            100,
            spec(
                PodNetworkSpec.Allocation.Operator,
                new LabelSelector(Map.of("half", "odd"), List.of()),
                pool("10.244.0.0/21", 24)));

    // Of a node that has a block
    assertThat(
            plan(
                input(
                    List.of(DEFAULT),
                    List.of(node(1), node(2)),
                    List.of(subnet("default", "node-2", "10.244.0.0/24", 9))),
                last))
        .containsOnly(Map.entry("node-1", FIFTH));
    // Of one whose network has other pools
    assertThat(plan(input(List.of(odd), List.of(node(1), node(2)), List.of()), last))
        .containsOnly(Map.entry("node-1", FIFTH));
  }

  @Test
  void ofTwoThatReportABlockNeitherTakesItFromTheLastHolderNorDoesItMoveLater() {
    List<NodeFacts> nodes = List.of(node(0), node(1), node(2));
    AllocationInput in = input(List.of(DEFAULT), nodes, List.of());
    Map<String, List<String>> released = Map.of("node-2", List.of(FIFTH));
    LastBlocks both =
        new LastBlocks(
            Map.of(), released, Map.of("node-0", List.of(FIFTH), "node-1", List.of(FIFTH)));
    LastBlocks one = new LastBlocks(Map.of(), released, Map.of("node-0", List.of(FIFTH)));

    AllocationPlan plan = AllocationPlanner.plan(Fixtures.with(in, both));
    AllocationInput after = Fixtures.apply(in, plan);

    assertThat(plan(in, both)).containsEntry("node-2", FIFTH).hasSize(3);
    for (LastBlocks last : List.of(both, one)) {
      assertThat(AllocationPlanner.plan(Fixtures.with(after, last)).isEmpty()).isTrue();
    }
  }

  @Test
  void whatIsNoBlockOfThePoolsCountsForNothing() {
    for (String no :
        List.of("10.245.5.0/24", "10.244.4.0/23", "10.244.5.0/25", "10.244.5.1/24", "")) {
      assertThat(plan(one(), reported("node-1", no))).containsEntry("node-1", "10.244.0.0/24");
      assertThat(plan(one(), released("node-1", no))).containsEntry("node-1", "10.244.0.0/24");
    }
  }

  @Test
  void aReportBringsNoAddressesOfServicesOrOtherNodes() {
    // Given a network in use whose pool has both
    NodeFacts other =
        Fixtures.facts("other", "uid", Fixtures.NOW, Map.of(), List.of("10.244.6.7"), List.of());
    AllocationInput in =
        Fixtures.with(
            input(
                List.of(DEFAULT),
                List.of(node(1), node(2), other),
                List.of(subnet("default", "node-2", "10.244.0.0/24", 9))),
            Map.of("kubernetes", List.of("10.244.5.0/26")));

    assertThat(plan(in, reported("node-1", FIFTH, "10.244.6.0/24")))
        .containsEntry("node-1", "10.244.1.0/24");
    // But a node that was seen to have such a block keeps it
    assertThat(plan(in, deleted("node-1", FIFTH))).containsEntry("node-1", FIFTH);
  }

  @Test
  void aPoolThatDoesNotAdmitTheNodeGivesNothingBack() {
    NetworkFacts divided =
        network(
            "divided",
            100,
            spec(
                new PodNetworkSpec.Pool(
                    "10.244.0.0/21", 24, new LabelSelector(Map.of("half", "even"), null)),
                pool("10.250.0.0/21", 24)));
    AllocationInput in = input(List.of(divided), List.of(node(1)), List.of());

    assertThat(plan(in, deleted("node-1", FIFTH))).containsEntry("node-1", "10.250.0.0/24");
  }

  @Test
  void oneBlockOfEachFamilyComesBack() {
    NetworkFacts dual =
        network("dual", 100, spec(pool("10.244.0.0/21", 24), pool("fd00:10:244::/48", 64)));
    AllocationInput in = input(List.of(dual), List.of(node(1)), List.of());

    assertThat(plan(in, reported("node-1", FIFTH, "10.244.6.0/24", "fd00:10:244:7::/64")))
        .containsEntry("node-1", FIFTH + " fd00:10:244:7::/64");
  }
}
