package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** What people ask of a pod network. Absent fields take the defaults of the CRD schema. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("What is asked of the pod network.")
@ValidationRule(
    value = "self.allocation == oldSelf.allocation",
    message =
        "spec.allocation is immutable: two allocators would hand out the same addresses; create"
            + " another PodNetwork with other pools",
    fieldPath = ".allocation")
@ValidationRule(
    value =
        "self.pools.all(p, self.pools.all(q, p.cidr == q.cidr || !isCIDR(p.cidr) || !isCIDR(q.cidr)"
            + " || !cidr(p.cidr).containsCIDR(cidr(q.cidr))))",
    message =
        "spec.pools must not overlap: one contains another; give each pool a range of its own",
    fieldPath = ".pools")
@ValidationRule(
    value = "!has(self.mtu) || self.mtu >= 1280 || !self.pools.exists(p, p.cidr.contains(':'))",
    message =
        "spec.mtu must be at least 1280 with an IPv6 pool (RFC 8200); leave it out to have it found"
            + " out",
    fieldPath = ".mtu")
@ValidationRule(
    value =
        "self.allocation != 'NodePodCIDR' || ((!has(self.reservations) || self.reservations.size() == 0)"
            + " && self.pools.all(p, !has(p.excludeCIDRs) || p.excludeCIDRs.size() == 0))",
    message =
        "spec.reservations and excludeCIDRs of pools are for allocation Operator: leave them out with"
            + " NodePodCIDR, where kube-controller-manager hands out blocks and knows of neither",
    fieldPath = ".allocation")
@ValidationRule(
    value =
        "!has(self.reservations) || self.reservations.all(r, r.cidrs.all(c, !isCIDR(c) ||"
            + " self.pools.exists(p, isCIDR(p.cidr) && p.nodePrefixLength == cidr(c).prefixLength()"
            + " && cidr(p.cidr).containsCIDR(cidr(c)))))",
    message =
        "spec.reservations has what is no block of a pool: each of cidrs lies in a pool and is as"
            + " long as its nodePrefixLength",
    fieldPath = ".reservations")
@ValidationRule(
    value =
        "!has(self.reservations) || self.reservations.all(r, self.reservations.all(s, r.nodeName =="
            + " s.nodeName || !r.cidrs.exists(c, c in s.cidrs)))",
    message = "spec.reservations has the same block for two nodes: give each its own",
    fieldPath = ".reservations")
@ValidationRule(
    value =
        "!has(self.sysctls) || self.sysctls.all(k, k.matches('^net([.][A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)+$'))",
    message =
        "spec.sysctls takes names below net. only, with dots: net.core.somaxconn; in an interface"
            + " name write / for .",
    fieldPath = ".sysctls")
@ValidationRule(
    value =
        "!has(self.sysctls) || !['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding', 'net.ipv6.conf.all.forwarding',"
            + " 'net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables']"
            + ".exists(k, k in self.sysctls)",
    message =
        "spec.sysctls names one that Tweed sets itself (forwarding and bridge-nf-call are what pod"
            + " traffic lives on): leave it out",
    fieldPath = ".sysctls")
@ValidationRule(
    value =
        "self.fastPath != 'Auto' || !has(self.sysctls) ||"
            + " !('net.netfilter.nf_conntrack_tcp_be_liberal' in self.sysctls) ||"
            + " self.sysctls['net.netfilter.nf_conntrack_tcp_be_liberal'] == '1'",
    message =
        "spec.sysctls has net.netfilter.nf_conntrack_tcp_be_liberal otherwise than 1, which fastPath"
            + " Auto (the default) needs: leave it out, or set fastPath to \"Off\"",
    fieldPath = ".sysctls")
public record PodNetworkSpec(
    @JsonPropertyDescription(
            "Ranges that nodes' blocks are taken from, in this order; IPv4, IPv6 or both. A live"
                + " network grows by appending one. One that is disabled can be removed when no"
                + " node holds a block of it.")
        @Required
        @Size(min = 1, max = Limits.POOLS)
        List<Pool> pools,
    @JsonPropertyDescription(
            "Who hands out the blocks. Operator: Tweed, from the pools. NodePodCIDR: Tweed adopts"
                + " node.spec.podCIDRs as kube-controller-manager filled it in, if it lies inside"
                + " the pools. Immutable.")
        @Default("Operator")
        Allocation allocation,
    @JsonPropertyDescription(
            "Nodes that belong to the network, by their labels; empty selects all. A node belongs"
                + " to one PodNetwork only: the oldest that selects it wins.")
        LabelSelector nodeSelector,
    @JsonPropertyDescription("How packets travel between nodes.") @Default("{}") Backend backend,
    @JsonPropertyDescription(
            "MTU of the pods, in bytes. Absent: it is found out on each node, as the MTU of the"
                + " underlay minus the overhead of the encapsulation (50 over IPv4, 70 over IPv6).")
        @Min(576)
        @Max(9166)
        Integer mtu,
    @JsonPropertyDescription("The bridge that a node's pods hang on.") @Default("{}") Bridge bridge,
    @JsonPropertyDescription(
            "Source address translation of pod traffic that leaves the pod network.")
        @Default("{}")
        Masquerade masquerade,
    @JsonPropertyDescription(
            "More sysctls for every node, besides those the network needs itself: names below net."
                + " with their values.")
        @Size(max = Limits.SYSCTLS)
        Map<String, @Size(min = 1, max = 128) @Pattern(Limits.SYSCTL_VALUE) String> sysctls,
    @JsonPropertyDescription(
            "More Node labels to mirror onto NodeSubnets, so that a FirewallPolicy can choose peers"
                + " by them. node-role.kubernetes.io/control-plane and topology.kubernetes.io/zone"
                + " always are. A kubelet can set most labels of its own Node, but none below"
                + " node-restriction.kubernetes.io/.")
        @Size(max = 16)
        List<@Size(min = 1, max = Limits.LABEL_KEY) @Pattern(Limits.LABEL_KEY_PATTERN) String>
            mirroredNodeLabels,
    @JsonPropertyDescription(
            "Auto: Tweed sees to it that the firewall of the host (ufw, firewalld, iptables, nftables)"
                + " lets the network through, and reports what is in the way where it cannot."
                + " Unmanaged: it leaves that to you.")
        @Default("Auto")
        HostFirewall hostFirewall,
    @JsonPropertyDescription(
            "Enabled: each node asks others now and then for a sign of life, on the way that pods'"
                + " packets take, and reports those that give none. For that the last but one"
                + " address of each block is no pod's, in either case. Disabled: no node asks, and"
                + " none answers.")
        @Default("Enabled")
        Probes probes,
    @JsonPropertyDescription(
            "Which of a node's addresses other nodes send its pods' packets to. Absent: the first"
                + " InternalIP of each family.")
        NodeAddress nodeAddress,
    @JsonPropertyDescription(
            "Blocks that are kept for nodes, such as those that are to come. A node gets them if it"
                + " has no block of that family; one that has keeps it. They may lie in excludeCIDRs"
                + " of a pool.")
        @Size(max = Limits.RESERVATIONS)
        List<Reservation> reservations,
    @JsonPropertyDescription(
            "Auto: packets between pods skip the bridge, netfilter and the tunnel device, once a packet"
                + " of the same flow has come through them unchanged, on each node that can; a NodeReport says where"
                + " not, and why. The daemons need the chart value node.fastPath for it; where they have that, and it"
                + " works, net.netfilter.nf_conntrack_tcp_be_liberal of the node becomes 1. Off (in YAML with"
                + " quotes): all packets take the ordinary path.")
        @Default("Auto")
        FastPath fastPath) {

  public PodNetworkSpec {
    pools = pools == null ? List.of() : List.copyOf(pools);
    allocation = allocation == null ? Allocation.Operator : allocation;
    nodeSelector = nodeSelector == null ? LabelSelector.everything() : nodeSelector;
    backend = backend == null ? Backend.defaults() : backend;
    bridge = bridge == null ? Bridge.defaults() : bridge;
    masquerade = masquerade == null ? Masquerade.defaults() : masquerade;
    sysctls = sysctls == null ? Map.of() : Map.copyOf(sysctls);
    mirroredNodeLabels = mirroredNodeLabels == null ? List.of() : List.copyOf(mirroredNodeLabels);
    hostFirewall = hostFirewall == null ? HostFirewall.Auto : hostFirewall;
    probes = probes == null ? Probes.Enabled : probes;
    nodeAddress = nodeAddress == null ? NodeAddress.ANY : nodeAddress;
    reservations = reservations == null ? List.of() : List.copyOf(reservations);
    fastPath = fastPath == null ? FastPath.Auto : fastPath;
  }

  /** One that has pools, and all else by default. */
  public static PodNetworkSpec ofPools(List<Pool> pools) {
    return new PodNetworkSpec(
        pools, null, null, null, null, null, null, null, null, null, null, null, null, null);
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

  /** Whether nodes try the way to each other that pods' packets take. */
  public enum Probes {
    Enabled,
    Disabled
  }

  /** Whether packets between pods may skip netfilter (docs/fastpath.md). */
  public enum FastPath {
    /** On each node that can. */
    Auto,
    /** On none. */
    Off
  }

  /** A range blocks are taken from, and the prefix length of one node's block. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "isCIDR(self.cidr)",
      message = "cidr of a pool is not a CIDR; write such as 10.244.0.0/16 or fd00:10:244::/48",
      messageExpression =
          "'cidr ' + self.cidr + ' of a pool is not a CIDR; write such as 10.244.0.0/16 or"
              + " fd00:10:244::/48'",
      fieldPath = ".cidr")
  @ValidationRule(
      value = "!isCIDR(self.cidr) || string(cidr(self.cidr).masked()) == self.cidr",
      message = "cidr of a pool is not canonical",
      messageExpression =
          "'cidr ' + self.cidr + ' of a pool is not canonical: no bits may be set after the prefix"
              + " (10.244.0.0/16, not 10.244.0.1/16), IPv6 is written in its shortest form'",
      fieldPath = ".cidr")
  @ValidationRule(
      value =
          "!isCIDR(self.cidr) || (cidr(self.cidr).ip().isGlobalUnicast() &&"
              + " cidr(self.cidr).prefixLength() >= (cidr(self.cidr).ip().family() == 4 ? 8 : 16))",
      message =
          "cidr of a pool must be a unicast range no wider than /8 (IPv4) or /16 (IPv6), neither"
              + " loopback, link-local nor multicast; private ranges such as 10.244.0.0/16 are usual",
      fieldPath = ".cidr")
  @ValidationRule(
      value =
          "!isCIDR(self.cidr) || (self.nodePrefixLength >= cidr(self.cidr).prefixLength() &&"
              + " self.nodePrefixLength <= (cidr(self.cidr).ip().family() == 4 ? 30 : 126))",
      message =
          "nodePrefixLength does not fit the pool: it must be at least the pool's own prefix length"
              + " and at most 30 (IPv4) or 126 (IPv6)",
      fieldPath = ".nodePrefixLength")
  @ValidationRule(
      value = "!isCIDR(self.cidr) || self.nodePrefixLength - cidr(self.cidr).prefixLength() <= 20",
      message =
          "nodePrefixLength would cut the pool into more than 1048576 blocks: choose a smaller"
              + " number or a smaller pool",
      fieldPath = ".nodePrefixLength")
  @ValidationRule(
      value = "self.nodePrefixLength == oldSelf.nodePrefixLength",
      message =
          "nodePrefixLength of a pool is immutable: append another pool with blocks of the other"
              + " size",
      fieldPath = ".nodePrefixLength")
  @ValidationRule(
      value =
          "!has(self.excludeCIDRs) || !isCIDR(self.cidr) || self.excludeCIDRs.all(c, isCIDR(c) &&"
              + " string(cidr(c).masked()) == c && cidr(self.cidr).containsCIDR(cidr(c)))",
      message =
          "excludeCIDRs of a pool must be canonical CIDRs inside it, without bits after the prefix:"
              + " 10.244.0.0/20 of 10.244.0.0/16",
      fieldPath = ".excludeCIDRs")
  public record Pool(
      @JsonPropertyDescription(
              "The range in canonical text: 10.244.0.0/16, fd00:10:244::/48. Immutable.")
          @Required
          @Size(min = 4, max = Limits.CIDR)
          String cidr,
      @JsonPropertyDescription(
              "Prefix length of one node's block: 24 gives each node 254 addresses: one for the"
                  + " gateway, one for probes, the others for pods. Immutable.")
          @Required
          @Min(8)
          @Max(126)
          Integer nodePrefixLength,
      @JsonPropertyDescription(
              "Nodes that may draw from this pool, by their labels; empty allows all of the"
                  + " network.")
          LabelSelector nodeSelector,
      @JsonPropertyDescription(
              "Ranges of the pool that something else uses: no block that has an address of them is"
                  + " given to a node. Nodes keep such as they have.")
          @Size(max = Limits.EXCLUDES)
          @JsonInclude(JsonInclude.Include.NON_EMPTY)
          List<@Size(min = 4, max = Limits.CIDR) String> excludeCIDRs,
      @JsonPropertyDescription(
              "true: no node gets a block of this pool any more, nor the one it had back; nodes keep"
                  + " such as they have. When none has any (status.pools) the pool can be removed."
                  + " Absent: false.")
          Boolean disabled) {
    public Pool {
      nodeSelector = nodeSelector == null ? LabelSelector.everything() : nodeSelector;
      excludeCIDRs = excludeCIDRs == null ? List.of() : List.copyOf(excludeCIDRs);
    }

    /** One that gives blocks anywhere in its range. */
    public Pool(String cidr, Integer nodePrefixLength, LabelSelector nodeSelector) {
      this(cidr, nodePrefixLength, nodeSelector, null, null);
    }

    /** Whether nodes get blocks of it. */
    public boolean givesBlocks() {
      return !Boolean.TRUE.equals(disabled);
    }
  }

  /** Blocks that are kept for a node, at most one of each family. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "self.cidrs.all(c, isCIDR(c) && string(cidr(c).masked()) == c)",
      message =
          "cidrs of a reservation must be canonical CIDRs, without bits after the prefix:"
              + " 10.244.7.0/24 or fd00:10:244:7::/64",
      fieldPath = ".cidrs")
  @ValidationRule(
      value =
          "self.cidrs.size() < 2 || !self.cidrs.all(c, isCIDR(c)) ||"
              + " cidr(self.cidrs[0]).ip().family() != cidr(self.cidrs[1]).ip().family()",
      message = "cidrs of a reservation holds at most one block of each family",
      fieldPath = ".cidrs")
  public record Reservation(
      @JsonPropertyDescription("Name of the Node, which need not exist yet.")
          @Required
          @Size(min = 1, max = Limits.OBJECT_NAME)
          @Pattern(Limits.OBJECT_NAME_PATTERN)
          String nodeName,
      @JsonPropertyDescription("Its blocks, at most one of each family.")
          @Required
          @Size(min = 1, max = 2)
          List<@Size(min = 4, max = Limits.CIDR) String> cidrs) {
    public Reservation {
      cidrs = cidrs == null ? List.of() : List.copyOf(cidrs);
    }
  }

  /** Which of a node's addresses are taken, the best first. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "!has(self.cidrs) || self.cidrs.all(c, isCIDR(c) && string(cidr(c).masked()) == c)",
      message =
          "spec.nodeAddress.cidrs must be canonical CIDRs, without bits after the prefix:"
              + " 192.168.56.0/24 or fd00:56::/64",
      fieldPath = ".cidrs")
  @ValidationRule(
      value =
          "!has(self.cidrs) || !has(self.family) || self.family == 'Any' || self.cidrs.all(c,"
              + " !isCIDR(c) || cidr(c).ip().family() == (self.family == 'IPv4' ? 4 : 6))",
      message =
          "spec.nodeAddress.cidrs has a range of another family than spec.nodeAddress.family: leave"
              + " it out, or let family be Any",
      fieldPath = ".cidrs")
  public record NodeAddress(
      @JsonPropertyDescription(
              "Ranges it has to be in, the preferred first; none: any. InternalIPs and annotations"
                  + " outside are refused. Only with ranges given, the annotation"
                  + " tweed.dev/node-address of a Node counts: an address of it that is on none of"
                  + " its links, but translated to one (1:1 NAT).")
          @Size(max = 16)
          List<@Size(min = 4, max = Limits.CIDR) String> cidrs,
      @JsonPropertyDescription(
              "Links it has to be on, the preferred first; eth* is any whose name begins with eth. None:"
                  + " any. With links given, addresses on them count whether they are InternalIPs or"
                  + " not. They are also where packets to an address by annotation arrive.")
          @Size(max = 16)
          List<
                  @Size(min = 1, max = Limits.INTERFACE)
                  @Pattern("^[A-Za-z0-9_][A-Za-z0-9_.-]*[*]?$") String>
              interfaces,
      @JsonPropertyDescription(
              "IPv4 or IPv6: addresses of that family only. Any: one of each, and IPv4 between"
                  + " nodes that have both.")
          @Default("Any")
          UnderlayFamily family) {
    static final NodeAddress ANY = new NodeAddress(null, null, null);

    public NodeAddress {
      cidrs = cidrs == null ? List.of() : List.copyOf(cidrs);
      interfaces = interfaces == null ? List.of() : List.copyOf(interfaces);
      family = family == null ? UnderlayFamily.Any : family;
    }
  }

  /** Family of the addresses between nodes. */
  public enum UnderlayFamily {
    Any,
    IPv4,
    IPv6
  }

  /** How packets travel between nodes. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "self.type == oldSelf.type",
      message =
          "spec.backend.type is immutable: nodes would lose each other while they change; create"
              + " another PodNetwork and move nodes over by nodeSelector",
      fieldPath = ".type")
  @ValidationRule(
      value = "self.type == 'VXLAN' || !has(self.vxlan)",
      message = "spec.backend.vxlan is for type VXLAN only: leave it out",
      fieldPath = ".vxlan")
  @ValidationRule(
      value =
          "(has(self.vxlan) ? self.vxlan.vni : 1) == (has(oldSelf.vxlan) ? oldSelf.vxlan.vni : 1)",
      message = "spec.backend.vxlan.vni is immutable: create another PodNetwork",
      fieldPath = ".vxlan")
  @ValidationRule(
      value =
          "(has(self.vxlan) ? self.vxlan.port : 8472) == (has(oldSelf.vxlan) ? oldSelf.vxlan.port :"
              + " 8472)",
      message = "spec.backend.vxlan.port is immutable: create another PodNetwork",
      fieldPath = ".vxlan")
  public record Backend(
      @JsonPropertyDescription(
              "VXLAN: packets travel in UDP between nodes, whatever lies between them. HostGateway:"
                  + " plain routes, for nodes on one link. Immutable.")
          @Default("VXLAN")
          BackendType type,
      @JsonPropertyDescription(
              "Parameters of type VXLAN; absent: VNI 1, UDP port 8472, everything through the"
                  + " tunnel.")
          Vxlan vxlan) {
    public Backend {
      type = type == null ? BackendType.VXLAN : type;
    }

    /** Parameters of the tunnel: those given, or the defaults. */
    public Vxlan tunnel() {
      return vxlan == null ? Vxlan.defaults() : vxlan;
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
  @ValidationRule(
      value = "self.port != 7416",
      message =
          "port 7416 is that of probes, which would end in the tunnel unanswered: choose another, such"
              + " as 8472",
      fieldPath = ".port")
  public record Vxlan(
      @JsonPropertyDescription(
              "VXLAN network identifier; the device is named tweed.<vni>. Immutable.")
          @Default("1")
          @Min(1)
          @Max(16777215)
          Integer vni,
      @JsonPropertyDescription(
              "UDP port of the tunnel, open between all nodes. 8472 is what Linux has always used,"
                  + " 4789 the assigned one (RFC 7348); not 7416, which probes have. Immutable.")
          @Default("8472")
          @Min(1)
          @Max(65535)
          Integer port,
      @JsonPropertyDescription(
              "Plain routes instead of the tunnel to nodes on the same link. The network between"
                  + " them must let pod addresses through.")
          @Default("false")
          Boolean directRouting) {
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
  @ValidationRule(
      value = "self.name == oldSelf.name",
      message = "spec.bridge.name is immutable: running pods hang on the bridge of the old name",
      fieldPath = ".name")
  @ValidationRule(
      value =
          "!(self.name in ['all', 'default', 'lo', 'tweed-probe', 'tweed-probe-br']) &&"
              + " !self.name.startsWith('tweed.')",
      message =
          "spec.bridge.name is taken by the kernel (all, default, lo) or by Tweed's other devices"
              + " (tweed.*, tweed-probe, tweed-probe-br): choose another, such as tweed-br0",
      fieldPath = ".name")
  public record Bridge(
      @JsonPropertyDescription(
              "Name of the bridge, at most 15 characters. Tweed makes it. Immutable.")
          @Default("tweed-br0")
          @Size(min = 1, max = Limits.INTERFACE)
          @Pattern(Limits.INTERFACE_PATTERN)
          String name,
      @JsonPropertyDescription("Whether a pod reaches itself through a Service it backs.")
          @Default("true")
          Boolean hairpin) {
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
  @ValidationRule(
      value =
          "!has(self.exceptCIDRs) || self.exceptCIDRs.all(c, isCIDR(c) &&"
              + " string(cidr(c).masked()) == c)",
      message =
          "spec.masquerade.exceptCIDRs must be canonical CIDRs, without bits after the prefix:"
              + " 192.0.2.0/24 or 2001:db8::/32",
      fieldPath = ".exceptCIDRs")
  public record Masquerade(
      @JsonPropertyDescription(
              "Whether pods appear with their node's address outside the pod network. Switch it off"
                  + " where routers know the way back to the pods.")
          @Default("true")
          Boolean enabled,
      @JsonPropertyDescription(
              "Destinations outside the pod network that see pods with their own addresses.")
          @Size(max = 64)
          List<@Size(min = 4, max = Limits.CIDR) String> exceptCIDRs,
      @JsonPropertyDescription(
              "Choose source ports at random, which avoids insertion races in connection tracking.")
          @Default("true")
          Boolean fullyRandom) {
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
