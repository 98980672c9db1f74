package dev.tweed.crds;

/** Names every part of Tweed shares: the API group, its version and the keys of its metadata. */
public final class TweedApi {
  /** API group of all four kinds. */
  public static final String GROUP = "tweed.dev";

  /** The only served and stored version. */
  public static final String VERSION = "v1alpha1";

  /** Category of all kinds: {@code kubectl get tweed} lists everything. */
  public static final String CATEGORY = "tweed";

  /**
   * Annotation on a NodeSubnet: RFC 3339 time at which the operator first saw its Node gone. The
   * block is given back {@code releaseAfter} later; the mark is taken off when the Node returns.
   */
  public static final String NODE_GONE_SINCE = GROUP + "/node-gone-since";

  /**
   * Annotation on a PodNetwork or NodeSubnet: {@code "true"} lets it be deleted while nodes use it.
   */
  public static final String ALLOW_DELETE_IN_USE = GROUP + "/allow-delete-in-use";

  private TweedApi() {}
}
