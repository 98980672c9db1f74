package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Underlay;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the planner decided.
 *
 * @param desired what should be in the kernel
 * @param underlay the link and address used between nodes
 * @param device device that carries pod traffic to other nodes; empty when there is none
 * @param podMtu MTU of pods, bytes; 0 when not known
 * @param findings what is wrong or notable in the input
 */
public record Plan(
    DesiredState desired,
    Optional<Underlay> underlay,
    String device,
    int podMtu,
    List<Finding> findings) {
  /** Copies the list. */
  public Plan {
    Objects.requireNonNull(desired, "desired");
    Objects.requireNonNull(underlay, "underlay");
    Objects.requireNonNull(device, "device");
    findings = List.copyOf(findings);
  }

  /**
   * Whether pods of this node would work once it is carried out, as far as the planner can tell.
   */
  public boolean isComplete() {
    return !device.isEmpty()
        && desired.bridge().isPresent()
        && findings.stream().noneMatch(Finding::isBlocking);
  }
}
