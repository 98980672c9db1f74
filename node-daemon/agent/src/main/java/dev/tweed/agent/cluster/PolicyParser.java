package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonMappingException;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.LabelSelector;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Reads FirewallPolicies one by one from their generic form. Read as typed objects, a single one
 * with a word nobody knows would stop the list of all, and with it the daemon's start.
 */
final class PolicyParser {

  private final Function<Object, FirewallPolicySpec> typed;

  /**
   * @param typed converts the JSON tree of a spec; throws IllegalArgumentException if it cannot
   */
  PolicyParser(Function<Object, FirewallPolicySpec> typed) {
    this.typed = typed;
  }

  /** The compact record of a watched object; never throws. */
  PolicyRecord parse(GenericKubernetesResource policy) {
    String name = policy.getMetadata().getName();
    String uid = Optional.ofNullable(policy.getMetadata().getUid()).orElse("");
    long generation = Optional.ofNullable(policy.getMetadata().getGeneration()).orElse(0L);
    Object spec = policy.getAdditionalProperties().get("spec");
    if (spec == null) {
      return PolicyRecord.unreadable(name, uid, generation, "it has no spec");
    }
    try {
      FirewallPolicySpec read = typed.apply(spec);
      return isUsable(read)
          ? PolicyRecord.of(name, uid, generation, read)
          : PolicyRecord.unreadable(
              name, uid, generation, "a selector of it lacks a key or an operator");
    } catch (IllegalArgumentException e) {
      return PolicyRecord.unreadable(
          name, uid, generation, "spec" + path(e) + " holds what is not known here; correct it");
    }
  }

  private static boolean isUsable(FirewallPolicySpec spec) {
    return isUsable(spec.nodeSelector())
        && spec.rules().stream()
            .flatMap(rule -> Stream.concat(rule.from().stream(), rule.to().stream()))
            .filter(peer -> peer.nodes() != null && peer.nodes().selector() != null)
            .allMatch(peer -> isUsable(peer.nodes().selector()));
  }

  private static boolean isUsable(LabelSelector selector) {
    return selector.matchExpressions().stream()
        .allMatch(r -> r.key() != null && r.operator() != null);
  }

  /** Where in the spec the reader stumbled, such as {@code .rules[0].protocol}. */
  private static String path(IllegalArgumentException e) {
    StringBuilder path = new StringBuilder();
    if (e.getCause() instanceof JsonMappingException cause) {
      for (JsonMappingException.Reference step : cause.getPath()) {
        if (step.getFieldName() == null) {
          path.append('[').append(step.getIndex()).append(']');
        } else {
          path.append('.').append(step.getFieldName());
        }
      }
    }
    return path.toString();
  }
}
