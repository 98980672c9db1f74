package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/** What people ask of a pod network. Absent fields take the defaults of the CRD schema. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PodNetworkSpec(
    List<Pool> pools,
    Allocation allocation,
    LabelSelector nodeSelector,
    Backend backend,
    Integer mtu,
    Bridge bridge,
    Masquerade masquerade,
    Map<String, String> sysctls,
    List<String> mirroredNodeLabels,
    HostFirewall hostFirewall) {

  public PodNetworkSpec {
    pools = pools == null ? List.of() : List.copyOf(pools);
    allocation = allocation == null ? Allocation.Operator : allocation;
    nodeSelector = nodeSelector == null ? LabelSelector.everything() : nodeSelector;
    backend = backend == null ? Backend.defaults() : backend;
    mtu = mtu == null ? 0 : mtu;
    bridge = bridge == null ? Bridge.defaults() : bridge;
    masquerade = masquerade == null ? Masquerade.defaults() : masquerade;
    sysctls = sysctls == null ? Map.of() : Map.copyOf(sysctls);
    mirroredNodeLabels = mirroredNodeLabels == null ? List.of() : List.copyOf(mirroredNodeLabels);
    hostFirewall = hostFirewall == null ? HostFirewall.Auto : hostFirewall;
  }

  /** Who hands out blocks. */
  public enum Allocation {
    /** Tweed's operator, from the pools. */
    Operator,
    /** kube-controller-manager; Tweed adopts {@code node.spec.podCIDRs}. */
    NodePodCIDR
  }

  /** Whether Tweed opens what the network needs in the host's firewall. */
  public enum HostFirewall {
    Auto,
    Unmanaged
  }

  /** A range blocks are taken from, and the prefix length of one node's block. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Pool(String cidr, Integer nodePrefixLength, LabelSelector nodeSelector) {
    public Pool {
      nodeSelector = nodeSelector == null ? LabelSelector.everything() : nodeSelector;
    }
  }

  /** How packets travel between nodes. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Backend(BackendType type, Vxlan vxlan) {
    public Backend {
      type = type == null ? BackendType.VXLAN : type;
      vxlan = vxlan == null ? Vxlan.defaults() : vxlan;
    }

    static Backend defaults() {
      return new Backend(null, null);
    }
  }

  /** Encapsulated, or by plain routes through the nodes' shared link. */
  public enum BackendType {
    VXLAN,
    HostGateway
  }

  /** VXLAN parameters: VNI 1..16777215, UDP port, and plain routes to nodes on the same link. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Vxlan(Integer vni, Integer port, Boolean directRouting) {
    public Vxlan {
      vni = vni == null ? 1 : vni;
      port = port == null ? 8472 : port;
      directRouting = directRouting != null && directRouting;
    }

    static Vxlan defaults() {
      return new Vxlan(null, null, null);
    }
  }

  /** The node's bridge that pods hang on. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Bridge(String name, Boolean hairpin) {
    public Bridge {
      name = name == null ? "tweed-br0" : name;
      hairpin = hairpin == null || hairpin;
    }

    static Bridge defaults() {
      return new Bridge(null, null);
    }
  }

  /** Source NAT of pod traffic that leaves the pod network. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Masquerade(Boolean enabled, List<String> exceptCIDRs, Boolean fullyRandom) {
    public Masquerade {
      enabled = enabled == null || enabled;
      exceptCIDRs = exceptCIDRs == null ? List.of() : List.copyOf(exceptCIDRs);
      fullyRandom = fullyRandom == null || fullyRandom;
    }

    static Masquerade defaults() {
      return new Masquerade(null, null, null);
    }
  }
}
