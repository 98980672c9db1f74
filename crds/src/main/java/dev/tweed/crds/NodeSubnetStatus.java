package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/**
 * Written by the daemon of the node, on transitions only: every byte here goes to every node.
 *
 * @param mtu MTU pods get, bytes
 * @param device name of the device that carries pod traffic to other nodes
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("What the node made of it; written by its daemon, only when it changes.")
public record NodeSubnetStatus(
    @JsonPropertyDescription("Generation of the spec the daemon last acted on.") @Min(0)
        Long observedGeneration,
    @JsonPropertyDescription(
            "Ready: the node's data path is in place, and nothing that was found keeps its pods from"
                + " working. Programmed: the first of that; only where the second does not hold.")
        @Size(max = Limits.CONDITIONS)
        List<Condition> conditions,
    @JsonPropertyDescription("MTU the pods get, in bytes.") @Min(0) @Max(65535) Integer mtu,
    @JsonPropertyDescription("Network device that carries pod traffic to other nodes.")
        @Size(max = Limits.INTERFACE)
        String device) {
  public NodeSubnetStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}
