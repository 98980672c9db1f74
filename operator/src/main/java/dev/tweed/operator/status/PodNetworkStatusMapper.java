package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.Limits;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.crds.PodNetworkStatus.AddressConflict;
import dev.tweed.crds.PodNetworkStatus.MtuRange;
import dev.tweed.crds.PodNetworkStatus.NodeCounts;
import dev.tweed.crds.PodNetworkStatus.PoolUse;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.UnknownValue;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.allocation.NetworkOutcome.NodeNames;
import dev.tweed.operator.allocation.ReservedRange;
import dev.tweed.operator.allocation.Shortfall;
import dev.tweed.operator.cluster.AllocationFault;
import dev.tweed.operator.cluster.ClusterOutcome.NetworkState;
import dev.tweed.operator.cluster.ClusterOutcome.Pending;
import dev.tweed.operator.cluster.NetworkReadiness;
import dev.tweed.operator.reach.NetworkReach;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Status of a PodNetwork. */
public final class PodNetworkStatusMapper {
  /** Blocks are handed out from its pools. */
  public static final String ACCEPTED = "Accepted";

  /** Every node that belongs to it holds its blocks. */
  public static final String ALLOCATED = "Allocated";

  /** It can be used: the data path works on half of its nodes at least, or it has none. */
  public static final String READY = "Ready";

  /** Nodes are on their way, and nobody has to do anything. */
  public static final String PROGRESSING = "Progressing";

  /** Something is wrong that does not pass by itself. */
  public static final String DEGRADED = "Degraded";

  /** Nothing happens before the spec is corrected; there only then, as kstatus has it. */
  public static final String STALLED = "Stalled";

  /** So many blocks would be released at once that a person has to agree; there only then. */
  public static final String RELEASE_SUSPENDED = "ReleaseSuspended";

  /** Nodes that have left it are to lose their blocks; there only then. */
  public static final String RELEASE_PENDING = "ReleasePending";

  private static final String AS_EXPECTED = "AsExpected";

  static final String NODES_LEFT = "NodesLeft";
  static final String POD_CIDRS_CHANGED = "PodCIDRsChanged";
  private static final String LEFT =
      "These nodes do not belong to this network any more: correct spec.nodeSelector (kubectl edit"
          + " podnetwork %s) or their labels (kubectl get nodes --show-labels)";

  private PodNetworkStatusMapper() {}

  /**
   * @param reach how its nodes reach each other
   * @param previous conditions the object has now, for their transition times
   */
  public static PodNetworkStatus status(
      NetworkState state, NetworkReach reach, List<Condition> previous, Instant now) {
    NetworkOutcome outcome = state.outcome();
    Finding accepted = accepted(outcome.acceptance());
    Finding allocated =
        accepted.holds()
            ? allocated(outcome, state.allocationFault())
            : Finding.no(
                ALLOCATED, accepted.reason(), "no blocks are handed out: " + accepted.message());
    Finding reachable = ReachMapper.reachable(reach);
    Finding progressing = progressing(state, accepted, allocated);
    Optional<Finding> suspended = suspended(state);
    int ready = ready(state);
    return new PodNetworkStatus(
        state.generation(),
        Finding.conditions(
            Stream.of(
                    Stream.of(
                        accepted,
                        allocated,
                        ready(state, reach, accepted, allocated),
                        progressing,
                        degraded(state, reach, accepted, allocated, reachable, suspended),
                        reachable),
                    stalled(accepted).stream(),
                    suspended.stream(),
                    state.pending().map(p -> pending(p, state.blocks())).stream())
                .flatMap(Function.identity())
                .toList(),
            previous,
            state.generation(),
            now),
        outcome.pools().stream()
            .map(
                p ->
                    new PoolUse(
                        p.cidr(),
                        p.capacity(),
                        p.allocated(),
                        p.reserved(),
                        p.free(),
                        p.disabled() ? true : null))
            .toList(),
        new NodeCounts(outcome.selected(), outcome.allocated(), ready),
        state.blocks(),
        free(outcome.pools()),
        mtu(state.readiness().mtus()),
        outcome.conflicts().stream()
            .limit(Limits.ADDRESS_CONFLICTS)
            .map(
                c ->
                    new AddressConflict(
                        c.address(), c.holder().name(), c.node().name(), c.clones()))
            .toList());
  }

  private static Finding accepted(NetworkOutcome.Acceptance acceptance) {
    return switch (acceptance) {
      case NetworkOutcome.Accepted ok ->
          Finding.yes(ACCEPTED, "Accepted", "no pool overlaps one of an older PodNetwork");
      case NetworkOutcome.AcceptedPublic(String pool, long addresses) ->
          Finding.yes(
              ACCEPTED,
              "PublicRange",
              "pool %s is of the public Internet: unless it is yours, pods do not reach whoever has its %d addresses there. Private ranges are those of RFC 1918 and RFC 6598"
                  .formatted(pool, addresses));
      case NetworkOutcome.PoolOverlap overlap ->
          Finding.no(
              ACCEPTED,
              "PoolOverlap",
              "pool %s overlaps pool %s of the older PodNetwork %s; delete this one and choose another range"
                  .formatted(overlap.pool(), overlap.otherPool(), overlap.otherNetwork()));
      case NetworkOutcome.PoolReserved reserved ->
          Finding.no(
              ACCEPTED,
              reason(reserved),
              collision(reserved) + "; delete this PodNetwork and choose another range");
      case NetworkOutcome.AcceptedInUse(NetworkOutcome.PoolReserved reserved) ->
          Finding.yes(
              ACCEPTED,
              reason(reserved),
              collision(reserved)
                  + "; nodes keep their blocks, and no new ones with such addresses are handed out."
                  + " "
                  + switch (reserved.reserved().kind()) {
                    case NODE_ADDRESS -> "Give that node an address outside all pools";
                    case SERVICE_CIDR -> "Move the nodes to a PodNetwork with another range";
                  });
      case NetworkOutcome.InvalidSpec invalid ->
          Finding.no(ACCEPTED, "InvalidSpec", invalid.field() + " " + invalid.message());
      case NetworkOutcome.UnknownSpec(UnknownValue value) ->
          Finding.no(
              ACCEPTED,
              "UnknownValue",
              "%s%s is not known to this operator, which is older than the CRD: update it. Until then nodes keep the blocks they have, and none are given"
                  .formatted(value.field().isEmpty() ? "" : value.field() + ": ", value.value()));
    };
  }

  private static String reason(NetworkOutcome.PoolReserved reserved) {
    return switch (reserved.reserved().kind()) {
      case NODE_ADDRESS -> "ContainsNodeAddress";
      case SERVICE_CIDR -> "OverlapsServiceCIDR";
    };
  }

  private static String collision(NetworkOutcome.PoolReserved reserved) {
    ReservedRange range = reserved.reserved();
    return switch (range.kind()) {
      case NODE_ADDRESS ->
          "pool %s contains %s, an address of node %s"
              .formatted(reserved.pool(), range.cidr().replaceFirst("/.*", ""), range.name());
      case SERVICE_CIDR ->
          "pool %s overlaps %s, the Services' range of ServiceCIDR %s"
              .formatted(reserved.pool(), range.cidr(), range.name());
    };
  }

  private static Finding allocated(NetworkOutcome o, Optional<AllocationFault> fault) {
    List<Finding> findings = new ArrayList<>();
    for (Shortfall shortfall : Shortfall.values()) {
      boolean holds =
          switch (shortfall) {
            case NodeSelectedByAnother -> o.selected() > 0;
            case PodCIDRDiffers, ReservationNotHeld, BlockSmallerThanMaxPods, NodeWithoutDaemon ->
                true;
            // All have blocks, and are reached by another address of theirs.
            case NodeAddressTaken, NodeAddressRefused -> o.allocated() == o.selected();
            default -> false;
          };
      NodeNames nodes = o.nodes(shortfall);
      if (nodes.any()) {
        findings.add(Finding.of(ALLOCATED, holds, shortfall.name(), shortfall.message(nodes)));
      }
    }
    if (o.allocated() < o.selected() && fault.isPresent()) {
      findings.addFirst(Finding.no(ALLOCATED, fault.get().reason(), fault.get().message()));
    } else if (o.allocated() < o.selected()
        && o.shortfalls().keySet().stream().noneMatch(Shortfall::lacking)) {
      findings.addFirst(Finding.no(ALLOCATED, "Allocating", ""));
    }
    return allocated(o, findings);
  }

  private static Finding allocated(NetworkOutcome o, List<Finding> findings) {
    String counts = "%d of %d nodes hold their blocks".formatted(o.allocated(), o.selected());
    if (findings.isEmpty()) {
      return o.selected() == 0
          ? Finding.yes(ALLOCATED, "NoNodes", "no node belongs to this network")
          : Finding.yes(ALLOCATED, "Allocated", counts);
    }
    String details =
        findings.stream()
            .map(Finding::message)
            .filter(message -> !message.isEmpty())
            .map("; "::concat)
            .collect(Collectors.joining());
    return Finding.of(
        ALLOCATED,
        findings.stream().allMatch(Finding::holds),
        findings.getFirst().reason(),
        counts + details);
  }

  // A node that leaves is ready, and selected no more.
  private static int ready(NetworkState state) {
    return Math.min(state.readiness().ready(), state.outcome().selected());
  }

  private static String counts(NetworkState state) {
    return "the data path works on %d of %d nodes"
        .formatted(ready(state), state.outcome().selected());
  }

  private static Finding ready(
      NetworkState state, NetworkReach reach, Finding accepted, Finding allocated) {
    int nodes = state.outcome().selected();
    if (!accepted.holds()) {
      return Finding.no(READY, accepted.reason(), accepted.message());
    }
    if (nodes == 0) {
      return allocated.holds()
          ? Finding.yes(READY, "NoNodes", "no node belongs to this network")
          : Finding.no(READY, allocated.reason(), allocated.message());
    }
    if (ready(state) * 2 >= nodes) {
      return Finding.yes(READY, "Ready", counts(state));
    }
    return allocated.holds()
        ? notReady(state, reach, READY, false)
        : Finding.no(READY, allocated.reason(), counts(state) + "; " + allocated.message());
  }

  private static Finding progressing(NetworkState state, Finding accepted, Finding allocated) {
    if (accepted.holds() && !allocated.holds() && Transition.passes(allocated.reason())) {
      return Finding.yes(PROGRESSING, allocated.reason(), allocated.message());
    }
    NetworkReadiness readiness = state.readiness();
    // Their blocks were handed out in this run: no NodeSubnet has come back yet.
    int unseen = state.outcome().allocated() - readiness.ready() - readiness.waitingCount();
    int joining = readiness.joining() + (accepted.holds() ? Math.max(0, unseen) : 0);
    return joining > 0
        ? Finding.yes(
            PROGRESSING,
            "NodesJoining",
            "%s; %d of the others got a block only now".formatted(counts(state), joining))
        : Finding.no(PROGRESSING, AS_EXPECTED, "nothing is on its way");
  }

  private static Finding degraded(
      NetworkState state,
      NetworkReach reach,
      Finding accepted,
      Finding allocated,
      Finding reachable,
      Optional<Finding> suspended) {
    if (!accepted.holds()) {
      return degraded(accepted);
    }
    if (!allocated.holds() && !Transition.passes(allocated.reason())) {
      return degraded(allocated);
    }
    if (suspended.isPresent()) {
      return degraded(suspended.get());
    }
    if (reachable.status().equals("False")) {
      return degraded(reachable);
    }
    return state.readiness().waitingCount() > state.readiness().joining()
        ? notReady(state, reach, DEGRADED, true)
        : Finding.no(DEGRADED, AS_EXPECTED, counts(state));
  }

  private static Finding degraded(Finding why) {
    return Finding.yes(DEGRADED, why.reason(), why.message());
  }

  private static Optional<Finding> stalled(Finding accepted) {
    return accepted.holds()
        ? Optional.empty()
        : Optional.of(Finding.yes(STALLED, accepted.reason(), accepted.message()));
  }

  /** Why nodes that have their blocks are not ready. */
  private static Finding notReady(
      NetworkState state, NetworkReach reach, String type, boolean holds) {
    NetworkReadiness readiness = state.readiness();
    if (readiness.silent() * 2 > state.outcome().selected()) {
      return Finding.of(
          type,
          holds,
          "DaemonsSilent",
          counts(state)
              + ", as far as is known: nothing is heard of the daemons of %d any more, and packets flow there as these left them. See whether they run and reach the API server: kubectl get pods -A -l app.kubernetes.io/name=tweed -o wide"
                  .formatted(readiness.silent()));
    }
    if (state.earlierVersion().isPresent()) {
      return Finding.of(
          type,
          holds,
          "ReportsOfEarlierVersion",
          counts(state) + ", as far as is known: " + state.earlierVersion().get());
    }
    String names = String.join(", ", readiness.waiting());
    int more = readiness.waitingCount() - readiness.waiting().size();
    return Finding.of(
        type,
        holds,
        readiness.unreachable() > 0 ? ReachMapper.NODES_UNREACHABLE : "NodesNotReady",
        counts(state)
            + (names.isEmpty() ? "" : "; waiting for " + names)
            + (more > 0 ? " and " + more + " more" : "")
            + (readiness.unreachable() > 0 ? ReachMapper.causes(reach) : "")
            + ". Look at kubectl get nodereports");
  }

  private static Optional<Finding> suspended(NetworkState state) {
    if (state.suspended().isEmpty()) {
      return Optional.empty();
    }
    ReleaseReason reason = state.suspended().getFirst().reason();
    String network = network(state.suspended());
    boolean left = reason == ReleaseReason.NodeLeft;
    return Optional.of(
        Finding.yes(
            RELEASE_SUSPENDED,
            left ? NODES_LEFT : POD_CIDRS_CHANGED,
            "%d of %d blocks would be released though their nodes exist, with those of the last hour more than 10 %%: running pods would keep their addresses, and pods of other nodes would reach them no more; all are kept: %s. %s. If they are to go: kubectl annotate podnetwork %s %s=true"
                .formatted(
                    state.suspended().size(),
                    state.blocks(),
                    nodes(state.suspended()),
                    left
                        ? LEFT.formatted(network)
                        : "Their spec.podCIDRs are others than their blocks: see whether"
                            + " kube-controller-manager has another --cluster-cidr, or another"
                            + " allocator is at work (kubectl get nodes -o"
                            + " custom-columns=NAME:.metadata.name,PODCIDRS:.spec.podCIDRs)",
                    network,
                    TweedApi.RELEASE_BLOCKS)));
  }

  private static Finding pending(Pending pending, int blocks) {
    List<Release> releases = pending.releases();
    return Finding.yes(
        RELEASE_PENDING,
        NODES_LEFT,
        "%d of %d blocks are released from %s on though their nodes exist: running pods keep their addresses, and pods of other nodes reach them no more. Nodes: %s. If they are to stay, act before. %s"
            .formatted(
                releases.size(),
                blocks,
                pending.from().truncatedTo(ChronoUnit.SECONDS),
                nodes(releases),
                LEFT.formatted(network(releases))));
  }

  private static NodeNames nodes(List<Release> releases) {
    return NodeNames.of(
        releases.stream().map(r -> r.subnet().spec().nodeName()).distinct().toList());
  }

  private static String network(List<Release> releases) {
    return releases.getFirst().subnet().spec().podNetwork();
  }

  // Of the family that has the fewest: a node needs one of each.
  private static long free(List<NetworkOutcome.PoolUse> pools) {
    return pools.stream()
        .filter(pool -> !pool.disabled())
        .collect(
            Collectors.groupingBy(
                pool -> pool.cidr().indexOf(':') >= 0,
                Collectors.reducing(0L, NetworkOutcome.PoolUse::free, Long::sum)))
        .values()
        .stream()
        .min(Comparator.naturalOrder())
        .orElse(0L);
  }

  private static MtuRange mtu(SortedSet<Integer> mtus) {
    return mtus.isEmpty() ? null : new MtuRange(mtus.first(), mtus.last());
  }
}
