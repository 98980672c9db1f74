package dev.tweed.policy;

import java.util.Objects;
import java.util.Optional;

/**
 * What one node makes of a connection.
 *
 * @param exemption why no policy is asked
 * @param egress of the pod that opened it, where that is of this node
 * @param ingress of the pod that answers, where that is of this node
 */
public record Judgement(
    Optional<Exemption> exemption, Optional<Decision> egress, Optional<Decision> ingress) {
  public Judgement {
    Objects.requireNonNull(exemption, "exemption");
    Objects.requireNonNull(egress, "egress");
    Objects.requireNonNull(ingress, "ingress");
  }

  /** Whether nothing on this node drops it. */
  public boolean accepted() {
    return egress.map(Decision::accepted).orElse(true)
        && ingress.map(Decision::accepted).orElse(true);
  }

  /** The decision of one direction. */
  public Optional<Decision> decision(Direction direction) {
    return direction == Direction.INGRESS ? ingress : egress;
  }

  /** Connections that are always allowed. */
  public enum Exemption {
    /** A pod and itself, also through a Service. */
    ITSELF,
    /** A pod and its own node, such as the kubelet's probes. */
    OWN_NODE
  }
}
