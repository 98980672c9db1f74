package dev.tweed.operator.cluster;

import dev.tweed.crds.DaemonNodes;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.ReportDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What is to be done for single Nodes.
 *
 * @param missingReports Nodes without a NodeReport
 * @param foreignReports Nodes whose NodeReport belongs to an earlier Node of that name
 * @param networkUp Nodes whose condition NetworkUnavailable is to become False
 * @param networkRebooted those whose condition, False by us, is to become True, since what the
 *     daemon said is of an earlier boot
 * @param networkLeaving those whose condition, False by us, is to become True, so that they get no
 *     new pods
 * @param networkLeft those whose condition, True by us, is to say nothing any more
 */
record NodeChores(
    List<NodeFacts> missingReports,
    List<NodeFacts> foreignReports,
    List<NodeFacts> networkUp,
    List<NodeFacts> networkRebooted,
    List<NodeFacts> networkLeaving,
    List<NodeFacts> networkLeft) {

  static NodeChores none() {
    return new NodeChores(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
  }

  static NodeChores plan(ClusterView view) {
    // Of most nodes nothing is asked: they are up, and so are all their blocks.
    Set<String> released =
        view.subnets().stream()
            .filter(NetworkReadiness::released)
            .map(s -> s.spec().nodeName())
            .collect(Collectors.toSet());
    Set<String> holders =
        view.subnets().stream().map(s -> s.spec().nodeName()).collect(Collectors.toSet());
    Map<String, List<SubnetFacts>> blocks =
        view.subnets().stream()
            .filter(
                s ->
                    released.contains(s.spec().nodeName())
                        || waits(
                            view.connections()
                                .getOrDefault(s.spec().nodeName(), NodeConnection.NONE)))
            .collect(Collectors.groupingBy(s -> s.spec().nodeName()));
    Predicate<NodeFacts> leaves =
        n ->
            holders.contains(n.name())
                ? released.contains(n.name())
                    && blocks.get(n.name()).stream().allMatch(NetworkReadiness::released)
                : view.networks().stream().noneMatch(network -> mayHave(network, n));
    return new NodeChores(
        those(view, n -> !view.reports().containsKey(n.name())),
        those(view, n -> foreign(n, view)),
        those(
            view,
            n ->
                waits(view.connection(n))
                    && !leaves.test(n)
                    && !rebooted(n, view)
                    && up(n, blocks.getOrDefault(n.name(), List.of()), view)),
        those(view, n -> isUp(view.connection(n)) && !leaves.test(n) && rebooted(n, view)),
        those(view, n -> isUp(view.connection(n)) && leaves.test(n)),
        those(
            view,
            n ->
                view.connection(n).network() == NodeNetwork.LEAVING
                    && !holders.contains(n.name())
                    && left(n, view)));
  }

  private static boolean waits(NodeConnection connection) {
    return !isUp(connection) && connection.network() != NodeNetwork.AVAILABLE;
  }

  private static boolean isUp(NodeConnection connection) {
    return connection.network() == NodeNetwork.UP;
  }

  // With a runtime that finds a CNI configuration of before, its kubelet says Ready at once.
  private static boolean rebooted(NodeFacts node, ClusterView view) {
    ReportDigest report = view.reports().get(node.name());
    String now = view.connection(node).bootID();
    return report != null
        && !now.isEmpty()
        && !report.bootID().isEmpty()
        && !report.bootID().equals(now);
  }

  private static boolean mayHave(NetworkFacts network, NodeFacts node) {
    return !network.deleting()
        && DaemonNodes.canRunOn(node.labels())
        && (!network.unknownValues().isEmpty()
            || network.spec().nodeSelector().matches(node.labels()));
  }

  private static boolean left(NodeFacts node, ClusterView view) {
    ReportDigest report = view.reports().get(node.name());
    return report != null && report.owner().equals(node.uid()) && report.blocks().isEmpty();
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
