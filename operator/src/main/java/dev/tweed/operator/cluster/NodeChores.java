package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.ReportDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is to be done for single Nodes.
 *
 * @param missingReports Nodes without a NodeReport
 * @param foreignReports Nodes whose NodeReport belongs to an earlier Node of that name
 * @param networkUp Nodes whose condition NetworkUnavailable is to become False
 */
record NodeChores(
    List<NodeFacts> missingReports, List<NodeFacts> foreignReports, List<NodeFacts> networkUp) {

  static NodeChores none() {
    return new NodeChores(List.of(), List.of(), List.of());
  }

  static NodeChores plan(ClusterView view) {
    Map<String, List<SubnetFacts>> blocks =
        view.subnets().stream().collect(Collectors.groupingBy(s -> s.spec().nodeName()));
    List<NodeFacts> nodes =
        view.nodes().stream().sorted(Comparator.comparing(NodeFacts::name)).toList();
    return new NodeChores(
        nodes.stream().filter(n -> !view.reports().containsKey(n.name())).toList(),
        nodes.stream().filter(n -> foreign(n, view)).toList(),
        nodes.stream()
            .filter(n -> view.unconnected().contains(n.name()))
            .filter(n -> up(n, blocks.getOrDefault(n.name(), List.of()), view))
            .toList());
  }

  // Until block and report are of this very Node, what is said was said by the daemon of the Node
  // that had the name before.
  private static boolean up(NodeFacts node, List<SubnetFacts> blocks, ClusterView view) {
    return !blocks.isEmpty()
        && blocks.stream()
            .allMatch(
                s ->
                    node.uid().equals(s.spec().nodeUID())
                        && NetworkReadiness.isProgrammed(s, view.reports()));
  }

  private static boolean foreign(NodeFacts node, ClusterView view) {
    ReportDigest report = view.reports().get(node.name());
    return report != null && !report.owner().equals(node.uid());
  }
}
