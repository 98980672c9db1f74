package dev.tweed.operator.allocation;

import static dev.tweed.operator.allocation.Fixtures.NOW;
import static dev.tweed.operator.allocation.Fixtures.input;
import static dev.tweed.operator.allocation.Fixtures.network;
import static dev.tweed.operator.allocation.Fixtures.node;
import static dev.tweed.operator.allocation.Fixtures.pool;
import static dev.tweed.operator.allocation.Fixtures.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.PodNetworkSpec.Allocation;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * One mistake does not take the blocks of a whole network; nodes that go every night do not wait.
 */
class ReleaseValveTest {
  private static final Duration STEP = Duration.ofMinutes(5);
  private static final LabelSelector TYPO = new LabelSelector(Map.of("rol", "worker"), null);

  /** A cluster in virtual time, whose plans are carried out. */
  private static final class Cluster {
    private List<NetworkFacts> networks;
    private List<NodeFacts> nodes = List.of();
    private List<SubnetFacts> subnets = List.of();
    private Map<String, Long> cursors = Map.of();
    private Map<String, Instant> heard = Map.of();
    private RecentReleases released = RecentReleases.none();
    private Instant now = NOW;

    Cluster(NetworkFacts... networks) {
      this.networks = List.of(networks);
    }

    AllocationInput input() {
      AllocationInput in = Fixtures.input(networks, nodes, subnets);
      return Fixtures.released(
          Fixtures.heard(Fixtures.with(in, subnets, cursors, now), heard),
          released.at(now).byNetwork(subnets));
    }

    AllocationPlan run() {
      AllocationInput in = input();
      AllocationPlan plan = AllocationPlanner.plan(in);
      AllocationInput after = Fixtures.apply(in, plan);
      subnets = after.subnets();
      cursors = after.history().cursors();
      released = released.at(now).and(plan.releases(), now);
      return plan;
    }

    /** What was released in a time, planned every five minutes. */
    List<Release> after(Duration time) {
      List<Release> released = new ArrayList<>();
      Instant end = now.plus(time);
      while (now.isBefore(end)) {
        now = now.plus(STEP);
        released.addAll(run().releases());
      }
      return released;
    }

    Map<String, String> blocks() {
      Map<String, String> blocks = new HashMap<>();
      subnets.forEach(s -> blocks.put(s.spec().nodeName(), s.spec().cidr()));
      return blocks;
    }
  }

  private static NetworkFacts network24(LabelSelector nodes, String pool) {
    return network("default", 100, spec(Allocation.Operator, nodes, pool(pool, 24)));
  }

  private static Cluster cluster(int nodes, String pool) {
    Cluster cluster = new Cluster(network24(LabelSelector.everything(), pool));
    cluster.nodes = nodes(0, nodes);
    cluster.run();
    assertThat(cluster.subnets).hasSize(nodes);
    return cluster;
  }

  private static List<NodeFacts> nodes(int from, int to) {
    return IntStream.range(from, to).mapToObj(Fixtures::node).toList();
  }

  @Test
  void anAutoscalerThatHalvesTheClusterEachNightKeepsNobodyWaiting() {
    // Given a hundred nodes and blocks for 128
    Cluster cluster = cluster(100, "10.244.0.0/17");
    int next = 100;
    for (int night = 0; night < 7; night++) {
      // When half of them go for the night
      List<NodeFacts> stay = cluster.nodes.subList(50, 100);
      cluster.nodes = stay;
      List<Release> released = cluster.after(Duration.ofHours(8));

      // Then their blocks are back before the morning, with nobody asked to agree
      assertThat(released).hasSize(50);
      assertThat(cluster.run().suspended()).isEmpty();

      // and when as many new ones come, each has its block at once
      cluster.nodes = Stream.concat(stay.stream(), nodes(next, next + 50).stream()).toList();
      next += 50;
      AllocationPlan plan = cluster.run();
      assertThat(plan.claims()).hasSize(50);
      assertThat(plan.networks().get("default").allocated()).isEqualTo(100);
      cluster.now = cluster.now.plus(Duration.ofHours(16));
    }
  }

  @Test
  void manyNodesThatAreGoneKeepTheirBlocksForAnHour() {
    Cluster cluster = cluster(40, "10.244.0.0/16");
    Map<String, String> before = cluster.blocks();
    List<NodeFacts> all = cluster.nodes;

    // When all Nodes are deleted by mistake, and made anew
    cluster.nodes = List.of();
    assertThat(cluster.after(Duration.ofMinutes(60))).isEmpty();
    cluster.nodes = all;
    cluster.run();

    // Then each has its block
    assertThat(cluster.blocks()).isEqualTo(before);
    // and those that do not come back lose it after that hour
    cluster.nodes = all.subList(0, 20);
    assertThat(cluster.after(Duration.ofMinutes(70)))
        .hasSize(20)
        .allMatch(r -> r.reason() == ReleaseReason.NodeGone);
  }

  @Test
  void aNodeWithoutNodeObjectIsNotGoneWhileItsDaemonIsHeard() {
    Cluster cluster = cluster(40, "10.244.0.0/16");
    cluster.nodes = List.of();
    cluster.run();

    // When one is heard all the time, one was heard last an hour before its Node went
    cluster.now = cluster.now.plus(Duration.ofHours(2));
    cluster.heard = Map.of("node-1", cluster.now, "node-2", NOW.minusSeconds(3_600));
    List<Release> released = cluster.run().releases();

    assertThat(released).hasSize(39).noneMatch(r -> r.subnet().spec().nodeName().equals("node-1"));

    // and of those that just went the one that has been silent for an hour need not be waited for
    cluster = cluster(40, "10.244.0.0/16");
    cluster.nodes = List.of();
    cluster.run();
    cluster.now = cluster.now.plus(STEP);
    cluster.heard = Map.of("node-1", cluster.now, "node-2", NOW.minusSeconds(3_600));
    assertThat(cluster.run().releases())
        .singleElement()
        .satisfies(r -> assertThat(r.subnet().spec().nodeName()).isEqualTo("node-2"));
  }

  @Test
  void whoHasBeenSilentLongestMakesRoomWhenThePoolHasNone() {
    // Given sixteen blocks, all held, and half of the nodes gone, one after the other
    Cluster cluster = cluster(16, "10.244.0.0/20");
    for (int gone = 1; gone <= 8; gone++) {
      cluster.nodes = nodes(gone, 16);
      cluster.now = cluster.now.plusSeconds(1);
      cluster.run();
    }
    cluster.now = cluster.now.plus(STEP);
    assertThat(cluster.run().releases()).isEmpty();

    // When three nodes join
    cluster.nodes = Stream.concat(nodes(8, 16).stream(), nodes(20, 23).stream()).toList();
    AllocationPlan plan = cluster.run();

    // Then as many blocks are released as they need, and they have theirs with the next plan
    assertThat(plan.releases())
        .extracting(r -> r.subnet().spec().nodeName())
        .containsExactly("node-0", "node-1", "node-2");
    assertThat(cluster.run().claims()).hasSize(3);
    assertThat(cluster.run().releases()).isEmpty();
  }

  @Test
  void noRoomIsMadeWhereItIsOfNoUse() {
    // Given pools of two halves, and nodes of the even one gone
    NetworkFacts halves =
        network("default", 100, spec(half("10.244.0.0/21", "even"), half("10.244.8.0/21", "odd")));
    Cluster cluster = new Cluster(halves);
    cluster.nodes = nodes(0, 16);
    cluster.run();
    cluster.nodes = cluster.nodes.stream().filter(n -> n.labels().containsValue("odd")).toList();
    cluster.after(Duration.ofMinutes(10));

    // When an odd one comes
    cluster.nodes = Stream.concat(cluster.nodes.stream(), Stream.of(node(17))).toList();

    assertThat(cluster.run().releases()).isEmpty();
  }

  private static dev.tweed.crds.PodNetworkSpec.Pool half(String cidr, String half) {
    return new dev.tweed.crds.PodNetworkSpec.Pool(
        cidr, 24, new LabelSelector(Map.of("half", half), null));
  }

  @Test
  void aFewThatAreGoneGiveTheirBlocksBackAfterReleaseAfter() {
    Cluster cluster = cluster(40, "10.244.0.0/16");
    cluster.nodes = nodes(4, 40);

    assertThat(cluster.after(Duration.ofMinutes(10))).hasSize(4);

    // In a small cluster three are few, whatever their share
    cluster = cluster(4, "10.244.0.0/16");
    cluster.nodes = nodes(3, 4);
    assertThat(cluster.after(Duration.ofMinutes(10))).hasSize(3);
  }

  @Test
  void aWrongNodeSelectorTakesNoBlock() {
    // Given a network in use whose nodeSelector is misspelt for a day
    Cluster cluster = cluster(5, "10.244.0.0/16");
    Map<String, String> before = cluster.blocks();
    cluster.networks = List.of(network24(TYPO, "10.244.0.0/16"));

    // Then it is said at once, and nothing is released
    assertThat(cluster.run().suspended())
        .hasSize(5)
        .allMatch(r -> r.reason() == ReleaseReason.NodeLeft);
    assertThat(cluster.after(Duration.ofHours(24))).isEmpty();
    assertThat(cluster.run().suspended()).hasSize(5);

    // and when it is corrected every node has the block it had
    cluster.networks = List.of(network24(LabelSelector.everything(), "10.244.0.0/16"));
    assertThat(cluster.run().suspended()).isEmpty();
    assertThat(cluster.blocks()).isEqualTo(before);
    assertThat(cluster.after(Duration.ofHours(1))).isEmpty();
    assertThat(cluster.subnets).allMatch(s -> s.goneSince().isEmpty());
  }

  @Test
  void aMassThatComesOneByOneIsOne() {
    // Given a controller that takes the label off a node every minute, of few ones and of many
    assertThat(strippedOneAMinute(20)).isEmpty();

    // Then those that fall due one by one are together no more than would go at once
    assertThat(strippedOneAMinute(100)).hasSizeBetween(1, 10);
  }

  private static List<Release> strippedOneAMinute(int count) {
    Cluster cluster =
        new Cluster(network24(new LabelSelector(Map.of("half", "even"), null), "10.244.0.0/16"));
    List<NodeFacts> nodes =
        new ArrayList<>(IntStream.range(0, count).mapToObj(i -> node(i * 2)).toList());
    cluster.nodes = nodes;
    cluster.run();
    List<Release> released = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      NodeFacts n = nodes.get(i);
      nodes.set(
          i, Fixtures.facts(n.name(), n.uid(), n.created(), Map.of(), n.addresses(), n.podCIDRs()));
      cluster.now = cluster.now.plusSeconds(60);
      released.addAll(cluster.run().releases());
    }
    released.addAll(cluster.after(Duration.ofHours(24)));
    assertThat(cluster.run().suspended()).hasSize(count - released.size());
    return released;
  }

  @Test
  void aPersonMayAgree() {
    Cluster cluster = cluster(40, "10.244.0.0/16");
    NetworkFacts typo = network24(TYPO, "10.244.0.0/16");
    cluster.networks = List.of(typo);
    cluster.after(Duration.ofHours(1));

    cluster.networks =
        List.of(
            new NetworkFacts(
                typo.name(), typo.uid(), 1, typo.created(), false, true, typo.spec(), List.of()));
    AllocationPlan plan = cluster.run();

    assertThat(plan.releases()).hasSize(40);
    assertThat(plan.suspended()).isEmpty();
  }

  @Test
  void ofManyOtherPodCidrsNoneIsTaken() {
    NetworkFacts adopting =
        network(
            "default",
            100,
            spec(Allocation.NodePodCIDR, LabelSelector.everything(), pool("10.244.0.0/16", 24)));
    Cluster cluster = new Cluster(adopting);
    cluster.nodes = IntStream.range(0, 40).mapToObj(i -> withPodCIDR(i, i)).toList();
    cluster.run();

    // Four of forty are not many
    cluster.nodes = otherPodCIDRs(4, 100);
    assertThat(cluster.run().releases()).hasSize(4);
    assertThat(cluster.run().claims()).hasSize(4);

    // but one more is, until an hour has passed since they went
    cluster.nodes = otherPodCIDRs(1, 200);
    AllocationPlan plan = cluster.run();
    assertThat(plan.releases()).isEmpty();
    assertThat(plan.suspended())
        .hasSize(1)
        .allMatch(r -> r.reason() == ReleaseReason.PodCIDRChanged);
    assertThat(cluster.after(Duration.ofMinutes(55))).isEmpty();
    assertThat(cluster.after(Duration.ofMinutes(5))).hasSize(1);

    // and so are five at once
    cluster.after(RecentReleases.COUNTED);
    cluster.nodes = otherPodCIDRs(5, 110);
    assertThat(cluster.run().releases()).isEmpty();
    assertThat(cluster.run().suspended()).hasSize(5);
  }

  @Test
  void nodesThatAreInstalledAnewGetTheirNewPodCidrsAtOnce() {
    Cluster cluster =
        new Cluster(
            network(
                "default",
                100,
                spec(
                    Allocation.NodePodCIDR,
                    LabelSelector.everything(),
                    pool("10.244.0.0/16", 24))));
    cluster.nodes = IntStream.range(0, 20).mapToObj(i -> withPodCIDR(i, i)).toList();
    cluster.run();

    // When ten of twenty come back, at first without a podCIDR
    cluster.now = cluster.now.plus(Duration.ofHours(1));
    cluster.nodes = anew(cluster, false);
    cluster.run();
    cluster.nodes = anew(cluster, true);

    assertThat(cluster.run().releases())
        .hasSize(10)
        .allMatch(r -> r.reason() == ReleaseReason.NodeReplaced);
    assertThat(cluster.run().claims()).hasSize(10);
  }

  private static List<NodeFacts> anew(Cluster cluster, boolean podCIDRs) {
    return IntStream.range(0, 20)
        .mapToObj(
            i -> {
              NodeFacts n = withPodCIDR(i, i < 10 ? 100 + i : i);
              return i >= 10
                  ? n
                  : Fixtures.facts(
                      n.name(),
                      "uid-anew-" + i,
                      cluster.now,
                      n.labels(),
                      n.addresses(),
                      podCIDRs ? n.podCIDRs() : List.of());
            })
        .toList();
  }

  @Test
  void aReleaseThatTheCacheHasNotSeenCountsOnce() {
    // Given three of forty that go
    Cluster cluster = cluster(40, "10.244.0.0/16");
    List<SubnetFacts> before = cluster.subnets;
    RecentReleases released =
        RecentReleases.none()
            .and(
                before.subList(0, 3).stream()
                    .map(s -> new Release(s, ReleaseReason.NodeLeft, "", Optional.empty()))
                    .toList(),
                NOW);

    assertThat(released.byNetwork(before)).isEmpty();
    assertThat(released.byNetwork(before.subList(1, 40))).isEqualTo(Map.of("default", 1));
  }

  private static List<NodeFacts> otherPodCIDRs(int count, int third) {
    return IntStream.range(0, 40)
        .mapToObj(i -> withPodCIDR(i, i < count ? third + i : i < 4 ? 100 + i : i))
        .toList();
  }

  private static NodeFacts withPodCIDR(int node, int third) {
    NodeFacts n = node(node);
    return Fixtures.facts(
        n.name(),
        n.uid(),
        n.created(),
        n.labels(),
        n.addresses(),
        List.of("10.244." + third + ".0/24"));
  }

  @Test
  void aNodeWhoseBlockIsKeptIsFollowed() {
    Cluster cluster = cluster(5, "10.244.0.0/16");
    cluster.networks = List.of(network24(TYPO, "10.244.0.0/16"));
    cluster.after(Duration.ofHours(1));
    // When it is made anew, with another address
    NodeFacts n = node(0);
    List<NodeFacts> moved = new ArrayList<>(cluster.nodes);
    moved.set(
        0,
        Fixtures.facts(
            n.name(), "uid-anew", n.created(), n.labels(), List.of("198.51.100.1"), List.of()));
    cluster.nodes = moved;

    cluster.run();

    // Then peers send to that address, and its daemon finds the block its own
    assertThat(cluster.subnets)
        .filteredOn(s -> s.spec().nodeName().equals("node-0"))
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.spec().nodeIPs()).containsExactly("198.51.100.1");
              assertThat(s.spec().nodeUID()).isEqualTo("uid-anew");
            });
  }

  @Test
  void aNetworkThatIsGoneOrMadeAnewIsAskedNothing() {
    Cluster cluster = cluster(40, "10.244.0.0/16");
    cluster.networks = List.of(network24(LabelSelector.everything(), "10.99.0.0/16"));
    assertThat(AllocationPlanner.plan(cluster.input()).releases()).hasSize(40);

    cluster.networks = List.of();
    assertThat(AllocationPlanner.plan(cluster.input()).releases()).hasSize(40);
    assertThat(AllocationPlanner.plan(input(List.of(), List.of(), List.of())).suspended())
        .isEmpty();
  }
}
