package dev.tweed.operator.allocation;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The NodeSubnets there are, sorted into those that stand and those that must go. What overlaps or
 * doubles an older one goes; age is creationTimestamp, then name, everywhere in Tweed.
 */
final class HeldBlocks {
  // Name of the node of a NodeSubnet where that is not known.
  private static final String ANY = "";

  /** A NodeSubnet whose CIDR could be read. */
  record Held(SubnetFacts facts, IpPrefix cidr) {
    String network() {
      return facts.spec().podNetwork();
    }

    String node() {
      return facts.spec().nodeName();
    }
  }

  private final OccupiedRanges occupied = new OccupiedRanges();
  private final Map<String, List<Held>> standingByNode = new HashMap<>();
  private final Map<String, Set<AddressFamily>> leavingByNode = new HashMap<>();
  private final Map<String, Set<AddressFamily>> unreadByNode = new HashMap<>();
  private final OccupiedRanges leaving = new OccupiedRanges();
  private final List<Held> standing = new ArrayList<>();
  private final List<Release> releases = new ArrayList<>();

  private HeldBlocks() {}

  static HeldBlocks of(
      List<SubnetFacts> subnets,
      Map<String, CandidateNetwork> networks,
      Map<String, NodeFacts> nodes) {
    HeldBlocks held = new HeldBlocks();
    List<Held> all = new ArrayList<>();
    for (SubnetFacts facts : subnets) {
      if (facts.unread() || facts.block().isEmpty()) {
        held.keep(facts, facts.block());
      } else {
        all.add(new Held(facts, facts.block().get()));
      }
    }
    all.sort(Comparator.comparing(Held::facts, SubnetFacts.OLDEST_FIRST));
    Map<IpPrefix, NodeFacts> byPodCIDR =
        networks.values().stream().anyMatch(CandidateNetwork::adopts)
            ? byPodCIDR(nodes.values())
            : Map.of();
    for (Held block : all) {
      // Also of such as are to go: a range is free when its NodeSubnet is really gone.
      boolean taken = held.occupied.add(block.cidr());
      Optional<Held> overlapped = taken ? held.overlapping(block.cidr()) : Optional.empty();
      Optional<Held> before = held.of(block.node(), block.cidr().family());
      Optional<Release> misplaced =
          misplaced(block, networks.get(block.network()), nodes.get(block.node()), byPodCIDR);
      if (misplaced.isPresent()) {
        held.release(block, misplaced.get());
      } else if (overlapped.isPresent()) {
        held.release(
            block,
            inFavourOf(overlapped.get(), block, ReleaseReason.Overlap, "overlaps the older block"));
      } else if (before.isPresent()) {
        held.release(
            block,
            inFavourOf(
                before.get(),
                block,
                ReleaseReason.SecondBlock,
                "node " + block.node() + " holds the older"));
      } else {
        held.standing.add(block);
        held.standingByNode.computeIfAbsent(block.node(), n -> new ArrayList<>(2)).add(block);
      }
    }
    return held;
  }

  private Optional<Held> overlapping(IpPrefix range) {
    return standing.stream().filter(h -> h.cidr().overlaps(range)).findFirst();
  }

  private static Release inFavourOf(Held older, Held block, ReleaseReason reason, String text) {
    return new Release(
        block.facts(), reason, text + " " + older.cidr(), Optional.of(older.facts().name()));
  }

  private static Release release(Held block, ReleaseReason reason, String message) {
    return new Release(block.facts(), reason, message, Optional.empty());
  }

  private static Map<IpPrefix, NodeFacts> byPodCIDR(Collection<NodeFacts> nodes) {
    Map<IpPrefix, NodeFacts> byPodCIDR = new HashMap<>();
    for (NodeFacts node : nodes) {
      for (String text : node.podCIDRs()) {
        IpPrefix.tryParseNetwork(text).ifPresent(c -> byPodCIDR.merge(c, node, HeldBlocks::first));
      }
    }
    return byPodCIDR;
  }

  private static NodeFacts first(NodeFacts a, NodeFacts b) {
    return a.name().compareTo(b.name()) <= 0 ? a : b;
  }

  private static Optional<Release> misplaced(
      Held block, CandidateNetwork network, NodeFacts node, Map<IpPrefix, NodeFacts> byPodCIDR) {
    if (network == null) {
      return Optional.of(
          release(
              block,
              ReleaseReason.PodNetworkGone,
              "PodNetwork " + block.network() + " does not exist"));
    }
    if (network.isUnknown()) {
      return Optional.empty();
    }
    if (!network.covers(block.cidr())) {
      return Optional.of(
          release(
              block,
              ReleaseReason.OutsidePools,
              block.cidr() + " is in no pool of PodNetwork " + block.network()));
    }
    if (network.adopts() && node == null) {
      // Whoever hands out podCIDRs has taken it back; to wait would only keep the other waiting.
      return Optional.ofNullable(byPodCIDR.get(block.cidr()))
          .filter(network::selects)
          .map(
              now ->
                  new Release(
                      block.facts(),
                      ReleaseReason.PodCIDRReused,
                      "node %s does not exist, and node %s has its podCIDR now"
                          .formatted(block.node(), now.name()),
                      Optional.of(now.name())));
    }
    if (network.adopts()
        && !node.podCIDRs().isEmpty()
        && node.podCIDRs().stream()
            .flatMap(text -> IpPrefix.tryParseNetwork(text).stream())
            .noneMatch(block.cidr()::equals)) {
      return Optional.of(
          release(
              block,
              // That of a Node made anew is another one; pods of the old are gone.
              node.created().isAfter(block.facts().created())
                  ? ReleaseReason.NodeReplaced
                  : ReleaseReason.PodCIDRChanged,
              "node " + node.name() + " has podCIDRs " + String.join(", ", node.podCIDRs())));
    }
    return Optional.empty();
  }

  // Neither changed nor released, whatever it says: it is of a version that knows better. Of an
  // unknown range everybody must fear that it is a part of his.
  private void keep(SubnetFacts facts, Optional<IpPrefix> cidr) {
    cidr.ifPresent(occupied::add);
    unreadByNode
        .computeIfAbsent(
            cidr.isPresent() ? facts.spec().nodeName() : ANY,
            n -> EnumSet.noneOf(AddressFamily.class))
        .addAll(cidr.map(c -> EnumSet.of(c.family())).orElse(EnumSet.allOf(AddressFamily.class)));
  }

  private void release(Held block, Release release) {
    releases.add(release);
    leaving.add(block.cidr());
    leavingByNode
        .computeIfAbsent(block.node(), n -> EnumSet.noneOf(AddressFamily.class))
        .add(block.cidr().family());
  }

  /** Every range that some NodeSubnet holds; claims of a plan are added to it. */
  OccupiedRanges occupied() {
    return occupied;
  }

  /** Those that stand, oldest first. */
  List<Held> standing() {
    return standing;
  }

  /** Blocks that stand of one node, oldest first. */
  List<Held> of(String node) {
    return standingByNode.getOrDefault(node, List.of());
  }

  /** The block that stands of one node and family. */
  Optional<Held> of(String node, AddressFamily family) {
    for (Held block : of(node)) {
      if (block.cidr().family() == family) {
        return Optional.of(block);
      }
    }
    return Optional.empty();
  }

  /** Whether a block of the node and family is to go, but has not gone yet. */
  boolean leaving(String node, AddressFamily family) {
    return leavingByNode.getOrDefault(node, Set.of()).contains(family);
  }

  /** Whether a NodeSubnet that could not be read is, or may be, a block of the node and family. */
  boolean unread(String node, AddressFamily family) {
    return Stream.of(node, ANY)
        .anyMatch(name -> unreadByNode.getOrDefault(name, Set.of()).contains(family));
  }

  /** Whether a block that is to go, but has not gone yet, is in the range. */
  boolean leaving(IpPrefix range) {
    return leaving.overlaps(range);
  }

  List<Release> releases() {
    return releases;
  }
}
