package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.ip.IpPrefix;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What to do about blocks, and what to tell people. Claims, amendments and releases are about
 * different NodeSubnets; they are sorted, so that equal inputs give equal plans.
 *
 * @param claims NodeSubnets to create
 * @param amendments NodeSubnets to change in place
 * @param releases NodeSubnets to delete
 * @param suspended NodeSubnets of nodes that exist which are kept until a person agrees: too many
 *     would go
 * @param pending NodeSubnets of nodes that left their network which are deleted, now or later, if
 *     the nodes do not return to it
 * @param cursors cursors of the pools that claims were taken from, for the ledger
 * @param networks outcome by name of the PodNetwork
 * @param nextDeadline when the next block is due for release, if one is
 */
public record AllocationPlan(
    List<Claim> claims,
    List<Amendment> amendments,
    List<Release> releases,
    List<Release> suspended,
    List<Release> pending,
    SortedMap<String, Long> cursors,
    SortedMap<String, NetworkOutcome> networks,
    Optional<Instant> nextDeadline) {

  /** Nothing to do, and nothing to tell. */
  public static AllocationPlan nothing() {
    return new AllocationPlan(
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty());
  }

  /** Addresses that two living nodes claim. */
  public List<AddressConflict> conflicts() {
    return networks.values().stream().flatMap(n -> n.conflicts().stream()).toList();
  }

  /** Whether everything is as it should be. */
  public boolean isEmpty() {
    return claims.isEmpty() && amendments.isEmpty() && releases.isEmpty();
  }

  /** A block for a node. */
  public record Claim(IpPrefix cidr, NodeSubnetSpec spec, Map<String, String> labels) {}

  /**
   * A NodeSubnet that needs another spec, mark or labels.
   *
   * @param spec the whole spec as it should be; network, node and CIDR never differ from the old
   *     one
   * @param setLabels labels to add or change
   * @param removeLabels labels to take off
   * @param goneSince the mark as it should be
   */
  public record Amendment(
      SubnetFacts subnet,
      NodeSubnetSpec spec,
      Map<String, String> setLabels,
      List<String> removeLabels,
      Optional<Instant> goneSince) {}

  /**
   * A NodeSubnet to delete.
   *
   * @param other name of what it gives way to, if it does: of a Node if its podCIDR was given to
   *     that, else of a NodeSubnet
   * @param agreed whether it is made only because a person agrees
   */
  public record Release(
      SubnetFacts subnet,
      ReleaseReason reason,
      String message,
      Optional<String> other,
      boolean agreed) {
    Release(SubnetFacts subnet, ReleaseReason reason, String message, Optional<String> other) {
      this(subnet, reason, message, other, false);
    }

    Release byAgreement() {
      return new Release(subnet, reason, message, other, true);
    }
  }

  /** Why a block is taken away. */
  public enum ReleaseReason {
    /** Its Node has been gone for {@code releaseAfter}. */
    NodeGone,
    /** Its Node is there, but has been out of the network for {@code releaseAfter}. */
    NodeLeft,
    /** Its PodNetwork does not exist. */
    PodNetworkGone,
    /** An older NodeSubnet holds an address of it. */
    Overlap,
    /** The node has an older block of the same family. */
    SecondBlock,
    /** It lies outside all pools of its network: the network was made anew with other pools. */
    OutsidePools,
    /** {@code NodePodCIDR}: the Node has another podCIDR now. */
    PodCIDRChanged,
    /** {@code NodePodCIDR}: its Node was made anew, and has another podCIDR. */
    NodeReplaced,
    /** {@code NodePodCIDR}: its Node is gone, and another Node has that podCIDR now. */
    PodCIDRReused;

    /** Whether others no longer reach running pods by it, most likely. */
    boolean ofNodeThatExists() {
      return this == NodeLeft || this == PodCIDRChanged;
    }
  }
}
