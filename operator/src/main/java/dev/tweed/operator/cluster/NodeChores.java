package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.operator.policy.ReportDigest;
import io.fabric8.kubernetes.api.model.Node;
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
record NodeChores(List<Node> missingReports, List<String> foreignReports, List<Node> networkUp) {

  static NodeChores plan(ClusterView view) {
    Map<String, List<NodeSubnet>> blocks =
        view.subnets().stream().collect(Collectors.groupingBy(s -> s.getSpec().nodeName()));
    List<Node> nodes =
        view.nodes().stream()
            .sorted(Comparator.comparing((Node n) -> n.getMetadata().getName()))
            .toList();
    return new NodeChores(
        nodes.stream().filter(n -> !view.reports().containsKey(name(n))).toList(),
        nodes.stream().filter(n -> foreign(n, view)).map(NodeChores::name).toList(),
        nodes.stream()
            .filter(n -> NodeNetwork.of(n) == NodeNetwork.NOT_YET)
            .filter(n -> up(n, blocks.getOrDefault(name(n), List.of())))
            .toList());
  }

  // Until the block is of this very Node, what is said of it was said by the daemon of the Node
  // that had the name before.
  private static boolean up(Node node, List<NodeSubnet> blocks) {
    return !blocks.isEmpty()
        && blocks.stream()
            .allMatch(
                s ->
                    node.getMetadata().getUid().equals(s.getSpec().nodeUID())
                        && NetworkReadiness.isProgrammed(s));
  }

  private static boolean foreign(Node node, ClusterView view) {
    ReportDigest report = view.reports().get(name(node));
    return report != null && !report.owner().equals(node.getMetadata().getUid());
  }

  private static String name(Node node) {
    return node.getMetadata().getName();
  }
}
