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

/**
 * What a node enforces, by what was read back from its kernel. Written where something else than
 * counters changes; counters alone rarely.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("What is in force on the node, read back from its kernel.")
public record NodePolicyStatus(
    @JsonPropertyDescription("Generation of the spec that programs and pods are about.") @Min(0)
        Long observedGeneration,
    @JsonPropertyDescription(
            "Enforced: what the spec asks for is in the kernel, and nothing keeps packets from it.")
        @Size(max = Limits.CONDITIONS)
        List<Condition> conditions,
    @JsonPropertyDescription("Pods of the spec whose class is in force.") @Min(0) Integer pods,
    @JsonPropertyDescription("Pods that run and are closed, since nothing is known of them yet.")
        @Min(0)
        Integer waiting,
    @JsonPropertyDescription("Packets dropped on the node since it started, of all pods.") @Min(0)
        Long dropped,
    @JsonPropertyDescription("Programs that are in force, with all sets that they need.")
        @Size(max = Limits.CLASS_PROGRAMS)
        List<ProgramState> programs,
    @JsonPropertyDescription(
            "The first few programs and sets that pods need and that are not known as a whole; rules"
                + " by them are closed.")
        @Size(max = Limits.FAILURES)
        List<@Size(max = Limits.SET_NAME) String> missing) {
  public NodePolicyStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    programs = programs == null ? List.of() : List.copyOf(programs);
    missing = missing == null ? List.of() : List.copyOf(missing);
  }

  /** A program that is in force. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ProgramState(
      @JsonPropertyDescription("The program.")
          @Required
          @Size(max = Limits.PROGRAM_NAME)
          @Pattern(Limits.PROGRAM_NAME_PATTERN)
          String name,
      @JsonPropertyDescription("Generation of the policy (spec.policy.generation) in force.")
          @Required
          @Min(0)
          Long generation,
      @JsonPropertyDescription("Pods of the node that it is in force for.") @Min(0) Integer pods,
      @JsonPropertyDescription(
              "Packets that it dropped, or that were dropped since no rule of the NetworkPolicies that"
                  + " isolate a pod with it allowed them.")
          @Min(0)
          Long dropped) {}
}
