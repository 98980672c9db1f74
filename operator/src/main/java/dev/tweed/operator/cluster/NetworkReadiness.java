package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.DataPathDigest;
import dev.tweed.operator.policy.ReportDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How many nodes of one network have a data path that works.
 *
 * @param ready nodes whose reports say so of all their NodeSubnets as these are now, and whose
 *     daemons are not silent
 * @param waiting the others, with the reason where the daemon gave one; the first few only
 * @param waitingCount how many those are
 * @param unreachable how many of those reach no other node, or not most for a fault of their own
 * @param silent how many of those have a daemon that is silent
 * @param unnamed how many of those have a report that is Ready and names no NodeSubnet at all
 * @param joining how many of those that are heard of have a block that is new
 * @param mtus MTUs that pods get, on nodes that are ready
 */
public record NetworkReadiness(
    int ready,
    List<String> waiting,
    int waitingCount,
    int unreachable,
    int silent,
    int unnamed,
    int joining,
    SortedSet<Integer> mtus) {
  /**
   * So long after a node was given a block it may be on its way; runs are as far apart, at most.
   */
  private static final Duration JOINING = Duration.ofMinutes(5);

  // Reasons of the condition Ready that daemons give.
  private static final Set<String> UNREACHABLE = Set.of("NoPeerAnswers", "PeerUnreachable");
  private static final int SHOWN = 5;

  /** Nothing is ready. */
  public static NetworkReadiness none() {
    return new NetworkReadiness(0, List.of(), 0, 0, 0, 0, 0, new TreeSet<>());
  }

  /**
   * Readiness of every network that holds blocks of existing nodes, by name of the network.
   *
   * @param reports by name of the Node
   * @param silent nodes whose daemons are silent: what their reports say was true once
   */
  static Map<String, NetworkReadiness> of(
      List<SubnetFacts> subnets,
      Map<String, ReportDigest> reports,
      Set<String> silent,
      Instant now) {
    Map<String, Map<String, List<SubnetFacts>>> byNetworkAndNode = new HashMap<>();
    for (SubnetFacts subnet : subnets) {
      if (!released(subnet) && !subnet.unread()) {
        byNetworkAndNode
            .computeIfAbsent(subnet.spec().podNetwork(), n -> new HashMap<>())
            .computeIfAbsent(subnet.spec().nodeName(), n -> new ArrayList<>(2))
            .add(subnet);
      }
    }
    Map<String, NetworkReadiness> readiness = new TreeMap<>();
    byNetworkAndNode.forEach(
        (network, nodes) -> readiness.put(network, tally(nodes, reports, silent, now)));
    return readiness;
  }

  private static boolean isNew(List<SubnetFacts> subnets, Instant now) {
    Instant since = now.minus(JOINING);
    return subnets.stream().anyMatch(subnet -> subnet.created().isAfter(since));
  }

  private static NetworkReadiness tally(
      Map<String, List<SubnetFacts>> nodes,
      Map<String, ReportDigest> reports,
      Set<String> silentNodes,
      Instant now) {
    int ready = 0;
    int joining = 0;
    int unreachable = 0;
    int silent = 0;
    int unnamed = 0;
    SortedMap<String, Optional<SubnetFacts>> waiting = new TreeMap<>();
    SortedSet<Integer> mtus = new TreeSet<>();
    for (var node : nodes.entrySet()) {
      Optional<SubnetFacts> fault = fault(node.getValue(), reports);
      if (silentNodes.contains(node.getKey())) {
        silent++;
        waiting.put(node.getKey(), Optional.empty());
      } else if (fault.isEmpty()) {
        ready++;
        Optional.of(reports.get(node.getKey()).dataPath().mtu())
            .filter(mtu -> mtu > 0)
            .ifPresent(mtus::add);
      } else {
        unreachable += UNREACHABLE.contains(said(fault.get(), reports).reason()) ? 1 : 0;
        unnamed += isUnnamed(said(fault.get(), reports)) ? 1 : 0;
        joining += isNew(node.getValue(), now) ? 1 : 0;
        waiting.put(node.getKey(), fault);
      }
    }
    return new NetworkReadiness(
        ready,
        waiting.entrySet().stream()
            .limit(SHOWN)
            .map(e -> e.getKey() + " (" + reason(e.getValue(), reports) + ")")
            .toList(),
        waiting.size(),
        unreachable,
        silent,
        unnamed,
        joining,
        mtus);
  }

  private static Optional<SubnetFacts> fault(
      List<SubnetFacts> subnets, Map<String, ReportDigest> reports) {
    for (SubnetFacts subnet : subnets) {
      if (!isReady(subnet, reports)) {
        return Optional.of(subnet);
      }
    }
    return Optional.empty();
  }

  private static String reason(Optional<SubnetFacts> fault, Map<String, ReportDigest> reports) {
    if (fault.isEmpty()) {
      return ReportDigest.DAEMON_SILENT;
    }
    DataPathDigest said = said(fault.get(), reports);
    if (said.reason().isEmpty()) {
      return "no word from its daemon";
    }
    if (!said.ready()) {
      return said.reason();
    }
    if (isUnnamed(said)) {
      return "names no NodeSubnet";
    }
    return said.isAbout(fault.get().uid()) ? "an older spec" : "no word of its NodeSubnet";
  }

  // By a daemon of an earlier version, or into a CRD of one, which has no such field.
  private static boolean isUnnamed(DataPathDigest said) {
    return said.ready() && said.about().isEmpty();
  }

  /**
   * Whether the daemon says the block works, and says it of the present spec: once a Node that came
   * back under its name has its UID in the spec, the old daemon's word counts for nothing.
   */
  static boolean isReady(SubnetFacts subnet, Map<String, ReportDigest> reports) {
    DataPathDigest said = said(subnet, reports);
    return said.ready() && said.isAbout(subnet.uid(), subnet.generation());
  }

  /** The same of the data path alone: it is in place, whatever else keeps pods from working. */
  static boolean isProgrammed(SubnetFacts subnet, Map<String, ReportDigest> reports) {
    DataPathDigest said = said(subnet, reports);
    return said.programmed() && said.isAbout(subnet.uid(), subnet.generation());
  }

  /** What the report of the block's Node says, and not that of an earlier Node of the name. */
  private static DataPathDigest said(SubnetFacts subnet, Map<String, ReportDigest> reports) {
    ReportDigest report = reports.get(subnet.spec().nodeName());
    return report != null && report.owner().equals(subnet.spec().nodeUID())
        ? report.dataPath()
        : DataPathDigest.NONE;
  }

  /** Whether its node is gone, so that it only waits to be released. */
  static boolean released(SubnetFacts subnet) {
    return subnet.goneSince().isPresent();
  }
}
