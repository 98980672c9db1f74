package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/** A label selector with the semantics of Kubernetes' own; empty selects everything. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record LabelSelector(Map<String, String> matchLabels, List<Requirement> matchExpressions) {
  public LabelSelector {
    matchLabels = matchLabels == null ? Map.of() : Map.copyOf(matchLabels);
    matchExpressions = matchExpressions == null ? List.of() : List.copyOf(matchExpressions);
  }

  /** The selector that selects everything. */
  public static LabelSelector everything() {
    return new LabelSelector(Map.of(), List.of());
  }

  /** One requirement: {@code operator} is In, NotIn, Exists or DoesNotExist. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Requirement(String key, Operator operator, List<String> values) {
    public Requirement {
      values = values == null ? List.of() : List.copyOf(values);
    }
  }

  /** The four operators of Kubernetes label selectors. */
  public enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist
  }

  /**
   * Whether the labels satisfy every requirement. An absent key satisfies NotIn, as in Kubernetes.
   */
  public boolean matches(Map<String, String> labels) {
    return matchLabels.entrySet().stream()
            .allMatch(e -> e.getValue().equals(labels.get(e.getKey())))
        && matchExpressions.stream().allMatch(r -> satisfied(r, labels));
  }

  private static boolean satisfied(Requirement r, Map<String, String> labels) {
    String value = labels.get(r.key());
    return switch (r.operator()) {
      case In -> value != null && r.values().contains(value);
      case NotIn -> value == null || !r.values().contains(value);
      case Exists -> value != null;
      case DoesNotExist -> value == null;
    };
  }
}
