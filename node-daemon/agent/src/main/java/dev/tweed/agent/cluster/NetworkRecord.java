package dev.tweed.agent.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What is kept of a PodNetwork.
 *
 * @param created creation time, RFC 3339 in UTC with seconds, as the API server writes it: sorts as
 *     text
 * @param conditions what the operator says of it; explains why a node waits for its subnet
 */
public record NetworkRecord(
    String name, String created, PodNetworkSpec spec, List<Condition> conditions) {

  /** Oldest first, then by name: the order in which claims on a node win. */
  public static final Comparator<NetworkRecord> BY_AGE =
      Comparator.comparing(NetworkRecord::created).thenComparing(NetworkRecord::name);

  public NetworkRecord {
    conditions = List.copyOf(conditions);
  }

  /** The compact form of a watched object; a missing spec reads as one with every default. */
  public static NetworkRecord of(PodNetwork network) {
    PodNetworkSpec spec =
        network.getSpec() == null
            ? new PodNetworkSpec(null, null, null, null, null, null, null, null, null, null, null)
            : network.getSpec();
    return new NetworkRecord(
        network.getMetadata().getName(),
        ObjectTimes.created(network),
        spec,
        network.getStatus() == null ? List.of() : network.getStatus().conditions());
  }

  /** Whether this network wants a node with these labels. */
  public boolean selects(Map<String, String> labels) {
    return spec.nodeSelector().matches(labels);
  }
}
