package dev.tweed.operator.silence;

import dev.tweed.operator.silence.SilenceFacts.DaemonPod;
import dev.tweed.operator.silence.SilenceFacts.Kubelet;

/** Says why a daemon is silent, as far as the API tells, and what to look at. */
public final class SilenceRenderer {
  private SilenceRenderer() {}

  /** For the conditions of its NodeReport. */
  public static String message(String node, SilenceFacts facts) {
    return "nothing has been heard of the daemon of this node for more than %d s; what it reported may not hold any more, and packets flow as it left them. "
            .formatted(Silence.LIMIT.toSeconds())
        + cause(node, facts);
  }

  private static String cause(String node, SilenceFacts facts) {
    String namespace = facts.namespace();
    if (facts.kubelet() == Kubelet.SILENT) {
      return "Nor of its kubelet: the node is down, or cut off from the API server: kubectl describe node "
          + node;
    }
    String unready =
        facts.kubelet() == Kubelet.NOT_READY
            ? " (the Node is not Ready: kubectl describe node " + node + ")"
            : "";
    if (facts.pod().isEmpty()) {
      return (facts.pods()
              ? "The node has no pod of it: deleted, not scheduled, or not wanted there: kubectl -n %s get daemonsets,pods -o wide; if it is a service of this node: systemctl status tweed-node, and whether it has rights (value node.outsidePods of the chart)"
                  .formatted(namespace)
              : "Its service is stopped or dead, cut off from the API server, or has no rights there (value node.outsidePods of the chart): on the node, systemctl status tweed-node; journalctl -u tweed-node")
          + unready;
    }
    DaemonPod pod = facts.pod().get();
    String detail = pod.detail().isEmpty() ? "" : " (" + pod.detail() + ")";
    return switch (pod.stage()) {
          case WAITING ->
              "Its pod does not run%s: kubectl -n %s describe pod %s"
                  .formatted(detail, namespace, pod.name());
          case CRASHING ->
              "Its pod ends again and again%s: kubectl -n %s logs %s --previous"
                  .formatted(detail, namespace, pod.name());
          case ENDING ->
              "Its pod is being deleted%s: kubectl -n %s get pod %s -o wide"
                  .formatted(detail, namespace, pod.name());
          case RUNNING ->
              "Its pod runs%s: the process is stopped or hangs, or is cut off from the API server: kubectl -n %s logs %s; on the node, cat /run/tweed/status"
                  .formatted(detail, namespace, pod.name());
        }
        + unready;
  }
}
