package dev.tweed.operator.allocation;

/**
 * What keeps nodes from their blocks, the most pressing first; after those what is merely worth
 * knowing. Names are reasons of the condition {@code Allocated}.
 */
public enum Shortfall {
  /** A NodeSubnet that is theirs, or may be, has a value that this version does not know. */
  UnknownValue(
      "NodeSubnets that are, or may be, those of %s have values that this operator, which is older"
          + " than the CRD, does not know: %s. Update it; the log names the values. Until then all"
          + " NodeSubnets stay as they are"),
  /** No pool has a free block for them. */
  PoolExhausted("no pool has a free block for %s: %s. Append a pool to spec.pools"),
  /** No pool's nodeSelector admits them. */
  NoPoolForNode(
      "no pool's nodeSelector admits %s, or such as do are disabled: %s."
          + " Append a pool or change their labels"),
  /** NodePodCIDR: their podCIDR is in no pool. */
  OutsidePools(
      "the spec.podCIDR of %s is in no pool, or in a disabled one: %s."
          + " Append a pool that contains it"),
  /** NodePodCIDR: their podCIDR overlaps another node's block. */
  PodCIDRTaken(
      "the spec.podCIDR of %s overlaps another node's block: %s."
          + " Two allocators are at work; stop one"),
  /** NodePodCIDR: they have no {@code spec.podCIDRs}. */
  WaitingForPodCIDR(
      "no spec.podCIDR yet on %s: %s. kube-controller-manager needs --allocate-node-cidrs"),
  /** They have no address of type InternalIP. */
  NoInternalIP(
      "no usable address of type InternalIP on %s: %s."
          + " Set the kubelet's --node-ip or the cloud provider"),
  /** A living node has the address that they claim. */
  NodeAddressTaken(
      "the address of %s is another node's, which had it before and keeps it: %s. Each needs one of"
          + " its own: the kubelet's --node-ip where it took a virtual IP that was on the NIC; a"
          + " clone of another machine needs another address and /etc/machine-id"),
  /** Their addresses are such as {@code spec.nodeAddress} does not admit. */
  NodeAddressRefused(
      "spec.nodeAddress does not admit addresses of %s: %s. Correct the kubelet's --node-ip, the"
          + " annotation tweed.dev/node-address of the Node, or spec.nodeAddress.cidrs"),
  /** Their daemons have told no address of the links that {@code spec.nodeAddress} names. */
  WaitingForNodeAddress(
      "no address known of %s on a link of spec.nodeAddress.interfaces: %s. Their daemons tell them:"
          + " kubectl get nodereport NODE -o jsonpath='{.status.addresses}'"),
  /** An InternalIP of theirs lies in a pool. */
  NodeAddressInPool(
      "a pool contains the InternalIP of %s: %s. No other node would reach it;"
          + " give it an address outside all pools"),
  /** They, or nodes that are gone, still hold a block that is to be released. */
  WaitingForRelease("an earlier block has to be released first for %s: %s. They get theirs then"),
  /** The network selects them, but they belong to another. */
  NodeSelectedByAnother(
      "another PodNetwork has %s that this one selects too: %s. Make the nodeSelectors disjoint"),
  /** Operator: their {@code spec.podCIDRs} names another block. */
  PodCIDRDiffers(
      "the spec.podCIDR of %s is not the block: %s. Whatever reads it routes wrongly;"
          + " switch kube-controller-manager's --allocate-node-cidrs off"),
  /** They hold, or get, another block than the one that is kept for them. */
  ReservationNotHeld(
      "%s with a reservation have another block: %s. They keep it. To change it drain the node and"
          + " delete its NodeSubnet; or take the reservation out of spec.reservations"),
  /** Their kubelets run more pods than the block has addresses for. */
  BlockSmallerThanMaxPods(
      "the block of %s has fewer addresses than the kubelet runs pods (addresses of maxPods): %s."
          + " Pods beyond that get none, but for such with the host's network; lower the kubelet's"
          + " maxPods, or append a pool with a smaller nodePrefixLength"),
  /** Tweed's daemon cannot run on them: not Linux, or no machine of their own. */
  NodeWithoutDaemon(
      "%s cannot run Tweed's daemon, and so do not count, nor get blocks: %s. Leave them out by"
          + " spec.nodeSelector to be rid of this message");

  private final String text;

  Shortfall(String text) {
    this.text = text;
  }

  /** Whether nodes of the network lack a block by it. */
  public boolean lacking() {
    return compareTo(NodeSelectedByAnother) < 0;
  }

  /** What it means for these nodes, and what to do about it. */
  public String message(NetworkOutcome.NodeNames nodes) {
    return text.formatted(nodes.count() == 1 ? "1 node" : nodes.count() + " nodes", nodes);
  }
}
