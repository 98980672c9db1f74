package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * One condition of a status, as in Kubernetes' own {@code metav1.Condition}.
 *
 * @param type CamelCase name, the key of the list
 * @param status {@code True}, {@code False} or {@code Unknown}
 * @param reason CamelCase, for machines
 * @param message one sentence for people, ending in what to do where something is wrong
 * @param lastTransitionTime RFC 3339, UTC, seconds: when {@code status} last changed
 * @param observedGeneration generation of the spec this was computed from, or null
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    String type,
    String status,
    String reason,
    String message,
    String lastTransitionTime,
    Long observedGeneration) {}
