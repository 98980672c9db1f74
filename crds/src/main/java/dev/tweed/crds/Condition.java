package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * One condition of a status, as in Kubernetes' own {@code metav1.Condition}.
 *
 * @param type CamelCase name, the key of the list
 * @param status {@code True}, {@code False} or {@code Unknown}
 * @param reason CamelCase, for machines
 * @param message one sentence for people, ending in what to do where something is wrong; at most
 *     {@link Limits#MESSAGE} characters
 * @param lastTransitionTime RFC 3339, UTC, seconds: when {@code status} last changed
 * @param observedGeneration generation of the spec this was computed from, or null
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @JsonPropertyDescription("What is stated, in CamelCase; one condition of each type.")
        @Required
        @Size(min = 1, max = Limits.SHORT)
        @Pattern(Limits.CAMEL_CASE)
        String type,
    @JsonPropertyDescription("Whether it holds: True, False or Unknown.")
        @Required
        @Pattern("^(True|False|Unknown)$")
        @Size(max = 7)
        String status,
    @JsonPropertyDescription("Why, in CamelCase, for machines.")
        @Required
        @Size(min = 1, max = Limits.SHORT)
        @Pattern(Limits.CAMEL_CASE)
        String reason,
    @JsonPropertyDescription("Why, for people; says what to do where something is wrong.")
        @Size(max = Limits.MESSAGE)
        String message,
    @JsonPropertyDescription("When status last changed.") @Required @Size(max = 35)
        String lastTransitionTime,
    @JsonPropertyDescription("Generation of the spec this was computed from.") @Min(0)
        Long observedGeneration) {}
