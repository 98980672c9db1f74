package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** A label selector with the semantics of Kubernetes' own; empty selects everything. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value =
        "!has(self.matchLabels) || self.matchLabels.all(k, k.matches(r'"
            + Limits.LABEL_KEY_PATTERN
            + "'))",
    message = "matchLabels has a key that no label can have: write such as kubernetes.io/os: linux",
    fieldPath = ".matchLabels")
public record LabelSelector(
    @JsonPropertyDescription("Labels that must be there, with exactly these values.")
        @Size(max = 16)
        Map<String, @Size(max = Limits.LABEL_VALUE) @Pattern(Limits.LABEL_VALUE_PATTERN) String>
            matchLabels,
    @JsonPropertyDescription("Requirements that must all hold.") @Size(max = 16)
        List<Requirement> matchExpressions) {
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
  @ValidationRule(
      value =
          "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0"
              + " : !has(self.values) || self.values.size() == 0",
      message = "In and NotIn need values; Exists and DoesNotExist take none",
      fieldPath = ".values")
  public record Requirement(
      @JsonPropertyDescription("Label key, such as topology.kubernetes.io/zone.")
          @Required
          @Size(min = 1, max = Limits.LABEL_KEY)
          @Pattern(Limits.LABEL_KEY_PATTERN)
          String key,
      @JsonPropertyDescription(
              "In and NotIn compare with values (an absent label satisfies NotIn); Exists and"
                  + " DoesNotExist ask for the key only.")
          @Required
          Operator operator,
      @JsonPropertyDescription("Values to compare with.") @Size(max = 32)
          List<@Size(max = Limits.LABEL_VALUE) @Pattern(Limits.LABEL_VALUE_PATTERN) String>
              values) {
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
    // Asked a million times for 200 policies on 5,000 nodes: no streams.
    if (!matchLabels.isEmpty()) {
      for (Map.Entry<String, String> wanted : matchLabels.entrySet()) {
        if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
          return false;
        }
      }
    }
    for (int i = 0; i < matchExpressions.size(); i++) {
      if (!satisfied(matchExpressions.get(i), labels)) {
        return false;
      }
    }
    return true;
  }

  private static boolean satisfied(Requirement r, Map<String, String> labels) {
    String value = labels.get(r.key());
    return switch (r.operator()) {
      case In -> value != null && r.values().contains(value);
      case NotIn -> value == null || !r.values().contains(value);
      case Exists -> value != null;
      case DoesNotExist -> value == null;
      case null -> false; // one that this version does not know
    };
  }
}
