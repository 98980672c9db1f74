package dev.tweed.operator.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.TweedApi;
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
  static Map<String, NetworkReadiness> of(List<NodeSubnet> subnets, Set<String> silent) {
    Map<String, Map<String, List<NodeSubnet>>> byNetworkAndNode = new TreeMap<>();
    for (NodeSubnet subnet : subnets) {
      if (!released(subnet)) {
        byNetworkAndNode
            .computeIfAbsent(subnet.getSpec().podNetwork(), n -> new TreeMap<>())
            .computeIfAbsent(subnet.getSpec().nodeName(), n -> new ArrayList<>(2))
            .add(subnet);
      }
    }
    Map<String, NetworkReadiness> readiness = new TreeMap<>();
    byNetworkAndNode.forEach((network, nodes) -> readiness.put(network, tally(nodes, silent)));
    return readiness;
  }

  private static NetworkReadiness tally(
      Map<String, List<NodeSubnet>> nodes, Set<String> silentNodes) {
    int ready = 0;
    int waitingCount = 0;
    int unreachable = 0;
    int silent = 0;
    List<String> waiting = new ArrayList<>();
    SortedSet<Integer> mtus = new TreeSet<>();
    for (var node : nodes.entrySet()) {
      Optional<NodeSubnet> fault = node.getValue().stream().filter(s -> !isReady(s)).findFirst();
      if (silentNodes.contains(node.getKey())) {
        waitingCount++;
        silent++;
        if (waiting.size() < SHOWN) {
          waiting.add(node.getKey() + " (" + ReportDigest.DAEMON_SILENT + ")");
        }
      } else if (fault.isEmpty()) {
        ready++;
        node.getValue().stream()
            .map(s -> s.getStatus().mtu())
            .filter(mtu -> mtu != null)
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

  private static String reason(NodeSubnet subnet) {
    return condition(subnet, "Ready")
        .map(c -> c.status().equals("True") ? "an older spec" : c.reason())
        .map(reason -> " (" + reason + ")")
        .orElse(" (no word from its daemon)");
  }

  private static Optional<Condition> condition(NodeSubnet subnet, String type) {
    return subnet.getStatus() == null
        ? Optional.empty()
        : subnet.getStatus().conditions().stream().filter(c -> type.equals(c.type())).findFirst();
  }

  /**
   * Whether the daemon says the block works, and says it of the present spec: once a Node that came
   * back under its name has its UID in the spec, the old daemon's word counts for nothing.
   */
  static boolean isReady(NodeSubnet subnet) {
    return isTrue(subnet, "Ready");
  }

  /**
   * The same of the data path alone: it is in place, whatever else keeps pods from working. That is
   * a condition of its own only where the block is not ready.
   */
  static boolean isProgrammed(NodeSubnet subnet) {
    return isReady(subnet) || isTrue(subnet, "Programmed");
  }

  private static boolean isTrue(NodeSubnet subnet, String type) {
    Long observed = subnet.getStatus() == null ? null : subnet.getStatus().observedGeneration();
    Long generation = subnet.getMetadata().getGeneration();
    return condition(subnet, type).filter(c -> "True".equals(c.status())).isPresent()
        && observed != null
        && (generation == null || observed >= generation);
  }

  /** Whether its node is gone, so that it only waits to be released. */
  static boolean released(NodeSubnet subnet) {
    Map<String, String> annotations = subnet.getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(TweedApi.NODE_GONE_SINCE);
  }
}
