package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.PodNetworkStatus;
import java.util.List;
import java.util.Optional;

/**
 * Reads PodNetworks. One with a word nobody knows, such as after a return to an older version, is a
 * matter of the nodes it selects.
 */
final class NetworkReader extends TreeReader<NetworkRecord> {

  private static final PodNetworkSpec DEFAULTS = PodNetworkSpec.ofPools(List.of());
  private static final PodNetworkStatus NO_STATUS =
      new PodNetworkStatus(null, null, null, null, null, null, null);

  @Override
  NetworkRecord of(ObjectMeta meta, JsonNode spec, JsonNode status) {
    try {
      PodNetworkSpec read =
          isPresent(spec) ? SpecDecoder.decode("spec", spec, PodNetworkSpec.class) : DEFAULTS;
      return SpecDecoder.isUsable(read.nodeSelector())
          ? of(meta, read, status(status))
          : unreadable(meta, "spec.nodeSelector lacks a key or an operator");
    } catch (SpecDecoder.Unknown e) {
      return unreadable(meta, e.getMessage());
    }
  }

  private static NetworkRecord unreadable(ObjectMeta meta, String why) {
    return new NetworkRecord(
        meta.name(), meta.uid(), meta.created(), DEFAULTS, List.of(), Optional.of(why));
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
