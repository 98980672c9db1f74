package dev.tweed.crds;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Keys of the Node labels that NodeSubnets carry; by others no peer of a FirewallPolicy can be
 * chosen. Operator and daemons judge policies by the same keys.
 */
public record MirroredLabels(Set<String> keys) {
  /** Those of every network. */
  public static final Set<String> ALWAYS =
      Set.of("node-role.kubernetes.io/control-plane", "topology.kubernetes.io/zone");

  public MirroredLabels {
    keys = Set.copyOf(keys);
  }

  /** Those that at least one of the networks mirrors. */
  public static MirroredLabels of(Collection<PodNetworkSpec> networks) {
    Set<String> keys = new TreeSet<>(ALWAYS);
    networks.forEach(n -> keys.addAll(n.mirroredNodeLabels()));
    return new MirroredLabels(keys);
  }

  /** Keys the selector asks for that are not mirrored, in order. */
  public List<String> missing(LabelSelector selector) {
    return Stream.concat(
            selector.matchLabels().keySet().stream(),
            selector.matchExpressions().stream().map(LabelSelector.Requirement::key))
        .filter(k -> !keys.contains(k))
        .distinct()
        .sorted()
        .toList();
  }
}
