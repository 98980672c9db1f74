package dev.tweed.e2e.bed;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One machine of a cluster before it exists.
 *
 * @param name host name, and name of its Node where it has one
 * @param role what runs on it
 * @param environment {@code BED_*} variables of the node image
 */
public record MachinePlan(String name, Role role, Map<String, String> environment) {
  public MachinePlan {
    environment = Map.copyOf(environment);
  }

  /** What runs on a machine; the values of {@code BED_ROLES}. */
  public enum Role {
    CONTROL_PLANE("control-plane"),
    NODE("node"),
    BOTH("control-plane node");

    final String words;

    Role(String words) {
      this.words = words;
    }

    boolean isNode() {
      return this != CONTROL_PLANE;
    }

    boolean isControlPlane() {
      return this != NODE;
    }
  }

  public static MachinePlan node(String name) {
    return new MachinePlan(name, Role.NODE, Map.of());
  }

  /** The same whose pods ask the {@link ClusterDns}, which somebody has to start. */
  MachinePlan withClusterDns() {
    return with("BED_KUBELET_ARGS", "--cluster-dns=" + ClusterDns.ADDRESS);
  }

  /** The same with one more variable. */
  public MachinePlan with(String variable, String value) {
    Map<String, String> more = new LinkedHashMap<>(environment);
    more.put(variable, value);
    return new MachinePlan(name, role, more);
  }
}
