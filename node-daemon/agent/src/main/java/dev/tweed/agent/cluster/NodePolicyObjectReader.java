package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.NodePolicyReader;
import dev.tweed.crds.NodePolicySpec;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads this node's NodePolicy. */
final class NodePolicyObjectReader extends TreeReader<NodePolicyRecord> {

  @Override
  NodePolicyRecord of(ObjectMeta meta, JsonNode spec, JsonNode status) {
    try {
      NodePolicyReader.Pods pods =
          isPresent(spec)
              ? NodePolicyReader.readSpec(SpecDecoder.decode("spec", spec, NodePolicySpec.class))
              : new NodePolicyReader.Pods(List.of(), Set.of());
      return new NodePolicyRecord(
          meta.uid(), meta.generation(), pods.entries(), pods.unreadable(), Optional.empty());
    } catch (SpecDecoder.Unknown e) {
      return unreadable(meta, e.getMessage());
    } catch (RuntimeException e) { // an element that is null, say
      return unreadable(meta, "spec lacks what is required");
    }
  }

  private static NodePolicyRecord unreadable(ObjectMeta meta, String why) {
    return new NodePolicyRecord(
        meta.uid(), meta.generation(), List.of(), Set.of(), Optional.of(why));
  }
}
