package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** What the operator found and did about a PodNetwork. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PodNetworkStatus(
    Long observedGeneration,
    List<Condition> conditions,
    List<PoolUse> pools,
    NodeCounts nodes,
    Summary summary) {

  public PodNetworkStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    pools = pools == null ? List.of() : List.copyOf(pools);
  }

  /** Blocks of one pool: capacity = allocated + free. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PoolUse(String cidr, Long capacity, Long allocated, Long free) {}

  /** Nodes the network selects, those that hold a block, and those whose data path is up. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record NodeCounts(Integer selected, Integer allocated, Integer ready) {}

  /**
   * The same for the columns of {@code kubectl get}: pools joined by commas, {@code ready/selected}
   * nodes, free blocks of all pools, and the MTU in use (a range {@code low-high} where nodes
   * differ).
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Summary(String pools, String nodes, Long free, String mtu) {}
}
