package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
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
 * @param mtu largest packet between pods of this node and of others, bytes; null where it is what
 *     most nodes of the network take
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("Which node owns the block, and how peers reach it.")
@ValidationRule(
    value = "self.cidr == oldSelf.cidr",
    message =
        "spec.cidr is immutable: a node whose NodeSubnet is deleted gets the same block again; for another"
            + " one drain it, take it out of the pool by the pool's nodeSelector, and delete this NodeSubnet",
    fieldPath = ".cidr")
@ValidationRule(
    value = "self.podNetwork == oldSelf.podNetwork",
    message =
        "spec.podNetwork is immutable: a node moves to another PodNetwork by its labels and their"
            + " nodeSelectors, and gets a block of that when the operator has released this one",
    fieldPath = ".podNetwork")
@ValidationRule(
    value = "self.nodeName == oldSelf.nodeName",
    message =
        "spec.nodeName is immutable: another node may get the block when this one is gone, or in its"
            + " PodNetwork no more, and the operator has released it",
    fieldPath = ".nodeName")
@ValidationRule(
    value = "isCIDR(self.cidr)",
    message = "spec.cidr is not a CIDR; write such as 10.244.3.0/24 or fd00:10:244:3::/64",
    fieldPath = ".cidr")
@ValidationRule(
    value = "!isCIDR(self.cidr) || string(cidr(self.cidr).masked()) == self.cidr",
    message = "spec.cidr is not canonical",
    messageExpression =
        "'spec.cidr ' + self.cidr + ' is not canonical: no bits may be set after the prefix, IPv6 is"
            + " written in its shortest form'",
    fieldPath = ".cidr")
@ValidationRule(
    value =
        "!has(self.nodeIPs) || self.nodeIPs.all(a, isIP(a) && ip.isCanonical(a) &&"
            + " ip(a).isGlobalUnicast())",
    message =
        "spec.nodeIPs must be unicast addresses in canonical text, neither loopback nor link-local:"
            + " 192.0.2.1 or 2001:db8::1",
    fieldPath = ".nodeIPs")
@ValidationRule(
    value =
        "!has(self.nodeIPs) || self.nodeIPs.size() < 2 || !self.nodeIPs.all(a, isIP(a)) ||"
            + " ip(self.nodeIPs[0]).family() != ip(self.nodeIPs[1]).family()",
    message = "spec.nodeIPs holds at most one address of each family",
    fieldPath = ".nodeIPs")
public record NodeSubnetSpec(
    @JsonPropertyDescription("Name of the PodNetwork the block belongs to. Immutable.")
        @Required
        @Size(min = 1, max = Limits.OBJECT_NAME)
        @Pattern(Limits.OBJECT_NAME_PATTERN)
        String podNetwork,
    @JsonPropertyDescription("The node that owns the block. Immutable.")
        @Required
        @Size(min = 1, max = Limits.OBJECT_NAME)
        @Pattern(Limits.OBJECT_NAME_PATTERN)
        String nodeName,
    @JsonPropertyDescription(
            "UID of the Node object. A Node that returns under its name keeps its block and gets"
                + " its new UID written here.")
        @Size(max = 128)
        @Pattern("^[A-Za-z0-9-]*$")
        String nodeUID,
    @JsonPropertyDescription(
            "The block in canonical text: 10.244.3.0/24, fd00:10:244:3::/64. Immutable.")
        @Required
        @Size(min = 4, max = Limits.CIDR)
        String cidr,
    @JsonPropertyDescription(
            "Addresses of the node in the network that carries the tunnel: at most one of each"
                + " family.")
        @Size(max = 2)
        List<@Size(min = 2, max = Limits.IP) String> nodeIPs,
    @JsonPropertyDescription(
            "MAC address of the node's VXLAN device: locally administered, unicast, lower case"
                + " with colons.")
        @Size(max = 17)
        @Pattern(Limits.LOCAL_UNICAST_MAC)
        String vtepMAC,
    @JsonPropertyDescription(
            "Largest packet between pods of this node and of others, in bytes, where the node's report"
                + " says another MTU than most of the network have: routes to this block have it, and those"
                + " of this node to all others.")
        @Min(68)
        @Max(65535)
        Integer mtu) {
  public NodeSubnetSpec {
    nodeIPs = nodeIPs == null ? List.of() : List.copyOf(nodeIPs);
  }

  /** Of a node whose pods' MTU is that of all. */
  public NodeSubnetSpec(
      String podNetwork,
      String nodeName,
      String nodeUID,
      String cidr,
      List<String> nodeIPs,
      String vtepMAC) {
    this(podNetwork, nodeName, nodeUID, cidr, nodeIPs, vtepMAC, null);
  }
}
