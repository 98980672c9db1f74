package dev.tweed.policy.source;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A label selector of Kubernetes. Two that ask the same in another order are equal; empty selects
 * everything.
 *
 * @param requirements all of which must hold, in order
 */
public record LabelSelector(List<Requirement> requirements) {
  /** The selector that selects everything. */
  public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

  public LabelSelector {
    requirements =
        requirements.stream()
            .sorted(Comparator.comparing(Requirement::canonical))
            .distinct()
            .toList();
  }

  /** As the API has it: labels with their values, and expressions. */
  public static LabelSelector of(Map<String, String> matchLabels, List<Requirement> expressions) {
    return new LabelSelector(
        Stream.concat(
                matchLabels.entrySet().stream()
                    .map(l -> new Requirement(l.getKey(), Operator.IN, Set.of(l.getValue()))),
                expressions.stream())
            .toList());
  }

  /** One label with its value. */
  public static LabelSelector label(String key, String value) {
    return of(Map.of(key, value), List.of());
  }

  /** Whether it selects everything. */
  public boolean isEverything() {
    return requirements.isEmpty();
  }

  /** Whether labels satisfy every requirement; an absent label satisfies NotIn. */
  public boolean matches(Map<String, String> labels) {
    for (Requirement requirement : requirements) {
      if (!requirement.holds(labels)) {
        return false;
      }
    }
    return true;
  }

  /** One text for all selectors that are equal, and for no other. */
  String canonical() {
    return requirements.stream().map(Requirement::canonical).collect(Collectors.joining());
  }

  /** One requirement. */
  public record Requirement(String key, Operator operator, Set<String> values) {
    public Requirement {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(operator, "operator");
      values = Collections.unmodifiableSortedSet(new TreeSet<>(values));
    }

    // With lengths: an old object may hold values that are no label values.
    private String canonical() {
      return Stream.concat(Stream.of(key, operator.name()), values.stream())
          .map(text -> text.length() + ":" + text)
          .collect(Collectors.joining("", "{", "}"));
    }

    boolean holds(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case IN -> value != null && values.contains(value);
        case NOT_IN -> value == null || !values.contains(value);
        case EXISTS -> value != null;
        case DOES_NOT_EXIST -> value == null;
      };
    }
  }

  /** The four operators. */
  public enum Operator {
    IN,
    NOT_IN,
    EXISTS,
    DOES_NOT_EXIST
  }
}
