package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** How many nodes a policy selects and has reached. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("How far the policy is in force.")
public record FirewallPolicyStatus(
    @JsonPropertyDescription("Generation of the spec the operator last acted on.") @Min(0)
        Long observedGeneration,
    @JsonPropertyDescription(
            "Accepted: nothing in the spec is wrong for every node. Applied: the rules are in force"
                + " on every selected node. Ready: they are on every selected node that is heard of."
                + " Stalled, there only then: nothing happens before the spec is corrected.")
        @Size(max = Limits.CONDITIONS)
        List<Condition> conditions,
    @JsonPropertyDescription("Nodes the policy selects.") @Min(0) Integer selectedNodes,
    @JsonPropertyDescription("Nodes on which it is in force.") @Min(0) Integer appliedNodes,
    @JsonPropertyDescription("The first few nodes on which it is not, and why.")
        @Size(max = Limits.FAILURES)
        List<Failure> failures) {
  public FirewallPolicyStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    failures = failures == null ? List.of() : List.copyOf(failures);
  }

  /** Why a policy is not in force on one node. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Failure(
      @JsonPropertyDescription("The node.") @Required @Size(min = 1, max = Limits.OBJECT_NAME)
          String node,
      @JsonPropertyDescription("CamelCase, for machines.")
          @Required
          @Size(min = 1, max = Limits.SHORT)
          @Pattern(Limits.CAMEL_CASE)
          String reason,
      @JsonPropertyDescription("Why, and what to do.") @Size(max = Limits.MESSAGE)
          String message) {}
}
