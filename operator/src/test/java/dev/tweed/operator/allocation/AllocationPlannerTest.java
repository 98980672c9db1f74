package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.NOW;
import static dev.tweed.operator.allocation.Fixtures.apply;
import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.network;
import static dev.tweed.operator.allocation.Fixtures.node;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.spec;
import static dev.tweed.operator.allocation.Fixtures.subnet;
import static dev.tweed.operator.allocation.Fixtures.unread;
import static dev.tweed.operator.allocation.Fixtures.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeSubnetName;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.UnknownValue;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationPlan.Claim;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AllocationPlannerTest {
  private static final NetworkFacts DEFAULT =
      network("default", 100, spec(pool("10.244.0.0/22", 24)));

  private static List<String> cidrs(AllocationPlan plan) {
    return plan.claims().stream().map(Claim::cidr).map(IpPrefix::toString).toList();
  }

  @Test
  void neverUsedBlocksComeBeforeReleasedOnes() {
    // Given a pool of four blocks of which the first three were in use and the second was given
    // back
    AllocationInput in =
        Fixtures.with(
            input(List.of(DEFAULT), List.of(node(1), node(3), node(4)), List.of()),
            List.of(
                subnet("default", "node-1", "10.244.0.0/24", 9),
                subnet("default", "node-3", "10.244.2.0/24", 9)),
            Map.of("10.244.0.0/22", 3L),
            NOW);

    // When a node joins
    AllocationPlan plan = AllocationPlanner.plan(in);

    // Then it gets the fourth
    assertThat(cidrs(plan)).containsExactly("10.244.3.0/24");
  }

  @Test
  void releasedBlocksAreUsedWhenNothingElseIsLeft() {
    AllocationInput in =
        Fixtures.with(
            input(List.of(DEFAULT), List.of(node(1), node(4)), List.of()),
            List.of(subnet("default", "node-1", "10.244.0.0/24", 9)),
            Map.of("10.244.0.0/22", 4L),
            NOW);

    AllocationPlan plan = AllocationPlanner.plan(in);

    assertThat(cidrs(plan)).containsExactly("10.244.1.0/24");
    assertThat(plan.cursors()).containsEntry("10.244.0.0/22", 2L);
  }

  @Test
  void exhaustionIsAValueAndAnAppendedPoolCuresIt() {
    // Given six nodes and four blocks
    List<NodeFacts> six = IntStream.range(0, 6).mapToObj(Fixtures::node).toList();
    AllocationInput in = input(List.of(DEFAULT), six, List.of());
    AllocationPlan plan = AllocationPlanner.plan(in);
    NetworkOutcome outcome = plan.networks().get("default");
    assertThat(outcome.nodes(Shortfall.PoolExhausted).count()).isEqualTo(2);
    assertThat(outcome.nodes(Shortfall.PoolExhausted)).hasToString("node-4, node-5");
    assertThat(outcome.allocated()).isEqualTo(4);

    // When a pool with other block sizes is appended
    AllocationInput after = apply(in, plan);
    NetworkFacts grown =
        network("default", 100, spec(pool("10.244.0.0/22", 24), pool("10.250.0.0/24", 26)));
    AllocationPlan second =
        AllocationPlanner.plan(
            Fixtures.with(
                input(List.of(grown), six, List.of()),
                after.subnets(),
                after.history().cursors(),
                NOW));

    // Then the two get theirs and nobody moves
    assertThat(cidrs(second)).containsExactly("10.250.0.0/26", "10.250.0.64/26");
    assertThat(second.networks().get("default").nodes(Shortfall.PoolExhausted).any()).isFalse();
  }

  @Test
  void theNamesInAMessageAreBounded() {
    List<NodeFacts> many = IntStream.range(0, 104).mapToObj(Fixtures::node).toList();
    AllocationPlan plan = AllocationPlanner.plan(input(List.of(DEFAULT), many, List.of()));
    assertThat(plan.networks().get("default").nodes(Shortfall.PoolExhausted))
        .hasToString("node-10, node-100, node-101, node-102, node-103 and 95 more");
  }

  @Test
  void aNetworkThatOverlapsAnOlderOneGetsNoBlocks() {
    NetworkFacts younger = network("younger", 50, spec(pool("10.244.2.0/23", 26)));
    AllocationPlan plan =
        AllocationPlanner.plan(input(List.of(younger, DEFAULT), List.of(node(1)), List.of()));
    assertThat(plan.networks().get("younger").acceptance())
        .isEqualTo(new NetworkOutcome.PoolOverlap("10.244.2.0/23", "default", "10.244.0.0/22"));
    assertThat(plan.claims()).allMatch(c -> c.spec().podNetwork().equals("default"));
  }

  @Test
  void anOlderNetworkDrawsAroundBlocksOfAYoungerOne() {
    // Given a block that a younger network took before the older one grew over it
    NetworkFacts younger = network("younger", 50, spec(pool("10.244.0.0/25", 27)));
    AllocationInput in =
        input(
            List.of(DEFAULT, younger),
            List.of(node(1), node(2)),
            List.of(subnet("younger", "node-1", "10.244.0.32/27", 10)));

    AllocationPlan plan = AllocationPlanner.plan(in);

    assertThat(plan.releases()).isEmpty();
    assertThat(cidrs(plan)).containsExactly("10.244.1.0/24");
  }

  @Test
  void aNodeStaysWithTheNetworkWhoseBlockItHolds() {
    NetworkFacts younger = network("younger", 50, spec(pool("10.9.0.0/24", 28)));
    AllocationInput in =
        input(
            List.of(DEFAULT, younger),
            List.of(node(1), node(2)),
            List.of(subnet("younger", "node-1", "10.9.0.0/28", 10)));

    AllocationPlan plan = AllocationPlanner.plan(in);

    assertThat(plan.claims()).extracting(c -> c.spec().nodeName()).containsExactly("node-2");
    assertThat(plan.networks().get("default").nodes(Shortfall.NodeSelectedByAnother))
        .hasToString("node-1");
    assertThat(plan.networks().get("younger").nodes(Shortfall.NodeSelectedByAnother))
        .hasToString("node-2");
  }

  @Test
  void aNodeWithoutInternalIpWaitsForOne() {
    NodeFacts bare =
        Fixtures.facts("bare", "u", NOW, Map.of(), List.of("not-an-ip", "127.0.0.1"), List.of());
    AllocationPlan plan = AllocationPlanner.plan(input(List.of(DEFAULT), List.of(bare), List.of()));
    assertThat(plan.claims()).isEmpty();
    assertThat(plan.networks().get("default").nodes(Shortfall.NoInternalIP)).hasToString("bare");
  }

  @Test
  void aNodeThatLosesItsAddressKeepsTheOneItsPeersKnow() {
    NodeFacts bare = Fixtures.facts("node-1", "uid-node-1", NOW, Map.of(), List.of(), List.of());
    SubnetFacts held = subnet("default", "node-1", "10.244.0.0/24", 10);
    AllocationPlan plan =
        AllocationPlanner.plan(input(List.of(DEFAULT), List.of(bare), List.of(held)));
    assertThat(plan.isEmpty()).isTrue();
  }

  @Test
  void aBlockOutlivesItsNodeForReleaseAfter() {
    // Given a block whose node is gone
    AllocationInput in =
        input(
            List.of(DEFAULT), List.of(), List.of(subnet("default", "node-1", "10.244.0.0/24", 10)));

    // When planned at once, then just before and at the end of the time
    AllocationPlan first = AllocationPlanner.plan(in);
    AllocationInput marked = apply(in, first);
    AllocationPlan before = AllocationPlanner.plan(at(marked, Duration.ofSeconds(299)));
    AllocationPlan due = AllocationPlanner.plan(at(marked, Duration.ofSeconds(300)));

    // Then it is marked, left alone, and released
    assertThat(first.amendments())
        .singleElement()
        .extracting(a -> a.goneSince().orElseThrow())
        .isEqualTo(NOW);
    assertThat(first.nextDeadline()).contains(NOW.plusSeconds(300));
    assertThat(before.isEmpty()).isTrue();
    assertThat(due.releases())
        .singleElement()
        .extracting(r -> r.reason())
        .isEqualTo(ReleaseReason.NodeGone);
  }

  private static AllocationInput at(AllocationInput in, Duration later) {
    return Fixtures.with(in, in.subnets(), in.history().cursors(), NOW.plus(later));
  }

  @Test
  void aNodeThatReturnsKeepsItsBlockAndGetsItsNewUid() {
    AllocationInput gone =
        input(
            List.of(DEFAULT), List.of(), List.of(subnet("default", "node-1", "10.244.0.0/24", 10)));
    AllocationInput marked = apply(gone, AllocationPlanner.plan(gone));
    NodeFacts back =
        Fixtures.facts("node-1", "another", NOW, Map.of(), List.of("192.0.2.77"), List.of());

    AllocationPlan plan = AllocationPlanner.plan(Fixtures.with(marked, List.of(back)));

    assertThat(plan.claims()).isEmpty();
    assertThat(plan.amendments())
        .singleElement()
        .satisfies(
            a -> {
              assertThat(a.goneSince()).isEmpty();
              assertThat(a.spec().nodeUID()).isEqualTo("another");
              assertThat(a.spec().nodeIPs()).containsExactly("192.0.2.77");
            });
  }

  @Test
  void ofTwoBlocksTheOlderStays() {
    AllocationInput in =
        input(
            List.of(DEFAULT),
            List.of(node(1)),
            List.of(
                subnet("default", "node-1", "10.244.3.0/24", 10),
                subnet("default", "node-1", "10.244.1.0/24", 5)));
    AllocationPlan plan = AllocationPlanner.plan(in);
    assertThat(plan.releases())
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.subnet().name()).isEqualTo("10-244-1-0-24");
              assertThat(r.reason()).isEqualTo(ReleaseReason.SecondBlock);
            });
  }

  @Test
  void dualStackGivesOneBlockOfEachFamilyWithEqualAddresses() {
    NetworkFacts dual =
        network("dual", 10, spec(pool("10.244.0.0/16", 24), pool("fd00:10:244::/48", 64)));
    NodeFacts node =
        Fixtures.facts("n", "u", NOW, Map.of(), List.of("2001:DB8::1", "192.0.2.1"), List.of());
    AllocationPlan plan = AllocationPlanner.plan(input(List.of(dual), List.of(node), List.of()));
    assertThat(plan.claims())
        .extracting(c -> NodeSubnetName.of(c.cidr()).value())
        .containsExactly("10-244-0-0-24", "fd00-0010-0244-0000-0000-0000-0000-0000-64");
    assertThat(plan.claims())
        .extracting(c -> c.spec().vtepMAC())
        .containsOnly(plan.claims().getFirst().spec().vtepMAC());
    assertThat(plan.claims())
        .allSatisfy(
            c -> assertThat(c.spec().nodeIPs()).containsExactly("192.0.2.1", "2001:db8::1"));
    assertThat(plan.networks().get("dual").allocated()).isEqualTo(1);
  }

  @Test
  void podCidrsOfAFamilyThatNoPoolHasAreLeftAlone() {
    // Given dual-stack nodes in a network of IPv4, and one that has IPv6 only
    NetworkFacts adopting =
        network(
            "adopting",
            10,
            spec(
                PodNetworkSpec.Allocation.NodePodCIDR,
                LabelSelector.everything(),
                pool("10.244.0.0/16", 24)));
    List<NodeFacts> nodes =
        List.of(
            nodeWithPodCIDRs(1, "10.244.1.0/24", "fd00:1::/64"),
            nodeWithPodCIDRs(2, "10.9.0.0/24", "fd00:2::/64"),
            nodeWithPodCIDRs(3, "fd00:3::/64"));

    AllocationPlan plan = AllocationPlanner.plan(input(List.of(adopting), nodes, List.of()));

    assertThat(cidrs(plan)).containsExactly("10.244.1.0/24");
    NetworkOutcome outcome = plan.networks().get("adopting");
    assertThat(outcome.allocated()).isEqualTo(1);
    assertThat(outcome.nodes(Shortfall.OutsidePools)).hasToString("node-2, node-3");
  }

  @Test
  void aPodCidrThatIsGivenToANewNodeIsTakenOverAtOnce() {
    // Given a node that has just gone, and a new one with its podCIDR
    NetworkFacts adopting =
        network(
            "adopting",
            10,
            spec(
                PodNetworkSpec.Allocation.NodePodCIDR,
                LabelSelector.everything(),
                pool("10.244.0.0/22", 24)));
    AllocationInput in =
        input(
            List.of(adopting),
            List.of(nodeWithPodCIDRs(9, "10.244.1.0/24")),
            List.of(
                subnet("adopting", "node-1", "10.244.1.0/24", 10),
                subnet("adopting", "node-2", "10.244.2.0/24", 10)));

    AllocationPlan plan = AllocationPlanner.plan(in);

    // Then the block goes without delay, that of another node stays, nobody says there are two
    // allocators, and the next plan gives it to the new node
    assertThat(plan.releases())
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.subnet().spec().cidr()).isEqualTo("10.244.1.0/24");
              assertThat(r.reason()).isEqualTo(ReleaseReason.PodCIDRReused);
            });
    assertThat(plan.networks().get("adopting").shortfalls())
        .containsOnlyKeys(Shortfall.WaitingForRelease);
    assertThat(cidrs(AllocationPlanner.plan(apply(in, plan)))).containsExactly("10.244.1.0/24");
  }

  private static NodeFacts nodeWithPodCIDRs(int number, String... podCIDRs) {
    NodeFacts n = node(number);
    return Fixtures.facts(
        n.name(), n.uid(), n.created(), n.labels(), n.addresses(), List.of(podCIDRs));
  }

  @Test
  void aVtepAddressThatIsTakenIsDerivedAnew() {
    String wanted = VtepMacs.derive("default/node-1", 0);
    VtepMacs macs = new VtepMacs();
    macs.keep("default", "node-2", wanted);
    assertThat(macs.of("default", "node-1")).isEqualTo(VtepMacs.derive("default/node-1", 1));
  }

  @Test
  void fiveThousandNodesArePlannedWellUnderASecond() {
    // Given 5,000 nodes, half of them with blocks; a quadratic planner needs far longer than this
    NetworkFacts big = network("default", 100, spec(pool("10.0.0.0/10", 24)));
    List<NodeFacts> nodes = IntStream.range(0, 5_000).mapToObj(Fixtures::node).toList();
    AllocationInput half = input(List.of(big), nodes.subList(0, 2_500), List.of());
    AllocationInput in = Fixtures.with(apply(half, AllocationPlanner.plan(half)), nodes);

    // The time it had a processor, which does not depend on what else the machine does.
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    AllocationPlan plan = AllocationPlanner.plan(in);

    assertThat(plan.claims()).hasSize(2_500);
    assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - start))
        .isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void aPoolWithoutARangeThatCanBeReadStopsNoOtherNetwork() {
    // Given a network whose pool has something else in the place of its cidr, noted as unknown or
    // not
    for (List<UnknownValue> unknown :
        List.of(
            List.of(new UnknownValue("spec.pools[0].cidr", "an object")),
            List.<UnknownValue>of())) {
      NetworkFacts odd =
          new NetworkFacts(
              "odd",
              "uid",
              1,
              Fixtures.NOW.minusSeconds(9),
              false,
              false,
              spec(
                  PodNetworkSpec.Allocation.Operator,
                  new LabelSelector(Map.of("half", "even"), List.of()),
                  pool(null, 24)),
              unknown);

      AllocationPlan plan =
          AllocationPlanner.plan(
              Fixtures.input(
                  List.of(odd, network("default", 5, spec(pool("10.244.0.0/16", 24)))),
                  List.of(node(1), node(2)),
                  List.of(subnet("odd", "node-2", "10.250.1.0/24", 5))));

      assertThat(plan.releases()).isEmpty();
      assertThat(plan.claims()).extracting(c -> c.spec().nodeName()).containsExactly("node-1");
    }
  }

  @Test
  void aNetworkThatCannotBeUnderstoodKeepsItsNodesAndGetsNoMore() {
    NetworkFacts known = network("default", 10, spec(pool("10.244.0.0/16", 24)));
    // A selector that is not known selects nobody.
    NetworkFacts unknown =
        new NetworkFacts(
            known.name(),
            known.uid(),
            known.generation(),
            known.created(),
            false,
            false,
            spec(
                PodNetworkSpec.Allocation.Operator,
                new LabelSelector(
                    Map.of(), List.of(new LabelSelector.Requirement("k", null, List.of()))),
                pool("10.244.0.0/16", 24)),
            List.of(new UnknownValue("spec.nodeSelector.matchExpressions[0].operator", "Gt")));
    NetworkFacts younger = network("other", 5, spec(pool("10.244.0.0/17", 24)));

    AllocationPlan plan =
        AllocationPlanner.plan(
            Fixtures.input(
                List.of(unknown, younger),
                List.of(node(1), node(2)),
                List.of(subnet("default", "node-1", "10.244.1.0/24", 5))));

    assertThat(plan.releases()).isEmpty();
    assertThat(plan.claims()).isEmpty();
    assertThat(plan.amendments()).allSatisfy(a -> assertThat(a.goneSince()).isEmpty());
    assertThat(plan.networks().get("default").acceptance())
        .isInstanceOf(NetworkOutcome.UnknownSpec.class);
    assertThat(plan.networks().get("other").acceptance())
        .isInstanceOf(NetworkOutcome.PoolOverlap.class);
  }

  @Test
  void aNodeSubnetThatCannotBeReadIsKeptAndOnlyItsNodeWaits() {
    // Given one whose network is not known, and one of which nothing but the name is, of IPv6
    AllocationInput in =
        input(
            List.of(DEFAULT),
            List.of(node(1), node(2)),
            List.of(unread("", "node-1", "10.244.0.0/23"), unread("", "", "fd00::/64")));

    AllocationPlan plan =
        AllocationPlanner.plan(
            with(
                in,
                new LastBlocks(
                    Map.of(),
                    Map.of(),
                    Map.of(
                        "node-1", List.of("10.244.3.0/24"), "node-2", List.of("10.244.1.0/24")))));

    // Then it goes to nobody, is left as it is, and the other node is served around it
    assertThat(plan.releases()).isEmpty();
    assertThat(plan.amendments()).isEmpty();
    assertThat(plan.claims()).extracting(c -> c.spec().nodeName()).containsExactly("node-2");
    assertThat(cidrs(plan)).containsExactly("10.244.2.0/24");
    assertThat(plan.networks().get("default").nodes(Shortfall.UnknownValue)).hasToString("node-1");
    assertThat(plan.networks().get("default").allocated()).isEqualTo(1);
  }

  @Test
  void whileItIsNotKnownWhoseANodeSubnetIsNobodyGetsAnotherOfItsFamily() {
    for (PodNetworkSpec.Allocation allocation : PodNetworkSpec.Allocation.values()) {
      NetworkFacts dual =
          network(
              "default",
              100,
              spec(
                  allocation,
                  LabelSelector.everything(),
                  pool("10.244.0.0/16", 24),
                  pool("fd00::/48", 64)));
      List<NodeFacts> nodes =
          List.of(
              nodeWithPodCIDRs(1, "10.244.1.0/24", "fd00:0:0:1::/64"),
              nodeWithPodCIDRs(2, "10.244.2.0/24", "fd00:0:0:2::/64"));

      AllocationPlan plan =
          AllocationPlanner.plan(
              input(
                  List.of(dual),
                  nodes,
                  List.of(
                      subnet("default", "node-1", "10.244.1.0/24", 10),
                      unread("default", "", "10.244.9.0/24"))));

      assertThat(plan.releases()).isEmpty();
      assertThat(plan.claims()).extracting(c -> c.cidr().family()).containsOnly(AddressFamily.IPV6);
      assertThat(plan.claims()).hasSize(2);
      assertThat(plan.networks().get("default").nodes(Shortfall.UnknownValue))
          .hasToString("node-2");
    }
  }

  @Test
  void whileARangeIsNotKnownNobodyGetsABlock() {
    AllocationPlan plan =
        AllocationPlanner.plan(
            input(List.of(DEFAULT), List.of(node(1)), List.of(unread("default", "node-2", ""))));

    assertThat(plan.claims()).isEmpty();
    assertThat(plan.networks().get("default").nodes(Shortfall.UnknownValue)).hasToString("node-1");
  }

  @Test
  void whatNodesLackIsToldThoughNothingIsClaimed() {
    // Given four blocks: one is held, one has an address of a node, and there are five nodes more
    NetworkFacts even =
        network(
            "even",
            200,
            spec(
                PodNetworkSpec.Allocation.Operator,
                new LabelSelector(Map.of("half", "even"), null),
                pool("10.244.0.0/22", 24)));
    List<NodeFacts> nodes =
        new ArrayList<>(IntStream.range(0, 5).mapToObj(i -> node(2 * i)).toList());
    nodes.set(1, withAddress(nodes.get(1), "10.244.1.7", List.of()));
    // and a network of podCIDRs, in which two nodes have the same
    NetworkFacts odd =
        network(
            "odd",
            100,
            spec(
                PodNetworkSpec.Allocation.NodePodCIDR,
                new LabelSelector(Map.of("half", "odd"), null),
                pool("10.77.0.0/16", 24)));
    for (int i = 1; i < 4; i += 2) {
      nodes.add(withAddress(node(i), "192.0.2." + i, List.of("10.77.5.0/24")));
    }
    AllocationInput in =
        Fixtures.with(
            input(
                List.of(even, odd), nodes, List.of(subnet("even", "node-0", "10.244.0.0/24", 10))),
            new LastBlocks(Map.of("node-4", List.of("10.244.3.0/24")), Map.of(), Map.of()));

    AllocationPlan plan = AllocationPlanner.plan(in);
    AllocationPlan standing = AllocationPlanner.standing(in);

    // Then what a plan tells is told, and what it claims does not count
    assertThat(plan.claims()).hasSize(3);
    assertThat(standing.claims()).isEmpty();
    assertThat(standing.cursors()).isEmpty();
    for (String network : List.of("even", "odd")) {
      assertThat(standing.networks().get(network).shortfalls())
          .isEqualTo(plan.networks().get(network).shortfalls());
    }
    assertThat(standing.networks().get("even").shortfalls())
        .containsEntry(Shortfall.PoolExhausted, new NetworkOutcome.NodeNames(1, List.of("node-8")))
        .containsKey(Shortfall.NodeAddressInPool);
    assertThat(standing.networks().get("odd").shortfalls()).containsKey(Shortfall.PodCIDRTaken);
    assertThat(standing.networks().get("even").allocated()).isEqualTo(1);
    assertThat(standing.networks().get("odd").allocated()).isZero();
    assertThat(standing.networks().values())
        .flatExtracting(NetworkOutcome::pools)
        .extracting(NetworkOutcome.PoolUse::allocated)
        .containsExactly(1L, 0L);
  }

  private static NodeFacts withAddress(NodeFacts n, String address, List<String> podCIDRs) {
    return Fixtures.facts(n.name(), n.uid(), n.created(), n.labels(), List.of(address), podCIDRs);
  }
}
