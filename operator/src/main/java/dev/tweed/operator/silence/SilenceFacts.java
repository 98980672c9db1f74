package dev.tweed.operator.silence;

import java.util.Optional;

/**
 * What the API tells of a silent daemon's surroundings.
 *
 * @param namespace of the daemons' pods
 * @param kubelet what the kubelet of its node says
 * @param pod the daemon's pod on the node, if there is one
 * @param pods whether daemons run in pods anywhere
 */
public record SilenceFacts(
    String namespace, Kubelet kubelet, Optional<DaemonPod> pod, boolean pods) {

  /** A Node's condition Ready. */
  public enum Kubelet {
    READY,
    NOT_READY,
    /** Nothing was heard of it either. */
    SILENT
  }

  /** How far a pod is. */
  public enum Stage {
    /** Not started, or not yet. */
    WAITING,
    RUNNING,
    /** Ended by itself, and started again with growing pauses. */
    CRASHING,
    /** Somebody deletes it. */
    ENDING
  }

  /**
   * The daemon's pod.
   *
   * @param detail the kubelet's or scheduler's word for it; may be empty
   */
  public record DaemonPod(String name, Stage stage, String detail) {}
}
