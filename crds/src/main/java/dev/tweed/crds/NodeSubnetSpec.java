package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * Everything a peer needs to reach the pods of one block; written by the operator only.
 *
 * @param podNetwork name of the PodNetwork the block belongs to
 * @param nodeName the node that owns the block
 * @param nodeUID UID of that Node object; updated when a Node returns under its name
 * @param cidr the block, canonical
 * @param nodeIPs underlay addresses of the node, at most one per family
 * @param vtepMAC locally administered MAC of the node's VXLAN device, lower case with colons
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeSubnetSpec(
    String podNetwork,
    String nodeName,
    String nodeUID,
    String cidr,
    List<String> nodeIPs,
    String vtepMAC) {
  public NodeSubnetSpec {
    nodeIPs = nodeIPs == null ? List.of() : List.copyOf(nodeIPs);
  }
}
