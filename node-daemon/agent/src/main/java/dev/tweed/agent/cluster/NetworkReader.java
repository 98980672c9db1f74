package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads PodNetworks. One with a word nobody knows, such as after a return to an older version, is a
 * matter of the nodes it selects.
 */
final class NetworkReader extends TreeReader<NetworkRecord> {

  private static final PodNetworkStatus NO_STATUS =
      new PodNetworkStatus(null, null, null, null, null, null, null);

  @Override
  NetworkRecord of(ObjectMeta meta, JsonNode spec, JsonNode status) {
    try {
      PodNetworkSpec read =
          isPresent(spec)
              ? SpecDecoder.decode("spec", spec, PodNetworkSpec.class)
              : PodNetworkSpec.ofPools(List.of());
      return SpecDecoder.isUsable(read.nodeSelector())
          ? of(meta, read, status(status))
          : unreadable(meta, spec, "spec.nodeSelector lacks a key or an operator");
    } catch (SpecDecoder.Unknown e) {
      return unreadable(meta, spec, e.getMessage());
    }
  }

  private static NetworkRecord unreadable(ObjectMeta meta, JsonNode spec, String why) {
    return new NetworkRecord(
        meta.name(),
        meta.uid(),
        meta.created(),
        PodNetworkSpec.ofPools(pools(spec)),
        List.of(),
        Optional.of(why));
  }

  // Network policies have to know pods' addresses, whatever else of a network is not understood.
  private static List<PodNetworkSpec.Pool> pools(JsonNode spec) {
    List<PodNetworkSpec.Pool> pools = new ArrayList<>();
    for (JsonNode pool : isPresent(spec) ? spec.path("pools") : MissingNode.getInstance()) {
      String cidr = pool.path("cidr").asText();
      if (IpPrefix.tryParseNetwork(cidr).isPresent()) {
        pools.add(new PodNetworkSpec.Pool(cidr, null, null));
      }
    }
    return pools;
  }

  private static NetworkRecord of(ObjectMeta meta, PodNetworkSpec spec, PodNetworkStatus status) {
    return new NetworkRecord(
        meta.name(),
        meta.uid(),
        meta.created(),
        spec,
        status.conditions(),
        status.addressConflicts(),
        Optional.empty());
  }

  /** It explains, no more. */
  private static PodNetworkStatus status(JsonNode status) {
    try {
      return isPresent(status)
          ? SpecDecoder.decode("status", status, PodNetworkStatus.class)
          : NO_STATUS;
    } catch (SpecDecoder.Unknown e) {
      return NO_STATUS;
    }
  }
}
