package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.FirewallPolicySpec;
import java.util.stream.Stream;

/** Reads FirewallPolicies. One with a word nobody knows is not in force, and all others are. */
final class PolicyReader extends TreeReader<PolicyRecord> {

  @Override
  PolicyRecord of(ObjectMeta meta, JsonNode spec, JsonNode status) {
    if (!isPresent(spec)) {
      return unreadable(meta, "it has no spec");
    }
    if (!spec.hasNonNull("nodeSelector")) {
      return unreadable(meta, "spec.nodeSelector is missing; write {} for all nodes");
    }
    try {
      FirewallPolicySpec read = SpecDecoder.decode("spec", spec, FirewallPolicySpec.class);
      return isUsable(read)
          ? PolicyRecord.of(meta.name(), meta.uid(), meta.generation(), read)
          : unreadable(meta, "a selector of it lacks a key or an operator");
    } catch (SpecDecoder.Unknown e) {
      return unreadable(meta, e.getMessage() + "; correct it");
    }
  }

  private static PolicyRecord unreadable(ObjectMeta meta, String why) {
    return PolicyRecord.unreadable(meta.name(), meta.uid(), meta.generation(), why);
  }

  private static boolean isUsable(FirewallPolicySpec spec) {
    return SpecDecoder.isUsable(spec.nodeSelector())
        && spec.rules().stream()
            .flatMap(rule -> Stream.concat(rule.from().stream(), rule.to().stream()))
            .filter(peer -> peer.nodes() != null && peer.nodes().selector() != null)
            .allMatch(peer -> SpecDecoder.isUsable(peer.nodes().selector()));
  }
}
