package dev.tweed.agent.cluster;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The watched objects at one moment.
 *
 * @param complete whether PodNetworks and NodeSubnets have been listed, which is all the data path
 *     needs; until then there may be some, and absence means nothing
 * @param networks every PodNetwork that can be read
 * @param subnets every NodeSubnet, those of this node included
 * @param policies every FirewallPolicy
 * @param node this node's Node object, if it is registered
 * @param gaps what is not known for all that
 * @param fromMemory since when this is what the node remembers, in place of what is; empty if it is
 *     what the API server says
 */
public record ClusterView(
    boolean complete,
    List<NetworkRecord> networks,
    List<SubnetRecord> subnets,
    List<PolicyRecord> policies,
    Optional<NodeRecord> node,
    Gaps gaps,
    Optional<Instant> fromMemory) {

  /** How far a list has come. */
  public enum Listing {
    /** Not yet. */
    AWAITED,
    /**
     * Not to be waited for: the API server refuses it (the kind does not exist, say, or may not be
     * read), or does not answer.
     */
    REFUSED,
    /** It has been received, and changes since. */
    RECEIVED
  }

  /**
   * What is not known of a view.
   *
   * @param unreadable PodNetworks that hold something this version does not know
   * @param policies whether absence of a FirewallPolicy means something
   * @param node whether absence of the Node object means something
   */
  public record Gaps(List<NetworkRecord> unreadable, Listing policies, Listing node) {

    /** No gap. */
    public static final Gaps NONE = new Gaps(List.of(), Listing.RECEIVED, Listing.RECEIVED);

    public Gaps {
      unreadable = List.copyOf(unreadable);
    }
  }

  /** Nothing known yet. */
  public static final ClusterView INCOMPLETE =
      new ClusterView(
          false,
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          new Gaps(List.of(), Listing.AWAITED, Listing.AWAITED));

  public ClusterView {
    networks = List.copyOf(networks);
    subnets = List.copyOf(subnets);
    policies = List.copyOf(policies);
  }

  /** What the API server says. */
  public ClusterView(
      boolean complete,
      List<NetworkRecord> networks,
      List<SubnetRecord> subnets,
      List<PolicyRecord> policies,
      Optional<NodeRecord> node,
      Gaps gaps) {
    this(complete, networks, subnets, policies, node, gaps, Optional.empty());
  }

  /** One without gaps. */
  public ClusterView(
      boolean complete,
      List<NetworkRecord> networks,
      List<SubnetRecord> subnets,
      List<PolicyRecord> policies,
      Optional<NodeRecord> node) {
    this(complete, networks, subnets, policies, node, Gaps.NONE);
  }

  /**
   * Whether nothing more is to be waited for: every list has been received or was awaited long
   * enough.
   */
  public boolean settled() {
    return complete && gaps.policies() != Listing.AWAITED && gaps.node() != Listing.AWAITED;
  }

  /** Whether it is known which FirewallPolicies select this node. */
  public boolean policiesKnown() {
    return node.isPresent() && gaps.policies() == Listing.RECEIVED;
  }

  /** The same with other FirewallPolicies. */
  public ClusterView withPolicies(List<PolicyRecord> others) {
    return new ClusterView(complete, networks, subnets, others, node, gaps, fromMemory);
  }
}
