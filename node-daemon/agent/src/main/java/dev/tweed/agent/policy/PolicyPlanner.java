package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.ClusterView.Listing;

/** What a sync of network policies does, from how much is known. Pure. */
final class PolicyPlanner {

  private PolicyPlanner() {}

  /** What to do. What is in the kernel stays unless it says otherwise. */
  enum Plan {
    /** Nothing; pods are not to be started for it yet. */
    WAIT,
    /** Nothing; pods may be started. */
    KEEP,
    /** Write a table that closes all pods, which may be started. */
    CLOSE,
    /** Nothing but to look which pods run here: none is under a policy as far as is known. */
    LOOK,
    /** Remove the table: there is no policy. */
    REMOVE,
    /** Make the table what policies say. */
    ENFORCE;

    /** Whether it needs to know which pods run here. */
    boolean needsPods() {
      return this == LOOK || this == REMOVE || this == ENFORCE;
    }
  }

  /**
   * What is known.
   *
   * @param listing of this node's NodePolicy
   * @param exist whether there is a policy, as far as has been listed
   * @param listed whether all that is referred to has been
   * @param results whether the runtime's results of CNI plugins are
   * @param first whether this process has neither enforced policies nor found that there are none
   * @param fromMemory whether the cluster is known from before this process only
   * @param marked whether there were policies when somebody knew last, however long ago
   * @param table whether there is a table in the kernel; matters where it is marked only
   */
  record Facts(
      Listing listing,
      boolean exist,
      boolean listed,
      boolean results,
      boolean first,
      boolean fromMemory,
      boolean marked,
      boolean table) {

    /** Nothing that a restart may have kept open is closed by what has come only in part. */
    boolean isEnough() {
      return listing == Listing.RECEIVED && results && !(first && exist && !listed);
    }
  }

  /**
   * Plans.
   *
   * @param startsOpen whether a pod that nothing is known of yet may do everything
   */
  static Plan plan(Facts facts, boolean startsOpen) {
    if (facts.isEnough()) {
      if (facts.exist()) {
        return Plan.ENFORCE;
      }
      return facts.listed() ? Plan.REMOVE : Plan.LOOK;
    }
    if (facts.marked()) {
      // After a boot that must not open what was closed.
      return facts.table() || startsOpen ? Plan.KEEP : Plan.CLOSE;
    }
    // Without the API server nobody starts pods but the kubelet those that need none. One that
    // refuses has no such kinds, say.
    return facts.fromMemory() || facts.listing() == Listing.REFUSED ? Plan.KEEP : Plan.WAIT;
  }
}
