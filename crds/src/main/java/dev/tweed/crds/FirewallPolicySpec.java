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
    @JsonPropertyDescription("Nodes the rules are for, by their labels; empty selects all.")
        LabelSelector nodeSelector,
    @JsonPropertyDescription(
            "Where several policies select a node, the smaller number comes first; equal ones by"
                + " name.")
        @Default("100")
        @Min(0)
        @Max(10000)
        Integer priority,
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
    allowLockout = allowLockout == null ? List.of() : List.copyOf(allowLockout);
    rules = rules == null ? List.of() : List.copyOf(rules);
  }

  /** One rule; an absent protocol is any, empty from or to is anywhere. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "!has(self.protocol) || self.protocol in ['TCP', 'UDP'] || ((!has(self.ports) ||"
              + " self.ports.size() == 0) && !(has(self.from) && self.from.exists(p, has(p.ports) &&"
              + " p.ports.size() > 0)) && !(has(self.to) && self.to.exists(p, has(p.ports) &&"
              + " p.ports.size() > 0)))",
      message =
          "only TCP and UDP have ports: change protocol, leave it out for both, or leave the ports out",
      fieldPath = ".ports")
  @ValidationRule(
      value =
          "!has(self.ports) || self.ports.all(p, !p.matches('^[0-9]+:[0-9]+$') ||"
              + " int(p.split(':')[0]) < int(p.split(':')[1]))",
      message = "ports: the first number of a range must be smaller than the second: 2379:2380",
      fieldPath = ".ports")
  @ValidationRule(
      value =
          "!has(self.ports) || self.ports.size() == 0 || !has(self.to) || !self.to.exists(p,"
              + " has(p.ports) && p.ports.size() > 0)",
      message = "destination ports are given in ports and in to: give them in one of the two",
      fieldPath = ".ports")
  @ValidationRule(
      value =
          "!has(self.protocol) || !(self.protocol in ['IGMP', 'IPv6']) || !((has(self.from) &&"
              + " self.from.exists(p, has(p.cidr) && p.cidr.contains(':'))) || (has(self.to) &&"
              + " self.to.exists(p, has(p.cidr) && p.cidr.contains(':'))))",
      message = "IGMP and IPv6 (protocol 41) are carried by IPv4 only: give no IPv6 addresses",
      fieldPath = ".protocol")
  @ValidationRule(
      value =
          "!((has(self.from) && self.from.exists(p, has(p.cidr) && p.cidr.contains(':'))) ||"
              + " (has(self.to) && self.to.exists(p, has(p.cidr) && p.cidr.contains(':')))) ||"
              + " !((has(self.from) && self.from.exists(p, has(p.cidr) && p.cidr.contains('.'))) ||"
              + " (has(self.to) && self.to.exists(p, has(p.cidr) && p.cidr.contains('.'))))",
      message = "from and to mix IPv4 and IPv6 addresses: write one rule for each family")
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
              "Absent is any; with ports it is TCP and UDP, the only two that have them.")
          Protocol protocol,
      @JsonPropertyDescription("Destination ports and ranges: \"6443\", \"2379:2380\".")
          @Size(max = 32)
          List<@Size(min = 1, max = 11) @Pattern(Limits.PORT_OR_RANGE) String> ports,
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
              "Whether the first packet of each connection is logged; absent is no.")
          Boolean log,
      @JsonPropertyDescription(
              "Whether every packet is logged, as ufw's log-all; log makes no difference then."
                  + " Absent is no.")
          Boolean logAll) {
    // No defaults in the schema: what compares lists as a whole, as Argo CD does, would see those
    // that the API server fills in as drift.
    public Rule {
      ports = ports == null ? List.of() : List.copyOf(ports);
      from = from == null ? List.of() : List.copyOf(from);
      to = to == null ? List.of() : List.copyOf(to);
      log = log != null && log;
      logAll = logAll != null && logAll;
    }
  }

  /** A side of a rule: exactly one of cidr, podNetwork and nodes, or only ports. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value = "[has(self.cidr), has(self.podNetwork), has(self.nodes)].filter(x, x).size() <= 1",
      message = "a peer is one of cidr, podNetwork and nodes: write an entry for each")
  @ValidationRule(
      value =
          "has(self.cidr) || has(self.podNetwork) || has(self.nodes) || (has(self.ports) &&"
              + " self.ports.size() > 0)",
      message = "a peer needs cidr, podNetwork, nodes or ports; for anywhere leave the list empty")
  @ValidationRule(
      value =
          "!has(self.cidr) || (isCIDR(self.cidr) ? string(cidr(self.cidr).masked()) == self.cidr :"
              + " isIP(self.cidr))",
      message =
          "cidr of a peer must be an address or a canonical CIDR without bits after the prefix:"
              + " 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
      fieldPath = ".cidr")
  @ValidationRule(
      value =
          "!has(self.ports) || self.ports.all(p, !p.matches('^[0-9]+:[0-9]+$') ||"
              + " int(p.split(':')[0]) < int(p.split(':')[1]))",
      message = "ports: the first number of a range must be smaller than the second: 2379:2380",
      fieldPath = ".ports")
  public record Peer(
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
          List<@Size(min = 1, max = 11) @Pattern(Limits.PORT_OR_RANGE) String> ports) {
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

  /** The protocols ufw knows. */
  public enum Protocol {
    TCP,
    UDP,
    AH,
    ESP,
    GRE,
    IGMP,
    IPv6
  }
}
