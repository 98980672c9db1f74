package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * Written by the daemon of the node, on transitions only: every byte here goes to every node.
 *
 * @param mtu MTU pods get, bytes
 * @param device name of the device that carries pod traffic to other nodes
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeSubnetStatus(
    Long observedGeneration, List<Condition> conditions, Integer mtu, String device) {
  public NodeSubnetStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}
