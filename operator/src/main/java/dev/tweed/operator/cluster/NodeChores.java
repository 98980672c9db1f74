package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.ReportDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
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
        view.subnets().stream()
            .filter(s -> view.unconnected().contains(s.spec().nodeName()))
            .collect(Collectors.groupingBy(s -> s.spec().nodeName()));
    return new NodeChores(
        those(view, n -> !view.reports().containsKey(n.name())),
        those(view, n -> foreign(n, view)),
        those(
            view,
            n ->
                view.unconnected().contains(n.name())
                    && up(n, blocks.getOrDefault(n.name(), List.of()), view)));
  }

  private static List<NodeFacts> those(ClusterView view, Predicate<NodeFacts> which) {
    return view.nodes().stream()
        .filter(which)
        .sorted(Comparator.comparing(NodeFacts::name))
        .toList();
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
