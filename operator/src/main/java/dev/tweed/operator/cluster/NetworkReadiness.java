package dev.tweed.operator.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeSubnetStatus;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.ReportDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How many nodes of one network have a data path that works.
 *
 * @param ready nodes whose NodeSubnets all say so, of the spec they have now, and whose daemons are
 *     not silent
 * @param waiting the others, with the reason where the daemon gave one; the first few only
 * @param waitingCount how many those are
 * @param unreachable how many of those reach no other node, or not most for a fault of their own
 * @param silent how many of those have a daemon that is silent
 * @param mtus MTUs that pods get, on nodes that are ready
 */
public record NetworkReadiness(
    int ready,
    List<String> waiting,
    int waitingCount,
    int unreachable,
    int silent,
    SortedSet<Integer> mtus) {
  // Reasons of the condition Ready that daemons give.
  private static final Set<String> UNREACHABLE = Set.of("NoPeerAnswers", "PeerUnreachable");
  private static final int SHOWN = 5;

  /** Nothing is ready. */
  public static NetworkReadiness none() {
    return new NetworkReadiness(0, List.of(), 0, 0, 0, new TreeSet<>());
  }

  /**
   * Readiness of every network that holds blocks of existing nodes, by name of the network.
   *
   * @param silent nodes whose daemons are silent: what their NodeSubnets say was true once
   */
  static Map<String, NetworkReadiness> of(List<SubnetFacts> subnets, Set<String> silent) {
    Map<String, Map<String, List<SubnetFacts>>> byNetworkAndNode = new TreeMap<>();
    for (SubnetFacts subnet : subnets) {
      if (!released(subnet)) {
        byNetworkAndNode
            .computeIfAbsent(subnet.spec().podNetwork(), n -> new TreeMap<>())
            .computeIfAbsent(subnet.spec().nodeName(), n -> new ArrayList<>(2))
            .add(subnet);
      }
    }
    Map<String, NetworkReadiness> readiness = new TreeMap<>();
    byNetworkAndNode.forEach((network, nodes) -> readiness.put(network, tally(nodes, silent)));
    return readiness;
  }

  private static NetworkReadiness tally(
      Map<String, List<SubnetFacts>> nodes, Set<String> silentNodes) {
    int ready = 0;
    int waitingCount = 0;
    int unreachable = 0;
    int silent = 0;
    List<String> waiting = new ArrayList<>();
    SortedSet<Integer> mtus = new TreeSet<>();
    for (var node : nodes.entrySet()) {
      Optional<SubnetFacts> fault = node.getValue().stream().filter(s -> !isReady(s)).findFirst();
      if (silentNodes.contains(node.getKey())) {
        waitingCount++;
        silent++;
        if (waiting.size() < SHOWN) {
          waiting.add(node.getKey() + " (" + ReportDigest.DAEMON_SILENT + ")");
        }
      } else if (fault.isEmpty()) {
        ready++;
        node.getValue().stream()
            .flatMap(s -> s.status().map(NodeSubnetStatus::mtu).stream())
            .forEach(mtus::add);
      } else {
        waitingCount++;
        unreachable +=
            condition(fault.get(), "Ready")
                    .filter(c -> UNREACHABLE.contains(c.reason()))
                    .isPresent()
                ? 1
                : 0;
        if (waiting.size() < SHOWN) {
          waiting.add(node.getKey() + reason(fault.get()));
        }
      }
    }
    return new NetworkReadiness(
        ready, List.copyOf(waiting), waitingCount, unreachable, silent, mtus);
  }

  private static String reason(SubnetFacts subnet) {
    return condition(subnet, "Ready")
        .map(c -> c.status().equals("True") ? "an older spec" : c.reason())
        .map(reason -> " (" + reason + ")")
        .orElse(" (no word from its daemon)");
  }

  private static Optional<Condition> condition(SubnetFacts subnet, String type) {
    return subnet.status().stream()
        .flatMap(s -> s.conditions().stream())
        .filter(c -> type.equals(c.type()))
        .findFirst();
  }

  /**
   * Whether the daemon says the block works, and says it of the present spec: once a Node that came
   * back under its name has its UID in the spec, the old daemon's word counts for nothing.
   */
  static boolean isReady(SubnetFacts subnet) {
    return isTrue(subnet, "Ready");
  }

  /**
   * The same of the data path alone: it is in place, whatever else keeps pods from working. That is
   * a condition of its own only where the block is not ready.
   */
  static boolean isProgrammed(SubnetFacts subnet) {
    return isReady(subnet) || isTrue(subnet, "Programmed");
  }

  private static boolean isTrue(SubnetFacts subnet, String type) {
    return condition(subnet, type).filter(c -> "True".equals(c.status())).isPresent()
        && subnet
            .status()
            .map(NodeSubnetStatus::observedGeneration)
            .filter(observed -> observed >= subnet.generation())
            .isPresent();
  }

  /** Whether its node is gone, so that it only waits to be released. */
  static boolean released(SubnetFacts subnet) {
    return subnet.goneSince().isPresent();
  }
}
