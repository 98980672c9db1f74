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

/** Host firewall rules for the nodes that {@code nodeSelector} chooses. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("Which nodes, and which rules.")
@ValidationRule(
    value = "self.rules.all(a, self.rules.exists_one(b, b.name == a.name))",
    message = "spec.rules: two rules have the same name; give each its own",
    fieldPath = ".rules")
public record FirewallPolicySpec(
    @JsonPropertyDescription("Nodes the rules are for, by their labels; {} selects all.") @Required
        LabelSelector nodeSelector,
    @JsonPropertyDescription(
            "Where several policies select a node, the smaller number comes first; equal ones by"
                + " name.")
        @Default("100")
        @Min(0)
        @Max(10000)
        Integer priority,
    @JsonPropertyDescription(
            "Enforce; or Audit: nothing is refused, what would be is counted and logged, and the"
                + " status says what would keep the policy from being enforced.")
        @Default("Enforce")
        Mode mode,
    @JsonPropertyDescription(
            "Whether rules that deny or reject end connections that stand, which somebody opened in"
                + " the rule's direction; absent is no: they meet no rule.")
        Boolean cutEstablished,
    @JsonPropertyDescription(
            "What rules may cut that keeps nodes in reach and the cluster together. A node refuses a"
                + " policy as a whole that cuts what is not named here (WouldLockOut).")
        @Size(max = 9)
        List<Service> allowLockout,
    @JsonPropertyDescription("The rules, in order: the first that matches a packet decides.")
        @Required
        @Size(min = 1, max = 128)
        List<Rule> rules) {

  public FirewallPolicySpec {
    nodeSelector = nodeSelector == null ? LabelSelector.everything() : nodeSelector;
    priority = priority == null ? 100 : priority;
    mode = mode == null ? Mode.Enforce : mode;
    cutEstablished = cutEstablished != null && cutEstablished;
    allowLockout = allowLockout == null ? List.of() : List.copyOf(allowLockout);
    rules = rules == null ? List.of() : List.copyOf(rules);
  }

  /** What becomes of packets. */
  public enum Mode {
    Enforce,
    Audit
  }

  /** One rule; an absent protocol is any, empty from or to is anywhere. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "!has(self.protocol) || self.protocol in ['TCP', 'UDP', 'SCTP'] || ((!has(self.ports) ||"
              + " self.ports.size() == 0) && !(has(self.from) && self.from.exists(p, has(p.ports) &&"
              + " p.ports.size() > 0)) && !(has(self.to) && self.to.exists(p, has(p.ports) &&"
              + " p.ports.size() > 0)))",
      message =
          "ports: only TCP, UDP and SCTP have ports: change protocol, leave it out for TCP and UDP,"
              + " or leave the ports out",
      fieldPath = ".ports")
  @ValidationRule(
      value =
          "!has(self.ports) || self.ports.size() == 0 || !has(self.to) || !self.to.exists(p,"
              + " has(p.ports) && p.ports.size() > 0)",
      message =
          "ports: destination ports are given in ports and in to: give them in one of the two",
      fieldPath = ".ports")
  @ValidationRule(
      value =
          "!has(self.icmpTypes) || self.icmpTypes.size() == 0 || (has(self.protocol) &&"
              + " self.protocol in ['ICMP', 'ICMPv6'])",
      message =
          "icmpTypes: only ICMP and ICMPv6 have types: set protocol to one of them, or leave"
              + " icmpTypes out",
      fieldPath = ".icmpTypes")
  @ValidationRule(
      value =
          "!has(self.protocol) || self.protocol != 'ICMPv6' || self.action == 'Allow' ||"
              + " (has(self.icmpTypes) && self.icmpTypes.size() > 0 &&"
              + " !self.icmpTypes.exists(t, 130 <= t && t <= 136))",
      message =
          "icmpTypes: without types 130 to 136 of ICMPv6 no node finds its neighbours and routers:"
              + " name the types to refuse, and none of these, such as icmpTypes: [128]",
      fieldPath = ".icmpTypes")
  @ValidationRule(
      value =
          "self.action != 'Limit' || !has(self.protocol) || !(self.protocol in ['ICMP',"
              + " 'ICMPv6'])",
      message = "action: Limit counts connections, and ICMP has none: use Allow or Deny",
      fieldPath = ".action")
  @ValidationRule(
      value = "!has(self.log) || self.log != 'AllPackets' || self.action in ['Deny', 'Reject']",
      message =
          "log: AllPackets goes with Deny and Reject: packets of connections that were let in meet no"
              + " rule; use NewConnections",
      fieldPath = ".log")
  @ValidationRule(
      value =
          "!has(self.protocol) || !(self.protocol in ['ICMP', 'IGMP', 'IPv6']) ||"
              + " !((has(self.from) && self.from.exists(p, has(p.cidr) && p.cidr.contains(':'))) ||"
              + " (has(self.to) && self.to.exists(p, has(p.cidr) && p.cidr.contains(':'))))",
      message =
          "protocol: ICMP, IGMP and IPv6 (protocol 41) are carried by IPv4 only: give no IPv6"
              + " addresses, or use ICMPv6",
      fieldPath = ".protocol")
  @ValidationRule(
      value =
          "!has(self.protocol) || self.protocol != 'ICMPv6' || !((has(self.from) &&"
              + " self.from.exists(p, has(p.cidr) && p.cidr.contains('.'))) || (has(self.to) &&"
              + " self.to.exists(p, has(p.cidr) && p.cidr.contains('.'))))",
      message = "protocol: ICMPv6 is carried by IPv6 only: give no IPv4 addresses, or use ICMP",
      fieldPath = ".protocol")
  @ValidationRule(
      value =
          "!((has(self.from) && self.from.exists(p, has(p.cidr) && p.cidr.contains(':'))) ||"
              + " (has(self.to) && self.to.exists(p, has(p.cidr) && p.cidr.contains(':')))) ||"
              + " !((has(self.from) && self.from.exists(p, has(p.cidr) && p.cidr.contains('.'))) ||"
              + " (has(self.to) && self.to.exists(p, has(p.cidr) && p.cidr.contains('.'))))",
      message = "from and to mix IPv4 and IPv6 addresses: write one rule for each family")
  @ValidationRule(
      value = "self.name.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$')",
      message = "name: use lower-case letters, digits and hyphens between them, such as allow-ssh",
      fieldPath = ".name")
  @ValidationRule(
      value = "!has(self.comment) || self.comment.matches(r'" + Limits.ONE_LINE + "')",
      message =
          "comment: it has a line end, or a character that does not show: write one line of plain"
              + " text behind comment:, and not a block (|)",
      fieldPath = ".comment")
  @ValidationRule(
      value = "!has(self.interfaceIn) || !self.interfaceIn.matches('[*+]')",
      message = "interfaceIn: it is one device by its name: write a rule for each",
      fieldPath = ".interfaceIn")
  @ValidationRule(
      value = "!has(self.interfaceOut) || !self.interfaceOut.matches('[*+]')",
      message = "interfaceOut: it is one device by its name: write a rule for each",
      fieldPath = ".interfaceOut")
  @ValidationRule(
      value = "!has(self.interfaceIn) || self.direction != 'Out'",
      message = "interfaceIn does not go with direction Out: use interfaceOut",
      fieldPath = ".interfaceIn")
  @ValidationRule(
      value = "!has(self.interfaceOut) || self.direction != 'In'",
      message = "interfaceOut does not go with direction In: use interfaceIn",
      fieldPath = ".interfaceOut")
  public record Rule(
      @JsonPropertyDescription("Name of the rule, unique in the policy; reports call it by this.")
          @Required
          @Size(min = 1, max = 63)
          @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
          String name,
      @JsonPropertyDescription(
              "In: to the node itself; what denies, rejects or limits is for NodePorts, too. Out:"
                  + " from the node itself. Routed: through the node, as pods' packets are.")
          @Required
          Direction direction,
      @JsonPropertyDescription(
              "Allow, Deny (drop in silence), Reject (drop and say so), Limit (allow, but refuse a"
                  + " source after 6 connections in 30 seconds).")
          @Required
          Action action,
      @JsonPropertyDescription(
              "Absent is any; with ports it is TCP and UDP. Where the firewall of a node has no rules"
                  + " for a protocol, that node refuses the policy and says so.")
          Protocol protocol,
      @JsonPropertyDescription(
              "Types of ICMP or ICMPv6 messages, such as 8 and 128, echo request; empty is all. To"
                  + " refuse ICMPv6, types must be named.")
          @Size(max = 16)
          List<@Min(0) @Max(254) Integer> icmpTypes,
      @JsonPropertyDescription("Destination ports and ranges of them.") @Size(max = 32)
          List<Port> ports,
      @JsonPropertyDescription("A note for people, kept with the rule on the node; one line.")
          @Size(max = 128)
          @Pattern(Limits.ONE_LINE)
          String comment,
      @JsonPropertyDescription("Sources, any of them; empty is anywhere.") @Size(max = 32)
          List<Peer> from,
      @JsonPropertyDescription("Destinations, any of them; empty is anywhere.") @Size(max = 32)
          List<Peer> to,
      @JsonPropertyDescription("Only packets that come in by this interface, such as tweed.1.")
          @Size(min = 1, max = Limits.INTERFACE)
          @Pattern(Limits.INTERFACE_PATTERN)
          String interfaceIn,
      @JsonPropertyDescription("Only packets that leave by this interface.")
          @Size(min = 1, max = Limits.INTERFACE)
          @Pattern(Limits.INTERFACE_PATTERN)
          String interfaceOut,
      @JsonPropertyDescription(
              "Which packets that match are logged: None, as if it were absent; NewConnections, the"
                  + " first of each connection; AllPackets, of rules that refuse. 3 lines a minute of each rule at"
                  + " most, after 10 at once.")
          Log log) {
    // No defaults in the schema: what compares lists as a whole, as Argo CD does, would see those
    // that the API server fills in as drift.
    public Rule {
      icmpTypes = icmpTypes == null ? List.of() : List.copyOf(icmpTypes);
      ports = ports == null ? List.of() : List.copyOf(ports);
      from = from == null ? List.of() : List.copyOf(from);
      to = to == null ? List.of() : List.copyOf(to);
      log = log == null ? Log.None : log;
    }
  }

  /** A port, or those from it to endPort. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "!has(self.endPort) || self.port <= self.endPort",
      message = "endPort must not be smaller than port: {port: 2379, endPort: 2380}",
      fieldPath = ".endPort")
  public record Port(
      @JsonPropertyDescription("The port, or the first of a range.") @Required @Min(1) @Max(65535)
          Integer port,
      @JsonPropertyDescription("The last of a range; absent is port alone.") @Min(1) @Max(65535)
          Integer endPort) {}

  /** A side of a rule; type says which of the other fields there is. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "has(self.cidr) == (self.type == 'CIDR')",
      message =
          "cidr: it goes with type CIDR, and with no other: correct type, or add or remove cidr",
      fieldPath = ".cidr")
  @ValidationRule(
      value = "has(self.podNetwork) == (self.type == 'PodNetwork')",
      message =
          "podNetwork: it goes with type PodNetwork, and with no other: correct type, or add or"
              + " remove podNetwork",
      fieldPath = ".podNetwork")
  @ValidationRule(
      value = "has(self.nodes) == (self.type == 'Nodes')",
      message =
          "nodes: it goes with type Nodes, and with no other: correct type, or add or remove nodes",
      fieldPath = ".nodes")
  @ValidationRule(
      value = "self.type != 'Anywhere' || (has(self.ports) && self.ports.size() > 0)",
      message = "ports: type Anywhere needs ports; for anything at all leave the list empty",
      fieldPath = ".ports")
  @ValidationRule(
      value =
          "!has(self.cidr) || (isCIDR(self.cidr) ? string(cidr(self.cidr).masked()) == self.cidr :"
              + " isIP(self.cidr) && ip.isCanonical(self.cidr))",
      message =
          "cidr of a peer must be an address or a canonical CIDR without bits after the prefix,"
              + " IPv6 in its shortest form: 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
      fieldPath = ".cidr")
  public record Peer(
      @JsonPropertyDescription(
              "CIDR, PodNetwork or Nodes, with the field of that name; Anywhere, with ports only.")
          @Required
          PeerType type,
      @JsonPropertyDescription("An address or a canonical CIDR.") @Size(min = 2, max = Limits.CIDR)
          String cidr,
      @JsonPropertyDescription("All pools of this PodNetwork.")
          @Size(min = 1, max = Limits.OBJECT_NAME)
          @Pattern(Limits.OBJECT_NAME_PATTERN)
          String podNetwork,
      @JsonPropertyDescription("Addresses of nodes, by the labels mirrored onto their NodeSubnets.")
          NodePeer nodes,
      @JsonPropertyDescription("Ports on this side: in from these are source ports.")
          @Size(max = 32)
          List<Port> ports) {
    public Peer {
      ports = ports == null ? List.of() : List.copyOf(ports);
    }
  }

  /** Nodes by the labels mirrored onto their NodeSubnets. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodePeer(
      @JsonPropertyDescription("Labels of the nodes; empty selects all nodes of all PodNetworks.")
          @Required
          LabelSelector selector) {}

  /** What a node keeps in reach unless a policy names it. */
  public enum Service {
    /** The node's sshd. */
    SSH,
    /** An API server of this node, and this node's ways to API servers. */
    APIServer,
    /** The kubelet, for API servers. */
    Kubelet,
    /** Its members among each other. */
    Etcd,
    /** The tunnel between nodes. */
    Tunnel,
    /** The node's own questions to name servers. */
    DNS,
    /** Renewals of the addresses that it has by DHCP. */
    DHCP,
    /** The cloud's service of machine metadata, for the node itself. */
    Metadata,
    /** Packets from and to pods, and the kubelet's probes. */
    Pods
  }

  /** Which way the packet goes as seen from the host. */
  public enum Direction {
    In,
    Out,
    Routed
  }

  /** What happens to it; Limit is ufw's: refuse a source after 6 connections in 30 s. */
  public enum Action {
    Allow,
    Deny,
    Reject,
    Limit
  }

  /** Which packets of a rule are logged. */
  public enum Log {
    None,
    NewConnections,
    AllPackets
  }

  /** What a side of a rule is. */
  public enum PeerType {
    CIDR,
    PodNetwork,
    Nodes,
    Anywhere
  }

  /** What a packet carries; ufw has rules for all of them but SCTP, ICMP and ICMPv6. */
  public enum Protocol {
    TCP,
    UDP,
    SCTP,
    ICMP,
    ICMPv6,
    AH,
    ESP,
    GRE,
    IGMP,
    IPv6
  }
}
