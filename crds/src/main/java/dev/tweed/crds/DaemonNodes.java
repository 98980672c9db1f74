package dev.tweed.crds;

import java.util.Map;

/** Which Nodes Tweed's daemon can run on: Linux machines with a kubelet of their own. */
public final class DaemonNodes {
  private DaemonNodes() {}

  /**
   * Whether it can, by the labels of the Node: {@code kubernetes.io/os} is set by each kubelet,
   * {@code type} by virtual-kubelet, the other by Amazon for nodes that are one pod.
   */
  public static boolean canRunOn(Map<String, String> labels) {
    return "linux".equals(labels.getOrDefault("kubernetes.io/os", "linux"))
        && !"virtual-kubelet".equals(labels.get("type"))
        && !"fargate".equals(labels.get("eks.amazonaws.com/compute-type"));
  }
}
