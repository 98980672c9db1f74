package dev.tweed.operator.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds for every cluster, whatever state it is found in. */
class AllocationPlannerPropertyTest {
  // Small ranges that overlap, nest and touch, so that collisions are the rule and not the
  // exception.
  private static final List<String> POOLS =
      List.of(
          "10.0.0.0/26",
          "10.0.0.64/27",
          "10.0.0.0/24",
          "10.0.0.128/28",
          "10.1.0.0/25",
          "fd00::/122");

  @Provide
  Arbitrary<AllocationInput> clusters() {
    return Combinators.combine(
            networks(), nodes(), subnets(), cursors(), blocks(), blocks(), blocks(), services())
        .as(
            (networks, nodes, subnets, cursors, deleted, released, reported, services) ->
                Fixtures.with(
                    Fixtures.with(
                        Fixtures.with(
                            Fixtures.input(networks, nodes, List.of()),
                            subnets,
                            cursors,
                            Fixtures.NOW),
                        new LastBlocks(deleted, released, reported)),
                    services));
  }

  private Arbitrary<List<NetworkFacts>> networks() {
    Arbitrary<PodNetworkSpec.Pool> pool =
        Combinators.combine(
                Arbitraries.of(POOLS),
                Arbitraries.integers().between(0, 4),
                Arbitraries.integers().between(0, 3),
                Arbitraries.integers().between(0, 3))
            .as(
                (cidr, extra, excluded, disabled) -> {
                  IpPrefix range = IpPrefix.tryParseNetwork(cidr).orElseThrow();
                  return Fixtures.pool(
                      cidr,
                      range.length() + extra,
                      excluded > 1
                          ? List.of()
                          : List.of(range.subnet(excluded, range.length() + 2).toString()),
                      disabled == 0);
                });
    Arbitrary<PodNetworkSpec> spec =
        Combinators.combine(
                pool.list().ofMinSize(1).ofMaxSize(3),
                Arbitraries.of(
                    LabelSelector.everything(), new LabelSelector(Map.of("half", "odd"), null)),
                Arbitraries.integers().between(0, 40).set().ofMaxSize(3))
            .as(
                (pools, nodes, reserving) ->
                    reserving(
                        Fixtures.spec(
                            PodNetworkSpec.Allocation.Operator,
                            nodes,
                            disjoint(pools).toArray(PodNetworkSpec.Pool[]::new)),
                        List.copyOf(reserving)));
    return Combinators.combine(spec, Arbitraries.integers().between(0, 3))
        .as(Tuple::of)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .map(
            specs ->
                IntStream.range(0, specs.size())
                    .mapToObj(
                        i -> Fixtures.network("net-" + i, specs.get(i).get2(), specs.get(i).get1()))
                    .toList());
  }

  // The last blocks of the first pool, as far as there are so many.
  private static PodNetworkSpec reserving(PodNetworkSpec spec, List<Integer> nodes) {
    PodNetworkSpec.Pool pool = spec.pools().getFirst();
    IpPrefix range = IpPrefix.tryParseNetwork(pool.cidr()).orElseThrow();
    int blocks = 1 << pool.nodePrefixLength() - range.length();
    return Fixtures.reserving(
        spec,
        IntStream.range(0, Math.min(blocks, nodes.size()))
            .mapToObj(
                i ->
                    new PodNetworkSpec.Reservation(
                        "node-" + nodes.get(i),
                        List.of(range.subnet(blocks - 1 - i, pool.nodePrefixLength()).toString())))
            .toArray(PodNetworkSpec.Reservation[]::new));
  }

  // The schema refuses pools of one network that overlap.
  private static List<PodNetworkSpec.Pool> disjoint(List<PodNetworkSpec.Pool> pools) {
    List<PodNetworkSpec.Pool> kept = new ArrayList<>();
    for (PodNetworkSpec.Pool pool : pools) {
      IpPrefix cidr = IpPrefix.tryParseNetwork(pool.cidr()).orElseThrow();
      if (kept.stream()
          .noneMatch(k -> IpPrefix.tryParseNetwork(k.cidr()).orElseThrow().overlaps(cidr))) {
        kept.add(pool);
      }
    }
    return kept;
  }

  private Arbitrary<List<NodeFacts>> nodes() {
    return Arbitraries.integers()
        .between(0, 40)
        .set()
        .ofMaxSize(20)
        .map(numbers -> numbers.stream().map(Fixtures::node).toList());
  }

  private Arbitrary<List<SubnetFacts>> subnets() {
    Arbitrary<SubnetFacts> subnet =
        Combinators.combine(
                Arbitraries.integers().between(0, 2),
                Arbitraries.integers().between(0, 44),
                Arbitraries.integers().between(0, 63),
                Arbitraries.integers().between(26, 30),
                Arbitraries.integers().between(0, 3))
            .as(
                (network, node, slot, length, age) -> {
                  int address = slot * 4 & -(1 << 32 - length) & 255;
                  return Fixtures.subnet(
                      "net-" + network, "node-" + node, "10.0.0." + address + "/" + length, age);
                });
    return subnet.list().ofMaxSize(8).map(AllocationPlannerPropertyTest::byName);
  }

  // Few of them, so that nodes claim the same; of the size of some pools only.
  private Arbitrary<Map<String, List<String>>> blocks() {
    return Arbitraries.maps(
            Arbitraries.integers().between(0, 40).map(number -> "node-" + number),
            Arbitraries.integers()
                .between(0, 7)
                .map(slot -> List.of("10.0.0." + slot * 16 + "/" + (28 + slot % 2))))
        .ofMaxSize(4);
  }

  private Arbitrary<Map<String, List<String>>> services() {
    return Arbitraries.of(
        Map.of(),
        Map.of("kubernetes", List.of("10.0.0.96/28")),
        Map.of("kubernetes", List.of("10.0.0.0/30"), "more", List.of("10.0.0.32/27")));
  }

  private static List<SubnetFacts> byName(List<SubnetFacts> subnets) {
    Set<String> names = new HashSet<>();
    return subnets.stream().filter(s -> names.add(s.name())).toList();
  }

  private Arbitrary<Map<String, Long>> cursors() {
    return Arbitraries.maps(Arbitraries.of(POOLS), Arbitraries.longs().between(0, 20)).ofMaxSize(3);
  }

  @Property
  void claimsOverlapNothing(@ForAll("clusters") AllocationInput cluster) {
    AllocationPlan plan = AllocationPlanner.plan(cluster);
    List<IpPrefix> taken = new ArrayList<>();
    cluster
        .subnets()
        .forEach(s -> taken.add(IpPrefix.tryParseNetwork(s.spec().cidr()).orElseThrow()));
    for (AllocationPlan.Claim claim : plan.claims()) {
      assertThat(taken).noneMatch(claim.cidr()::overlaps);
      taken.add(claim.cidr());
    }
  }

  @Property
  void claimsOverlapNoServicesUnlessTheNodeWasSeenToHaveTheBlock(
      @ForAll("clusters") AllocationInput cluster) {
    for (AllocationPlan.Claim claim : AllocationPlanner.plan(cluster).claims()) {
      boolean before =
          cluster
              .history()
              .lastBlocks()
              .seen()
              .getOrDefault(claim.spec().nodeName(), List.of())
              .contains(claim.cidr().toString());
      assertThat(before ? List.<List<String>>of() : cluster.serviceCIDRs().values())
          .allSatisfy(
              ranges ->
                  assertThat(ranges)
                      .noneMatch(
                          r -> IpPrefix.tryParseNetwork(r).orElseThrow().overlaps(claim.cidr())));
    }
  }

  @Property
  void claimsGiveNoNodeASecondBlockNotEvenBesideOneThatIsToGo(
      @ForAll("clusters") AllocationInput cluster) {
    Set<String> holders = new HashSet<>();
    cluster
        .subnets()
        .forEach(
            s ->
                holders.add(
                    s.spec().nodeName()
                        + IpPrefix.tryParseNetwork(s.spec().cidr()).orElseThrow().family()));
    for (AllocationPlan.Claim claim : AllocationPlanner.plan(cluster).claims()) {
      assertThat(holders.add(claim.spec().nodeName() + claim.cidr().family())).isTrue();
    }
  }

  @Property
  void claimsLieInAPoolOfTheirNetworkAndHaveItsSize(@ForAll("clusters") AllocationInput cluster) {
    for (AllocationPlan.Claim claim : AllocationPlanner.plan(cluster).claims()) {
      PodNetworkSpec spec =
          cluster.networks().stream()
              .filter(n -> n.name().equals(claim.spec().podNetwork()))
              .findFirst()
              .orElseThrow()
              .spec();
      assertThat(spec.pools())
          .anyMatch(
              p ->
                  IpPrefix.tryParseNetwork(p.cidr()).orElseThrow().contains(claim.cidr())
                      && p.nodePrefixLength() == claim.cidr().length());
    }
  }

  @Property
  void claimsAreNeitherDisabledNorExcludedNorKeptForAnother(
      @ForAll("clusters") AllocationInput cluster) {
    for (AllocationPlan.Claim claim : AllocationPlanner.plan(cluster).claims()) {
      PodNetworkSpec spec =
          cluster.networks().stream()
              .filter(n -> n.name().equals(claim.spec().podNetwork()))
              .findFirst()
              .orElseThrow()
              .spec();
      List<String> keptFor =
          spec.reservations().stream()
              .filter(r -> r.cidrs().contains(claim.cidr().toString()))
              .map(PodNetworkSpec.Reservation::nodeName)
              .toList();
      PodNetworkSpec.Pool pool =
          spec.pools().stream()
              .filter(p -> IpPrefix.tryParseNetwork(p.cidr()).orElseThrow().contains(claim.cidr()))
              .findFirst()
              .orElseThrow();
      assertThat(pool.givesBlocks()).isTrue();
      assertThat(keptFor).isSubsetOf(claim.spec().nodeName());
      if (keptFor.isEmpty()) {
        assertThat(pool.excludeCIDRs())
            .noneMatch(c -> IpPrefix.tryParseNetwork(c).orElseThrow().overlaps(claim.cidr()));
      }
    }
  }

  @Property
  void afterThePlanNoNodeHasTwoBlocksOfOneFamilyAndNothingOverlaps(
      @ForAll("clusters") AllocationInput cluster) {
    AllocationInput after = Fixtures.apply(cluster, AllocationPlanner.plan(cluster));
    Set<String> holders = new HashSet<>();
    List<IpPrefix> seen = new ArrayList<>();
    for (SubnetFacts s : after.subnets()) {
      IpPrefix cidr = IpPrefix.tryParseNetwork(s.spec().cidr()).orElseThrow();
      assertThat(holders.add(s.spec().nodeName() + cidr.family())).isTrue();
      assertThat(seen).noneMatch(cidr::overlaps);
      seen.add(cidr);
    }
  }

  @Property
  void aPlanThatWasCarriedOutLeavesNothingToAmend(@ForAll("clusters") AllocationInput cluster) {
    // Releases free ranges, so a second plan may hand them out; the third has nothing left to do.
    AllocationInput once = Fixtures.apply(cluster, AllocationPlanner.plan(cluster));
    AllocationInput twice = Fixtures.apply(once, AllocationPlanner.plan(once));
    assertThat(AllocationPlanner.plan(twice).isEmpty()).isTrue();
  }

  @Property
  void withoutReleasesOnePlanIsEnough(@ForAll("clusters") AllocationInput cluster) {
    AllocationPlan plan = AllocationPlanner.plan(cluster);
    if (plan.releases().isEmpty()) {
      assertThat(AllocationPlanner.plan(Fixtures.apply(cluster, plan)).isEmpty()).isTrue();
    }
  }

  @Property
  void orderOfInputsDoesNotMatter(
      @ForAll("clusters") AllocationInput cluster, @ForAll java.util.Random random) {
    List<NetworkFacts> networks = new ArrayList<>(cluster.networks());
    List<NodeFacts> nodes = new ArrayList<>(cluster.nodes());
    List<SubnetFacts> subnets = new ArrayList<>(cluster.subnets());
    java.util.Collections.shuffle(networks, random);
    java.util.Collections.shuffle(nodes, random);
    java.util.Collections.shuffle(subnets, random);
    AllocationInput shuffled =
        Fixtures.with(
            Fixtures.with(
                Fixtures.with(
                    Fixtures.input(networks, nodes, List.of()), cluster.history().lastBlocks()),
                cluster.serviceCIDRs()),
            subnets,
            cluster.history().cursors(),
            cluster.now());
    assertThat(AllocationPlanner.plan(shuffled)).isEqualTo(AllocationPlanner.plan(cluster));
  }

  @Property
  void oneNodeMoreMovesNobody(@ForAll("clusters") AllocationInput cluster) {
    AllocationInput settled = Fixtures.apply(cluster, AllocationPlanner.plan(cluster));
    settled = Fixtures.apply(settled, AllocationPlanner.plan(settled));
    List<NodeFacts> more = new ArrayList<>(settled.nodes());
    more.add(Fixtures.node(99));
    AllocationInput grown = Fixtures.with(settled, more);
    AllocationInput after = Fixtures.apply(grown, AllocationPlanner.plan(grown));
    assertThat(Fixtures.blocks(after)).containsAllEntriesOf(Fixtures.blocks(settled));
  }

  @Property
  void poolCountsAddUp(@ForAll("clusters") AllocationInput cluster) {
    AllocationPlan plan = AllocationPlanner.plan(cluster);
    plan.networks()
        .values()
        .forEach(
            outcome ->
                outcome
                    .pools()
                    .forEach(
                        p -> {
                          assertThat(p.allocated()).isBetween(0L, p.capacity());
                          assertThat(p.free()).isNotNegative();
                        }));
  }

  @Property
  void vtepAddressesAreUniqueAndLocallyAdministered(@ForAll("clusters") AllocationInput cluster) {
    AllocationInput after = Fixtures.apply(cluster, AllocationPlanner.plan(cluster));
    Map<String, String> owners = new java.util.HashMap<>();
    for (SubnetFacts s : after.subnets()) {
      String owner = s.spec().podNetwork() + "/" + s.spec().nodeName();
      assertThat(owners.computeIfAbsent(s.spec().vtepMAC(), m -> owner)).isEqualTo(owner);
      assertThat(Integer.parseInt(s.spec().vtepMAC().substring(0, 2), 16) & 3).isEqualTo(2);
    }
  }

  @Property
  void everyNodeOfAnAcceptedNetworkHoldsABlockOrIsCountedAsWaiting(
      @ForAll("clusters") AllocationInput cluster) {
    AllocationPlan plan = AllocationPlanner.plan(cluster);
    plan.networks()
        .values()
        .forEach(
            o -> {
              if (o.acceptance() instanceof NetworkOutcome.Accepted) {
                int waiting =
                    o.nodes(Shortfall.PoolExhausted).count()
                        + o.nodes(Shortfall.WaitingForRelease).count()
                        + o.nodes(Shortfall.NoPoolForNode).count();
                assertThat(o.allocated() + waiting).isGreaterThanOrEqualTo(o.selected());
              }
            });
  }
}
