package dev.tweed.crds;

import java.util.Set;

/** Names every part of Tweed shares: the API group, its version and the keys of its metadata. */
public final class TweedApi {
  /** API group of all kinds. */
  public static final String GROUP = "tweed.dev";

  /** The only served and stored version. */
  public static final String VERSION = "v1alpha1";

  /** Category: {@code kubectl get tweed} lists everything but what policies are compiled to. */
  public static final String CATEGORY = "tweed";

  /**
   * Annotation on a NodeSubnet: RFC 3339 time at which the operator first saw its Node gone. The
   * block is given back when the operator that leads has seen the mark for {@code releaseAfter}, or
   * later if many go; the mark is taken off when the Node returns.
   */
  public static final String NODE_GONE_SINCE = GROUP + "/node-gone-since";

  /**
   * Annotation on a PodNetwork or NodeSubnet: {@code "true"} lets it be deleted while nodes use it.
   */
  public static final String ALLOW_DELETE_IN_USE = GROUP + "/allow-delete-in-use";

  /**
   * Annotation on a NodeSubnet: {@code "true"} lets people change its spec and its labels, which
   * are the operator's to write.
   */
  public static final String ALLOW_CHANGE = GROUP + "/allow-change";

  /**
   * Annotation on a PodNetwork: {@code "true"} lets the operator release more blocks at once than
   * it would by itself.
   */
  public static final String RELEASE_BLOCKS = GROUP + "/release-blocks";

  /**
   * Annotation on a Node: addresses, at most one of each family and with commas between, by which
   * other nodes reach it though none of its links has them. Counts where the PodNetwork has {@code
   * spec.nodeAddress.cidrs} that contain it.
   */
  public static final String NODE_ADDRESS = GROUP + "/node-address";

  /**
   * Annotations of PodNetworks and NodeSubnets by which people open a guard. The operator takes
   * them off after a while; the admission policies of the chart have the same list.
   */
  public static final Set<String> GUARD_ANNOTATIONS =
      Set.of(ALLOW_DELETE_IN_USE, ALLOW_CHANGE, RELEASE_BLOCKS);

  /** Label of a PolicyProgram: its own name, by which a daemon watches those it needs. */
  public static final String PROGRAM_LABEL = GROUP + "/program";

  /** Label of a PeerSlice: its set, by which a daemon watches those it needs. */
  public static final String PEERS_LABEL = GROUP + "/peers";

  private TweedApi() {}
}
