package dev.tweed.agent.policy;

import java.nio.file.Path;

/**
 * How policies are enforced.
 *
 * @param cniResults where the container runtime keeps results of CNI plugins, such as {@code
 *     /var/lib/cni/results}
 * @param startsOpen whether a pod that nothing is known of yet may do everything
 * @param spoofGuard whether pods may send from their own addresses only, while there are policies
 */
public record PolicyOptions(Path cniResults, boolean startsOpen, boolean spoofGuard) {

  /** The usual place below a root of files, closed and guarded. */
  public static PolicyOptions below(Path root) {
    return new PolicyOptions(root.resolve("var/lib/cni/results"), false, true);
  }
}
