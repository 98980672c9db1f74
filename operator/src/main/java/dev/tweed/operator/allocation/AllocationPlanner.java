package dev.tweed.operator.allocation;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationPlan.Claim;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.HeldBlocks.Held;
import dev.tweed.operator.allocation.NetworkOutcome.PoolUse;
import dev.tweed.operator.allocation.NodeAddressPlanner.Choice;
import dev.tweed.operator.allocation.NodeAddressPlanner.Claimant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides who holds which block.
 *
 * <p>Sticky: a node keeps what it holds, and a node more or less moves nobody else. Deterministic:
 * the order of the inputs does not matter. Every NodeSubnet of every network is occupied by range,
 * not by name. A pool without a free block is an outcome, not an error.
 *
 * <p>A node without a block gets the one it had last, if that is free and its network may give it:
 * its pods may still use it. That comes before anything is handed out anew; what another node had
 * last is handed out when a pool has nothing else, and what one may still use after that.
 *
 * <p>A node belongs to the network whose block it holds while that network selects it, else to one
 * that does and can give it the block it had last, else to the oldest accepted one that does. One
 * block per family and node.
 */
public final class AllocationPlanner {
  /**
   * A node in the plan.
   *
   * @param network the one it belongs to, if it does to any
   * @param blocks those of its blocks that stand, oldest first
   */
  private record Member(NodeFacts node, Optional<CandidateNetwork> network, List<Held> blocks) {
    Optional<Held> block(AddressFamily family) {
      for (Held block : blocks) {
        if (block.cidr().family() == family) {
          return Optional.of(block);
        }
      }
      return Optional.empty();
    }

    boolean isOf(CandidateNetwork other) {
      return network.isPresent() && network.get().name().equals(other.name());
    }
  }

  /** The first and the last address of a block, its gateway, and the one that probes come from. */
  private static final int NOT_FOR_PODS = 4;

  private final AllocationInput input;
  private final boolean claiming;
  private final List<CandidateNetwork> networks;
  private final Map<String, NodeFacts> nodes = new HashMap<>();
  private final ReservedRanges reserved;
  private final HeldBlocks held;
  private final SubnetContents contents;
  private final List<Member> byAge = new ArrayList<>();
  private final Map<String, CandidateNetwork> ownerOf = new HashMap<>();
  private final NodeAddressPlanner addresses;
  private Optional<List<Map<String, List<IpPrefix>>>> last = Optional.empty();
  private final Map<String, NetworkTally> tallies = new LinkedHashMap<>();
  private final List<Claim> claims = new ArrayList<>();
  private final Map<String, List<IpPrefix>> restored = new HashMap<>();
  private final SortedMap<String, Long> cursors = new TreeMap<>();
  private final Map<List<Pool>, Integer> needs = new LinkedHashMap<>();

  private AllocationPlanner(AllocationInput input, boolean claiming) {
    this.input = input;
    this.claiming = claiming;
    this.reserved = new ReservedRanges(input.nodes(), input.serviceCIDRs());
    this.networks = CandidateNetwork.judge(input.networks(), input.subnets(), reserved);
    Map<String, CandidateNetwork> byName = new HashMap<>();
    for (CandidateNetwork network : networks) {
      byName.put(network.name(), network);
      tallies.put(network.name(), new NetworkTally());
    }
    input.nodes().forEach(node -> nodes.put(node.name(), node));
    this.held = HeldBlocks.of(input.subnets(), byName, nodes);
    this.contents = new SubnetContents(input.mirroredLabels(), held.standing());
    for (NodeFacts node : input.nodes().stream().sorted(NodeFacts.OLDEST_FIRST).toList()) {
      List<Held> blocks = held.of(node.name());
      Optional<CandidateNetwork> owner = owner(node, blocks, byName);
      owner.ifPresent(network -> ownerOf.put(node.name(), network));
      byAge.add(new Member(node, owner, blocks));
    }
    this.addresses =
        NodeAddressPlanner.plan(
            byAge.stream().flatMap(m -> claimant(m, byName).stream()).toList(),
            input.daemons().linkAddresses());
  }

  // A node that has left its network is reached there until it has lost its block.
  private static Optional<Claimant> claimant(Member member, Map<String, CandidateNetwork> byName) {
    return member
        .network()
        .or(() -> member.blocks().stream().findFirst().map(b -> byName.get(b.network())))
        .map(network -> new Claimant(member.node(), network, member.blocks()));
  }

  /** Plans from scratch; the same input gives the same plan. */
  public static AllocationPlan plan(AllocationInput input) {
    return new AllocationPlanner(input, true).plan();
  }

  /** How things stand: what nodes lack, and that nothing but what is there counts as theirs. */
  public static AllocationPlan standing(AllocationInput input) {
    return new AllocationPlanner(input, false).plan();
  }

  private AllocationPlan plan() {
    StandingBlocks standing =
        StandingBlocks.judge(held.standing(), nodes, ownerOf, addresses, contents, input);
    Map<String, List<PoolUse>> before = new HashMap<>();
    if (!claiming) {
      networks.forEach(network -> before.put(network.name(), shelf(network).use()));
    }
    restore();
    SortedMap<String, NetworkOutcome> outcomes = new TreeMap<>();
    for (CandidateNetwork network : networks) {
      NetworkPools shelf = shelf(network);
      NetworkTally tally = serve(network, shelf);
      outcomes.put(
          network.name(),
          tally.outcome(network.acceptance(), claiming ? shelf.use() : before.get(network.name())));
    }
    claims.sort(Comparator.comparing(Claim::cidr));
    ReleaseValve.Verdict verdict =
        ReleaseValve.judge(
            Stream.concat(held.releases().stream(), standing.due().stream()).toList(),
            standing.marked(),
            needs,
            input);
    Set<String> released =
        verdict.released().stream().map(r -> r.subnet().name()).collect(Collectors.toSet());
    return new AllocationPlan(
        claiming ? List.copyOf(claims) : List.of(),
        standing.amendments().stream()
            .filter(a -> !released.contains(a.subnet().name()))
            .sorted(Comparator.comparing(a -> a.subnet().name()))
            .toList(),
        byName(verdict.released().stream().filter(r -> !r.subnet().deleting()).toList()),
        byName(verdict.suspended()),
        byName(verdict.pending()),
        claiming ? cursors : new TreeMap<>(),
        outcomes,
        Stream.concat(standing.nextDeadline().stream(), verdict.nextDeadline().stream())
            .min(Comparator.naturalOrder()));
  }

  private static List<Release> byName(List<Release> releases) {
    return releases.stream().sorted(Comparator.comparing(r -> r.subnet().name())).toList();
  }

  private Optional<CandidateNetwork> owner(
      NodeFacts node, List<Held> blocks, Map<String, CandidateNetwork> byName) {
    for (Held block : blocks) {
      CandidateNetwork holder = byName.get(block.network());
      if (holder.selects(node) || holder.isUnknown()) {
        return Optional.of(holder);
      }
    }
    // Nor does another network get the nodes of one that cannot be understood.
    List<CandidateNetwork> able =
        networks.stream().filter(n -> (n.giving() || n.isUnknown()) && n.selects(node)).toList();
    return able.size() > 1
        ? able.stream()
            .filter(n -> lastBlocks(node).anyMatch(block -> n.offers(block, node)))
            .findFirst()
            .or(() -> Optional.of(able.getFirst()))
        : able.stream().findFirst();
  }

  private List<Map<String, List<IpPrefix>>> lastBlocks() {
    if (last.isEmpty()) { // not before it is needed, as in few runs
      last = Optional.of(input.history().lastBlocks().byEvidence(reserved));
    }
    return last.get();
  }

  private Stream<IpPrefix> lastBlocks(NodeFacts node) {
    return lastBlocks().stream()
        .flatMap(blocks -> blocks.getOrDefault(node.name(), List.of()).stream());
  }

  private void restore() {
    List<Member> lacking =
        byAge.stream()
            .filter(m -> m.network().filter(network -> lacksBlock(network, m)).isPresent())
            .toList();
    if (lacking.isEmpty()) {
      return;
    }
    for (Member member : lacking) {
      member.network().orElseThrow().reservations().forEach(block -> giveReserved(member, block));
    }
    for (Map<String, List<IpPrefix>> blocks : lastBlocks()) {
      for (Member member : lacking) {
        blocks
            .getOrDefault(member.node().name(), List.of())
            .forEach(block -> restore(member, block));
      }
    }
  }

  private void giveReserved(Member member, IpPrefix block) {
    if (member.network().orElseThrow().offersReserved(block, member.node())
        && !reserved.overlaps(block)) {
      give(member, block);
    }
  }

  private static boolean lacksBlock(CandidateNetwork network, Member member) {
    return network.giving()
        && !network.adopts()
        && (lacksBlock(network, member, AddressFamily.IPV4)
            || lacksBlock(network, member, AddressFamily.IPV6));
  }

  private static boolean lacksBlock(CandidateNetwork network, Member member, AddressFamily family) {
    return network.has(family) && member.block(family).isEmpty();
  }

  private void restore(Member member, IpPrefix block) {
    if (member.network().orElseThrow().offers(block, member.node())) {
      give(member, block);
    }
  }

  private void give(Member member, IpPrefix block) {
    NodeFacts node = member.node();
    CandidateNetwork network = member.network().orElseThrow();
    List<String> nodeIPs = addresses.of(node).addresses();
    boolean without =
        member.block(block.family()).isEmpty()
            && !held.leaving(node.name(), block.family())
            && !held.unread(node.name(), block.family())
            && restored(node, block.family()).isEmpty();
    if (without && !held.occupied().overlaps(block) && !nodeIPs.isEmpty()) {
      claim(network, node, block, nodeIPs);
      restored.computeIfAbsent(node.name(), n -> new ArrayList<>(2)).add(block);
    }
  }

  private Optional<IpPrefix> restored(NodeFacts node, AddressFamily family) {
    for (IpPrefix block : restored.getOrDefault(node.name(), List.of())) {
      if (block.family() == family) {
        return Optional.of(block);
      }
    }
    return Optional.empty();
  }

  private NetworkPools shelf(CandidateNetwork network) {
    return new NetworkPools(
        network,
        held.occupied(),
        reserved,
        unheld(blocks -> blocks.used(nodes.keySet())),
        unheld(LastBlocks::held),
        input.history().cursors());
  }

  // A node that no network selects any more may have lost its NodeSubnet before: its pods run on.
  private List<IpPrefix> unheld(Function<LastBlocks, Stream<IpPrefix>> blocks) {
    return last.isEmpty() // then nobody lacks a block
        ? List.of()
        : blocks
            .apply(input.history().lastBlocks())
            .filter(block -> !held.occupied().overlaps(block))
            .toList();
  }

  private NetworkTally serve(CandidateNetwork network, NetworkPools shelf) {
    NetworkTally tally = tallies.get(network.name());
    for (Member member : byAge) {
      if (member.isOf(network)) {
        tally.selected++;
        if (network.adopts()) {
          adopt(network, member, shelf, tally);
        } else {
          allocate(network, member, shelf, tally);
        }
      } else if (network.selectsInVain(member.node())) {
        tally.note(Shortfall.NodeWithoutDaemon, member.node());
      } else if (network.selects(member.node())) {
        if (member.network().isPresent()) {
          tally.note(Shortfall.NodeSelectedByAnother, member.node());
        } else {
          tally.selected++;
        }
      }
    }
    cursors.putAll(shelf.cursors());
    return tally;
  }

  private void allocate(
      CandidateNetwork network, Member member, NetworkPools shelf, NetworkTally tally) {
    NodeFacts node = member.node();
    List<String> nodeIPs = addresses.of(node).addresses();
    boolean complete = isReachable(node);
    boolean any = false;
    for (AddressFamily family : shelf.families()) {
      Optional<Held> have = member.block(family);
      Optional<IpPrefix> again = restored(node, family);
      if (again.isPresent()) {
        any = true;
        complete &= claiming;
        noteBlock(network, node, again.get(), tally);
      } else if (have.isPresent()) {
        boolean own = have.get().network().equals(network.name());
        any = true;
        if (!own) {
          tally.note(Shortfall.WaitingForRelease, node);
          complete = false;
        } else {
          noteBlock(network, node, have.get().cidr(), tally);
        }
      } else if (shelf.admits(family, node)) {
        any = true;
        complete &= claimFree(network, node, family, nodeIPs, shelf, tally);
      }
    }
    if (!any) {
      tally.note(Shortfall.NoPoolForNode, node);
    } else if (complete) {
      tally.allocated++;
    }
    noteAddresses(network, node, tally);
  }

  private static void noteBlock(
      CandidateNetwork network, NodeFacts node, IpPrefix block, NetworkTally tally) {
    if (differs(node, block)) {
      tally.note(Shortfall.PodCIDRDiffers, node);
    }
    if (network.reservation(block.family(), node).filter(kept -> !kept.equals(block)).isPresent()) {
      tally.note(Shortfall.ReservationNotHeld, node);
    }
    noteSize(node, block, tally);
  }

  private static void noteSize(NodeFacts node, IpPrefix block, NetworkTally tally) {
    int bits = block.family().bits() - block.length();
    if (bits < Integer.SIZE - 2 && (1 << bits) - NOT_FOR_PODS < node.maxPods()) {
      tally.note(
          Shortfall.BlockSmallerThanMaxPods,
          "%s (%d of %d)"
              .formatted(node.name(), Math.max(0, (1 << bits) - NOT_FOR_PODS), node.maxPods()));
    }
  }

  // One that lost its address goes on being reached by what its peers know of it.
  private boolean isReachable(NodeFacts node) {
    Choice choice = addresses.of(node);
    return !choice.addresses().isEmpty() || choice.conflicts().isEmpty();
  }

  private void noteAddresses(CandidateNetwork network, NodeFacts node, NetworkTally tally) {
    Choice choice = addresses.of(node);
    choice.conflicts().forEach(tally::note);
    if (!choice.refused().isEmpty()) {
      tally.note(
          Shortfall.NodeAddressRefused,
          node.name() + " (" + String.join(", ", choice.refused()) + ")");
    } else if (!choice.claiming()) {
      tally.note(
          network.facts().spec().nodeAddress().interfaces().isEmpty()
              ? Shortfall.NoInternalIP
              : Shortfall.WaitingForNodeAddress,
          node);
    }
  }

  private boolean claimFree(
      CandidateNetwork network,
      NodeFacts node,
      AddressFamily family,
      List<String> nodeIPs,
      NetworkPools shelf,
      NetworkTally tally) {
    if (held.leaving(node.name(), family)) {
      tally.note(Shortfall.WaitingForRelease, node);
      return false;
    }
    if (held.unread(node.name(), family)) {
      tally.note(Shortfall.UnknownValue, node);
      return false;
    }
    if (nodeIPs.isEmpty() || !network.giving()) {
      return false;
    }
    if (network.containsAddressOf(node)) {
      tally.note(Shortfall.NodeAddressInPool, node);
      return false;
    }
    Optional<IpPrefix> block = shelf.take(family, node);
    if (block.isEmpty()) {
      tally.note(Shortfall.PoolExhausted, node);
      needs.merge(shelf.admitting(family, node), 1, Integer::sum);
      return false;
    }
    noteBlock(network, node, block.get(), tally);
    claim(network, node, block.get(), nodeIPs);
    return claiming;
  }

  private void adopt(
      CandidateNetwork network, Member member, NetworkPools shelf, NetworkTally tally) {
    NodeFacts node = member.node();
    List<String> nodeIPs = addresses.of(node).addresses();
    noteAddresses(network, node, tally);
    if (node.podCIDRs().isEmpty()) {
      if (member.blocks().isEmpty()) {
        tally.note(Shortfall.WaitingForPodCIDR, node);
      } else {
        tally.allocated++;
      }
      return;
    }
    // A cluster may be dual-stack without this network being it.
    List<Optional<IpPrefix>> wanted =
        node.podCIDRs().stream()
            .map(IpPrefix::tryParseNetwork)
            .filter(cidr -> cidr.map(c -> network.has(c.family())).orElse(true))
            .toList();
    boolean complete = !wanted.isEmpty() && isReachable(node);
    if (wanted.isEmpty()) {
      tally.note(Shortfall.OutsidePools, node);
    }
    for (Optional<IpPrefix> podCidr : wanted) {
      complete &= adopt(network, member, podCidr, nodeIPs, shelf, tally);
    }
    if (complete) {
      tally.allocated++;
    }
  }

  private boolean adopt(
      CandidateNetwork network,
      Member member,
      Optional<IpPrefix> podCidr,
      List<String> nodeIPs,
      NetworkPools shelf,
      NetworkTally tally) {
    NodeFacts node = member.node();
    if (podCidr.isEmpty() || !network.covers(podCidr.get())) {
      tally.note(Shortfall.OutsidePools, node);
      return false;
    }
    IpPrefix block = podCidr.get();
    Optional<Held> have = member.block(block.family());
    if (have.isPresent()
        && have.get().network().equals(network.name())
        && have.get().cidr().equals(block)) {
      noteSize(node, block, tally);
      return true;
    }
    if (!network.isUnknown() && !network.takesOver(block)) {
      tally.note(Shortfall.OutsidePools, node);
      return false;
    }
    if (have.isPresent() || held.leaving(node.name(), block.family())) {
      tally.note(Shortfall.WaitingForRelease, node);
      return false;
    }
    if (held.unread(node.name(), block.family())) {
      tally.note(Shortfall.UnknownValue, node);
      return false;
    }
    if (nodeIPs.isEmpty() || !network.giving()) {
      return false;
    }
    if (network.containsAddressOf(node)) {
      tally.note(Shortfall.NodeAddressInPool, node);
      return false;
    }
    if (held.occupied().overlaps(block)) {
      tally.note(held.leaving(block) ? Shortfall.WaitingForRelease : Shortfall.PodCIDRTaken, node);
      return false;
    }
    claim(network, node, block, nodeIPs);
    shelf.adopted(block);
    return claiming;
  }

  private void claim(
      CandidateNetwork network, NodeFacts node, IpPrefix block, List<String> nodeIPs) {
    held.occupied().add(block);
    claims.add(
        new Claim(
            block,
            contents.spec(network, node, block.toString(), nodeIPs, Optional.empty()),
            contents.labels(network, node)));
  }

  private static boolean differs(NodeFacts node, IpPrefix block) {
    if (node.podCIDRs().isEmpty()) {
      return false;
    }
    List<IpPrefix> sameFamily =
        node.podCIDRs().stream()
            .flatMap(text -> IpPrefix.tryParseNetwork(text).stream())
            .filter(c -> c.family() == block.family())
            .toList();
    return !sameFamily.isEmpty() && !sameFamily.contains(block);
  }
}
