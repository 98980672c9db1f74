package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.LabelSelector.Operator;
import dev.tweed.policy.source.LabelSelector.Requirement;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Reads label selectors. One that is not understood as a whole is none. */
final class SelectorReader {
  private static final Set<String> FIELDS = Set.of("matchLabels", "matchExpressions");

  private SelectorReader() {}

  static Optional<LabelSelector> read(io.fabric8.kubernetes.api.model.LabelSelector selector) {
    return selector.getAdditionalProperties().isEmpty()
        ? read(
            Objects.requireNonNullElse(selector.getMatchLabels(), Map.of()),
            selector.getMatchExpressions().stream().map(SelectorReader::requirement).toList())
        : Optional.empty();
  }

  /** As it stands in an object whose kind is not known at compile time. */
  static Optional<LabelSelector> read(Object selector) {
    if (!(selector instanceof Map<?, ?> map)
        || !FIELDS.containsAll(map.keySet())
        || !(Objects.requireNonNullElse((Object) map.get("matchLabels"), Map.of())
            instanceof Map<?, ?> match)
        || !(Objects.requireNonNullElse((Object) map.get("matchExpressions"), List.of())
            instanceof List<?> expressions)) {
      return Optional.empty();
    }
    Map<String, String> labels = new HashMap<>();
    match.forEach((k, v) -> labels.put(String.valueOf(k), String.valueOf(v)));
    return read(labels, expressions.stream().map(SelectorReader::expression).toList());
  }

  private static Optional<LabelSelector> read(
      Map<String, String> labels, List<Optional<Requirement>> requirements) {
    return requirements.stream().allMatch(Optional::isPresent)
        ? Optional.of(
            LabelSelector.of(labels, requirements.stream().map(Optional::orElseThrow).toList()))
        : Optional.empty();
  }

  private static Optional<Requirement> requirement(LabelSelectorRequirement r) {
    return requirement(
        r.getKey(), r.getOperator(), Objects.requireNonNullElse(r.getValues(), List.of()));
  }

  private static Optional<Requirement> expression(Object expression) {
    return expression instanceof Map<?, ?> e
        ? requirement(
            e.get("key") instanceof String key ? key : null,
            e.get("operator") instanceof String operator ? operator : null,
            e.get("values") instanceof List<?> values
                ? values.stream().map(String::valueOf).toList()
                : List.of())
        : Optional.empty();
  }

  // Absent texts are null in the client's records.
  private static Optional<Requirement> requirement(
      String key, String operator, List<String> values) {
    if (key == null || operator == null) {
      return Optional.empty();
    }
    return switch (operator) {
      case "In" -> Optional.of(new Requirement(key, Operator.IN, new HashSet<>(values)));
      case "NotIn" -> Optional.of(new Requirement(key, Operator.NOT_IN, new HashSet<>(values)));
      case "Exists" -> Optional.of(new Requirement(key, Operator.EXISTS, Set.of()));
      case "DoesNotExist" -> Optional.of(new Requirement(key, Operator.DOES_NOT_EXIST, Set.of()));
      default -> Optional.empty();
    };
  }
}
