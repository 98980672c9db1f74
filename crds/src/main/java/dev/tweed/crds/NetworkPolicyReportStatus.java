package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** How far a NetworkPolicy is in force. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("How far the NetworkPolicy is in force.")
public record NetworkPolicyReportStatus(
    @JsonPropertyDescription("Generation of the NetworkPolicy that this is about.") @Min(0)
        Long observedGeneration,
    @JsonPropertyDescription(
            "Enforced: every node that has a pod it selects has read this generation back from its"
                + " kernel. True where there is no such pod.")
        @Size(max = Limits.CONDITIONS)
        List<Condition> conditions,
    @JsonPropertyDescription("Pods that it selects.") @Min(0) Integer pods,
    @JsonPropertyDescription("Nodes that have such pods and enforce it, of all that have: 2/3.")
        @Size(max = Limits.SHORT)
        String nodes,
    @JsonPropertyDescription(
            "Packets dropped by it, or since no rule of the NetworkPolicies that isolate a pod with it"
                + " allowed them; as nodes last said.")
        @Min(0)
        Long dropped,
    @JsonPropertyDescription("The PolicyProgram it is compiled to.")
        @Size(max = Limits.PROGRAM_NAME)
        @Pattern(Limits.PROGRAM_NAME_PATTERN)
        String program,
    @JsonPropertyDescription("The first few nodes on which it is not in force, and why.")
        @Size(max = Limits.FAILURES)
        List<FirewallPolicyStatus.Failure> failures) {
  public NetworkPolicyReportStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    failures = failures == null ? List.of() : List.copyOf(failures);
  }
}
