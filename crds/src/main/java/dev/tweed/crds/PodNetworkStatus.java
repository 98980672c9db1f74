package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What the operator found and did about a PodNetwork. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("What the operator found and did.")
public record PodNetworkStatus(
    @JsonPropertyDescription("Generation of the spec the operator last acted on.") @Min(0)
        Long observedGeneration,
    @JsonPropertyDescription(
            "Accepted: the spec can be served. Allocated: every selected node has its blocks."
                + " Ready: the network can be used: the data path works on at least half of the"
                + " selected nodes, or none is selected. Progressing: nodes are on their way."
                + " Degraded: something is wrong that does not pass by itself. Reachable: the nodes"
                + " reach each other, by probes that take the way of pods' packets. Stalled, there"
                + " only then: nothing happens before the spec is corrected.")
        @Size(max = Limits.CONDITIONS)
        List<Condition> conditions,
    @JsonPropertyDescription("How full each pool is.") @Size(max = Limits.POOLS)
        List<PoolUse> pools,
    @JsonPropertyDescription("How many nodes are how far.") NodeCounts nodes,
    @JsonPropertyDescription(
            "NodeSubnets of this network, those that are to be released included. While there are"
                + " any, the network is in use.")
        @Min(0)
        Integer blocks,
    @JsonPropertyDescription(
            "Blocks that nodes to come can get, of the family that has the fewest. What pools'"
                + " nodeSelectors admit is not considered.")
        @Min(0)
        Long freeBlocks,
    @JsonPropertyDescription("MTU of the pods, where it is known of a node.") MtuRange mtu,
    @JsonPropertyDescription(
            "Addresses that two living nodes claim, while there are any; of too many the first.")
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @Size(max = Limits.ADDRESS_CONFLICTS)
        List<AddressConflict> addressConflicts) {

  public PodNetworkStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    pools = pools == null ? List.of() : List.copyOf(pools);
    addressConflicts = addressConflicts == null ? List.of() : List.copyOf(addressConflicts);
  }

  /** One in which no two nodes claim an address. */
  public PodNetworkStatus(
      Long observedGeneration,
      List<Condition> conditions,
      List<PoolUse> pools,
      NodeCounts nodes,
      Integer blocks,
      Long freeBlocks,
      MtuRange mtu) {
    this(observedGeneration, conditions, pools, nodes, blocks, freeBlocks, mtu, null);
  }

  /** An address that two living nodes claim. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record AddressConflict(
      @JsonPropertyDescription("The address.") @Required @Size(min = 2, max = Limits.IP)
          String address,
      @JsonPropertyDescription("The node that had it before, and keeps it.")
          @Required
          @Size(min = 1, max = Limits.OBJECT_NAME)
          String holder,
      @JsonPropertyDescription("The node that does not get it.")
          @Required
          @Size(min = 1, max = Limits.OBJECT_NAME)
          String node,
      @JsonPropertyDescription("Whether both have the same /etc/machine-id.") Boolean clones) {}

  /** Blocks of one pool: what is neither allocated nor reserved nor disabled is free. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PoolUse(
      @JsonPropertyDescription("The pool.") @Size(max = Limits.CIDR) String cidr,
      @JsonPropertyDescription("Blocks the pool has, without those that cannot be given to a node.")
          @Min(0)
          Long capacity,
      @JsonPropertyDescription("Blocks that nodes hold.") @Min(0) Long allocated,
      @JsonPropertyDescription("Blocks that are kept for nodes which do not hold them.") @Min(0)
          Long reserved,
      @JsonPropertyDescription("Blocks left for others; none if the pool is disabled.") @Min(0)
          Long free,
      @JsonPropertyDescription(
              "true: no node is given a block of it. With allocated 0 it can be removed.")
          Boolean disabled) {}

  /** Nodes the network selects, those that hold a block, and those whose data path is up. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record NodeCounts(
      @JsonPropertyDescription("Nodes the network selects.") @Min(0) Integer selected,
      @JsonPropertyDescription("Nodes that hold their blocks.") @Min(0) Integer allocated,
      @JsonPropertyDescription("Nodes whose data path is up.") @Min(0) Integer ready) {}

  /** The smallest and the largest in use, in bytes. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record MtuRange(
      @JsonPropertyDescription("The smallest on a node, in bytes.") @Min(0) @Max(65535)
          Integer lowest,
      @JsonPropertyDescription("The largest on a node, in bytes.") @Min(0) @Max(65535)
          Integer highest) {}
}
