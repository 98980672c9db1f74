package dev.tweed.policy.source;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.NamedPort;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What policies go by of a pod.
 *
 * @param uid of the pod
 * @param namespace it is in
 * @param labels of the pod
 * @param node it is bound to
 * @param hostNetwork whether it has the node's addresses; then no policy selects it, as subject or
 *     as peer
 * @param ended whether its phase is Succeeded or Failed: its addresses stay in its status and may
 *     be another pod's by now. One that is being deleted has not ended
 * @param addresses of the pod; none yet before it starts
 * @param namedPorts of its containers, and of init containers that stay
 */
public record Pod(
    String uid,
    String namespace,
    Map<String, String> labels,
    String node,
    boolean hostNetwork,
    boolean ended,
    Set<IpAddress> addresses,
    List<NamedPort> namedPorts) {
  public Pod {
    Objects.requireNonNull(uid, "uid");
    Objects.requireNonNull(namespace, "namespace");
    labels = Map.copyOf(labels);
    Objects.requireNonNull(node, "node");
    addresses = Set.copyOf(addresses);
    namedPorts = List.copyOf(namedPorts);
  }

  /** Whether policies can select it. */
  public boolean isSelectable() {
    return !hostNetwork && !ended;
  }
}
