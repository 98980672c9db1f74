package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** How many nodes a policy selects and has reached. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FirewallPolicyStatus(
    Long observedGeneration,
    List<Condition> conditions,
    Integer selectedNodes,
    Integer appliedNodes,
    List<Failure> failures) {
  public FirewallPolicyStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    failures = failures == null ? List.of() : List.copyOf(failures);
  }

  /** Why a policy is not in force on one node. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Failure(String node, String reason, String message) {}
}
