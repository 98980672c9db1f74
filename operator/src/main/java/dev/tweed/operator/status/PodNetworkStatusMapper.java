package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.crds.PodNetworkStatus.NodeCounts;
import dev.tweed.crds.PodNetworkStatus.PoolUse;
import dev.tweed.crds.PodNetworkStatus.Summary;
import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.allocation.NetworkOutcome.NodeNames;
import dev.tweed.operator.cluster.ClusterOutcome.NetworkState;
import dev.tweed.operator.cluster.NetworkReadiness;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.stream.Collectors;

/** Status of a PodNetwork. */
public final class PodNetworkStatusMapper {
  /** Blocks are handed out from its pools. */
  public static final String ACCEPTED = "Accepted";

  /** Every node that belongs to it holds its blocks. */
  public static final String ALLOCATED = "Allocated";

  /** On every node that belongs to it the data path works. */
  public static final String READY = "Ready";

  private static final int POOLS_SHOWN = 4;

  private PodNetworkStatusMapper() {}

  /**
   * @param previous conditions the object has now, for their transition times
   */
  public static PodNetworkStatus status(NetworkState state, List<Condition> previous, Instant now) {
    NetworkOutcome outcome = state.outcome();
    Finding accepted = accepted(outcome.acceptance());
    Finding allocated =
        accepted.holds()
            ? allocated(outcome)
            : Finding.no(
                ALLOCATED, accepted.reason(), "no blocks are handed out: " + accepted.message());
    Finding ready = ready(outcome, state.readiness(), accepted, allocated);
    List<PoolUse> pools =
        outcome.pools().stream()
            .map(p -> new PoolUse(p.cidr(), p.capacity(), p.allocated(), p.free()))
            .toList();
    return new PodNetworkStatus(
        state.generation(),
        Finding.conditions(List.of(accepted, allocated, ready), previous, state.generation(), now),
        pools,
        new NodeCounts(outcome.selected(), outcome.allocated(), state.readiness().ready()),
        new Summary(
            pools(pools),
            state.readiness().ready() + "/" + outcome.selected(),
            free(pools),
            mtu(state.readiness().mtus())));
  }

  private static Finding accepted(NetworkOutcome.Acceptance acceptance) {
    return switch (acceptance) {
      case NetworkOutcome.Accepted ok ->
          Finding.yes(ACCEPTED, "Accepted", "the pools overlap those of no older PodNetwork");
      case NetworkOutcome.PoolOverlap overlap ->
          Finding.no(
              ACCEPTED,
              "PoolOverlap",
              "pool %s overlaps pool %s of the older PodNetwork %s; delete this one and choose another range"
                  .formatted(overlap.pool(), overlap.otherPool(), overlap.otherNetwork()));
      case NetworkOutcome.InvalidSpec invalid ->
          Finding.no(ACCEPTED, "InvalidSpec", invalid.field() + " " + invalid.message());
    };
  }

  // What keeps nodes from their blocks, the most pressing first; then what is merely worth knowing.
  private static Finding allocated(NetworkOutcome o) {
    List<Finding> findings = new ArrayList<>();
    no(
        findings,
        o.poolExhausted(),
        "PoolExhausted",
        "%d wait for a block, no pool has a free one: %s. Append a pool to spec.pools");
    no(
        findings,
        o.noPool(),
        "NoPoolForNode",
        "%d are admitted by no pool's nodeSelector: %s. Append a pool or change their labels");
    no(
        findings,
        o.outsidePools(),
        "OutsidePools",
        "%d have a spec.podCIDR in no pool: %s. Append a pool that contains it");
    no(
        findings,
        o.podCIDRTaken(),
        "PodCIDRTaken",
        "%d have a spec.podCIDR that overlaps another node's block: %s. Two allocators are at work; stop one");
    no(
        findings,
        o.noPodCIDR(),
        "WaitingForPodCIDR",
        "%d have no spec.podCIDR yet: %s. kube-controller-manager needs --allocate-node-cidrs");
    no(
        findings,
        o.noInternalIP(),
        "NoInternalIP",
        "%d have no usable address of type InternalIP: %s. Set the kubelet's --node-ip or the cloud provider");
    no(
        findings,
        o.releasing(),
        "WaitingForRelease",
        "%d still hold a block of another PodNetwork: %s. They get theirs when that one is released");
    if (findings.isEmpty() && o.allocated() < o.selected()) {
      findings.add(Finding.no(ALLOCATED, "Allocating", ""));
    }
    if (o.selectedByAnother().any()) {
      String others =
          "%s this one selects belong to another PodNetwork: %s. Make the nodeSelectors disjoint"
              .formatted(nodes(o.selectedByAnother().count()), o.selectedByAnother());
      findings.add(new Finding(ALLOCATED, o.selected() > 0, "NodeSelectedByAnother", others));
    }
    if (o.podCIDRDiffers().any()) {
      findings.add(
          Finding.yes(
              ALLOCATED,
              "PodCIDRDiffers",
              "%s have a spec.podCIDR that is not their block: %s. Whatever reads it routes wrongly; switch kube-controller-manager's --allocate-node-cidrs off"
                  .formatted(nodes(o.podCIDRDiffers().count()), o.podCIDRDiffers())));
    }
    String counts = "%d of %s hold their blocks".formatted(o.allocated(), nodes(o.selected()));
    if (findings.isEmpty()) {
      return o.selected() == 0
          ? Finding.yes(ALLOCATED, "NoNodes", "no node belongs to this network")
          : Finding.yes(ALLOCATED, "Allocated", counts);
    }
    String details =
        findings.stream()
            .map(Finding::message)
            .filter(m -> !m.isEmpty())
            .collect(Collectors.joining("; "));
    boolean all = findings.stream().allMatch(Finding::holds);
    return new Finding(
        ALLOCATED,
        all,
        findings.getFirst().reason(),
        details.isEmpty() ? counts : counts + "; " + details);
  }

  private static void no(List<Finding> findings, NodeNames names, String reason, String text) {
    if (names.any()) {
      findings.add(Finding.no(ALLOCATED, reason, text.formatted(names.count(), names)));
    }
  }

  private static Finding ready(
      NetworkOutcome outcome, NetworkReadiness readiness, Finding accepted, Finding allocated) {
    String counts =
        "the data path works on %d of %s".formatted(readiness.ready(), nodes(outcome.selected()));
    if (outcome.selected() == 0) {
      return Finding.no(
          READY,
          accepted.holds() ? "NoNodes" : accepted.reason(),
          "no node belongs to this network");
    }
    if (!allocated.holds()) {
      return Finding.no(READY, allocated.reason(), counts + "; not every node has its blocks");
    }
    if (readiness.ready() < outcome.selected()) {
      String names = String.join(", ", readiness.waiting());
      int more = readiness.waitingCount() - readiness.waiting().size();
      return Finding.no(
          READY,
          "NodesNotReady",
          counts
              + (names.isEmpty() ? "" : "; waiting for " + names)
              + (more > 0 ? " and " + more + " more" : "")
              + ". Look at kubectl get nodereports");
    }
    return Finding.yes(READY, "Ready", counts);
  }

  private static String nodes(int count) {
    return count == 1 ? "1 node" : count + " nodes";
  }

  private static String pools(List<PoolUse> pools) {
    String shown =
        pools.stream().limit(POOLS_SHOWN).map(PoolUse::cidr).collect(Collectors.joining(","));
    return pools.size() > POOLS_SHOWN ? shown + ",+" + (pools.size() - POOLS_SHOWN) : shown;
  }

  // IPv6 pools have more blocks than a long can count.
  private static long free(List<PoolUse> pools) {
    return pools.stream()
        .mapToLong(PoolUse::free)
        .reduce(0, (a, b) -> a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b);
  }

  private static String mtu(SortedSet<Integer> mtus) {
    if (mtus.isEmpty()) {
      return null;
    }
    return mtus.first().equals(mtus.last())
        ? mtus.first().toString()
        : mtus.first() + "-" + mtus.last();
  }
}
