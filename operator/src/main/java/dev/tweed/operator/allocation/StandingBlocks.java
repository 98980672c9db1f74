package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.AllocationPlan.Amendment;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import dev.tweed.operator.allocation.HeldBlocks.Held;
import dev.tweed.operator.allocation.NodeAddressPlanner.Choice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What becomes of NodeSubnets that are where they may be: they follow their node, or are released
 * when it has been gone, or in no network of theirs, for long enough.
 */
final class StandingBlocks {

  private final NodeAddressPlanner addresses;
  private final SubnetContents contents;
  private final RouteMtus mtus;
  private final AllocationInput input;
  private final List<Amendment> amendments = new ArrayList<>();
  private final List<Release> due = new ArrayList<>();
  private final List<Release> marked = new ArrayList<>();
  private Optional<Instant> nextDeadline = Optional.empty();

  private StandingBlocks(
      NodeAddressPlanner addresses,
      SubnetContents contents,
      RouteMtus mtus,
      AllocationInput input) {
    this.addresses = addresses;
    this.contents = contents;
    this.mtus = mtus;
    this.input = input;
  }

  /**
   * Judges all of them.
   *
   * @param nodes by name
   * @param ownerOf networks by name of their node
   */
  static StandingBlocks judge(
      List<Held> standing,
      Map<String, NodeFacts> nodes,
      Map<String, CandidateNetwork> ownerOf,
      NodeAddressPlanner addresses,
      SubnetContents contents,
      AllocationInput input) {
    StandingBlocks blocks =
        new StandingBlocks(
            addresses, contents, new RouteMtus(input.daemons().mtus(), ownerOf), input);
    for (Held block : standing) {
      Optional<NodeFacts> node = Optional.ofNullable(nodes.get(block.node()));
      Optional<CandidateNetwork> owner =
          node.map(n -> ownerOf.get(n.name())).filter(o -> o.name().equals(block.network()));
      owner.ifPresentOrElse(
          network -> blocks.refresh(block, node.orElseThrow(), network),
          () -> blocks.leave(block, node));
    }
    return blocks;
  }

  List<Amendment> amendments() {
    return amendments;
  }

  /** Those that have been without their node, or network, for long enough. */
  List<Release> due() {
    return due;
  }

  /** Those that will have been, if nothing changes. */
  List<Release> marked() {
    return marked;
  }

  /** When the next of them is to be released, if nothing changes. */
  Optional<Instant> nextDeadline() {
    return nextDeadline;
  }

  private void leave(Held block, Optional<NodeFacts> node) {
    Instant since = block.facts().goneSince().orElse(input.now());
    Instant at = since.plus(input.releaseAfter());
    String what = node.isPresent() ? "is not in PodNetwork " + block.network() : "does not exist";
    Release release =
        new Release(
            block.facts(),
            node.isPresent() ? ReleaseReason.NodeLeft : ReleaseReason.NodeGone,
            "node " + block.node() + " " + what + " since " + since,
            Optional.empty());
    if (at.isAfter(input.now())) {
      nextDeadline = Optional.of(nextDeadline.filter(at::isAfter).orElse(at));
      marked.add(release);
    } else {
      due.add(release);
    }
    amend(block, moved(block, node), Map.of(), List.of(), Optional.of(since));
  }

  // Its pods run on, perhaps for long, and others go on sending to them. A Node that was made anew
  // meanwhile has the block too, and reports on it.
  private NodeSubnetSpec moved(Held block, Optional<NodeFacts> node) {
    NodeSubnetSpec old = block.facts().spec();
    return new NodeSubnetSpec(
        old.podNetwork(),
        old.nodeName(),
        node.map(NodeFacts::uid).orElse(old.nodeUID()),
        old.cidr(),
        node.map(n -> nodeIPs(n, old)).orElseGet(() -> addresses.left(block)),
        old.vtepMAC(),
        old.mtu());
  }

  // A node that lost its address for a moment must not lose its peers' routes; of one whose address
  // is another's, peers must not know that.
  private List<String> nodeIPs(NodeFacts node, NodeSubnetSpec old) {
    Choice choice = addresses.of(node);
    return choice.addresses().isEmpty() && choice.conflicts().isEmpty()
        ? old.nodeIPs()
        : choice.addresses();
  }

  private void refresh(Held block, NodeFacts node, CandidateNetwork network) {
    NodeSubnetSpec old = block.facts().spec();
    NodeSubnetSpec spec =
        contents.spec(
            network,
            node,
            old.cidr(),
            nodeIPs(node, old),
            mtus.of(network, node, Optional.ofNullable(old.mtu())));
    if (spec.equals(old)
        && block.facts().goneSince().isEmpty()
        && contents.hasLabels(block.facts(), network, node)) {
      return; // as of nearly all in nearly all runs
    }
    Map<String, String> wanted = contents.labels(network, node);
    Map<String, String> set = new TreeMap<>(wanted);
    set.entrySet().removeIf(e -> e.getValue().equals(block.facts().labels().get(e.getKey())));
    List<String> remove =
        contents.labelKeys(network).stream()
            .filter(key -> block.facts().labels().containsKey(key) && !wanted.containsKey(key))
            .toList();
    amend(block, spec, set, remove, Optional.empty());
  }

  private void amend(
      Held block,
      NodeSubnetSpec spec,
      Map<String, String> set,
      List<String> remove,
      Optional<Instant> goneSince) {
    boolean same =
        spec.equals(block.facts().spec())
            && set.isEmpty()
            && remove.isEmpty()
            && goneSince.equals(block.facts().goneSince());
    if (!same) {
      amendments.add(new Amendment(block.facts(), spec, set, remove, goneSince));
    }
  }
}
