package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportSpec;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.cluster.BoundedCalls.Written;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Writes what belongs to single Nodes: their NodeReports and one condition. */
final class NodeWriter {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final KubernetesClient client;
  private final BoundedCalls calls;
  private final Clock clock;

  NodeWriter(KubernetesClient client, BoundedCalls calls, Clock clock) {
    this.client = client;
    this.calls = calls;
    this.clock = clock;
  }

  /**
   * Deletes reports of earlier Nodes. To be done before their NodeSubnets are amended: what a
   * daemon writes when it sees that is of the Node there is now.
   */
  Written deleteForeign(NodeChores chores) {
    return calls.each(chores.foreignReports(), NodeWriter::report, this::deleteReport);
  }

  /** Does the other chores. */
  Written perform(NodeChores chores) {
    return calls
        .each(
            chores.missingReports(),
            NodeWriter::report,
            node -> client.resource(reportOf(node)).create())
        .and(
            calls.each(
                chores.networkUp(),
                NodeWriter::node,
                n -> mark(n, "False", NodeNetwork.IS_UP, "Tweed's data path works on this node")))
        .and(
            calls.each(
                chores.networkRebooted(),
                NodeWriter::node,
                n ->
                    mark(
                        n,
                        "True",
                        NodeNetwork.NOT_UP_SINCE_BOOT,
                        "Tweed's daemon has not said since this boot that pods can work")))
        .and(
            calls.each(
                chores.networkLeaving(),
                NodeWriter::node,
                n ->
                    mark(
                        n,
                        "True",
                        NodeNetwork.LEAVES,
                        "no PodNetwork selects this node any more: it gets no new pods, and what"
                            + " runs keeps running")))
        .and(
            calls.each(
                chores.networkLeft(),
                NodeWriter::node,
                n -> mark(n, "Unknown", "TweedLeft", "Tweed has nothing on this node any more")));
  }

  private static String node(NodeFacts node) {
    return "Node " + node.name();
  }

  private static String report(NodeFacts node) {
    return "NodeReport " + node.name();
  }

  /** The NodeReport of a Node before its daemon has written anything; goes with the Node. */
  static NodeReport reportOf(NodeFacts node) {
    NodeReport report = new NodeReport();
    report.setMetadata(
        new ObjectMetaBuilder()
            .withName(node.name())
            .withOwnerReferences(
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName(node.name())
                    .withUid(node.uid())
                    .build())
            .build());
    report.setSpec(new NodeReportSpec());
    return report;
  }

  // The garbage collector would do it too, but only where one runs and not at once. Meanwhile the
  // report may be another one: that of the Node there is now.
  private void deleteReport(NodeFacts node) {
    Optional.ofNullable(client.resources(NodeReport.class).withName(node.name()).get())
        .filter(report -> !ReportStore.owner(report).equals(node.uid()))
        .ifPresent(this::delete);
  }

  private void delete(NodeReport report) {
    DeleteOptions thisOne =
        new DeleteOptionsBuilder()
            .withNewPreconditions()
            .withUid(report.getMetadata().getUid())
            .endPreconditions()
            .build();
    client.raw(
        "/apis/%s/%s/%s"
            .formatted(report.getApiVersion(), report.getPlural(), report.getMetadata().getName()),
        "DELETE",
        thisOne);
  }

  private void mark(NodeFacts node, String value, String reason, String message) {
    ObjectNode patch = JSON.createObjectNode();
    // A conflict if the Node is another one by now.
    patch.putObject("metadata").put("uid", node.uid());
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    patch
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "NetworkUnavailable")
        .put("status", value)
        .put("reason", reason)
        .put("message", message)
        .put("lastHeartbeatTime", now)
        .put("lastTransitionTime", now);
    Node named = new NodeBuilder().withNewMetadata().withName(node.name()).endMetadata().build();
    Patches.status(client, named, PatchType.STRATEGIC_MERGE, patch.toString());
  }
}
