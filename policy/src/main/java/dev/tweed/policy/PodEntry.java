package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A pod of this node and the programs that select it.
 *
 * @param uid of the pod
 * @param addresses of the pod, at most one of each family
 * @param programs names; empty for one that no policy selects
 * @param namedPorts those that ingress rules of the programs name
 */
public record PodEntry(
    String uid, Set<IpAddress> addresses, Set<String> programs, List<NamedPort> namedPorts) {
  public PodEntry {
    Objects.requireNonNull(uid, "uid");
    addresses = Set.copyOf(addresses);
    programs = Set.copyOf(programs);
    namedPorts = List.copyOf(namedPorts);
  }
}
