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
import java.util.List;

/**
 * What the daemon of one node found and did. Written only when changed, and at most every 10 s but
 * for the status of a condition; figures that a join changes on every node, later.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("What the daemon of the node found and did.")
public record NodeReportStatus(
    @JsonPropertyDescription(
            "Programmed: the data path is as it should be, verified in the kernel. Reachable: other"
                + " nodes answer probes that take the way of pods' packets; Unknown where that"
                + " cannot be told. Connected: the daemon hears from the API server what changes."
                + " Ready: programmed, not unreachable, and nothing that was found"
                + " keeps pods of the node from working. Others as found.")
        @Size(max = Limits.CONDITIONS)
        List<Condition> conditions,
    @JsonPropertyDescription("PodNetwork the node belongs to.") @Size(max = Limits.OBJECT_NAME)
        String podNetwork,
    @JsonPropertyDescription(
            "Blocks the node serves: set up in its kernel, also while it has no NodeSubnet. A"
                + " NodeSubnet that was deleted is made again from this.")
        @Size(max = Limits.BLOCKS)
        List<@Size(min = 4, max = Limits.CIDR) String> blocks,
    @JsonPropertyDescription(
            "The node's NodeSubnets that the conditions are about. The operator goes by the conditions"
                + " for a NodeSubnet that is here as it is now, and for no other.")
        @Size(max = Limits.BLOCKS)
        List<ObservedSubnet> nodeSubnets,
    @JsonPropertyDescription("Kernel release and versions of the tools used.") Versions versions,
    @JsonPropertyDescription("The device that carries pod traffic, and its peers.")
        DataPath dataPath,
    @JsonPropertyDescription("What probes of other nodes came to.") Reachability reachability,
    @JsonPropertyDescription("The firewall of the host, and where Tweed keeps its rules.")
        Firewall firewall,
    @JsonPropertyDescription(
            "FirewallPolicies that select the node, by name; if there are too many, those not in force"
                + " are here before others.")
        @Size(max = Limits.POLICIES)
        List<PolicyState> policies,
    @JsonPropertyDescription("What is wrong or notable, worst first.") @Size(max = Limits.FINDINGS)
        List<Finding> findings,
    @JsonPropertyDescription("Drift repaired, by kind of object.") @Size(max = Limits.REPAIRS)
        List<Repair> repairs,
    @JsonPropertyDescription("Sysctls the daemon keeps at these values.")
        @Size(max = Limits.REPORTED_SYSCTLS)
        List<SysctlValue> sysctls,
    @JsonPropertyDescription(
            "The boot of the node that this is about, as the Node's status.nodeInfo.bootID. While that"
                + " is another one, the operator keeps the Node's condition NetworkUnavailable True.")
        @Size(max = Limits.SHORT)
        String bootID,
    @JsonPropertyDescription(
            "Addresses of the links that spec.nodeAddress.interfaces of a PodNetwork of the node"
                + " names.")
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @Size(max = Limits.LINK_ADDRESSES)
        List<LinkAddress> addresses,
    @JsonPropertyDescription("Whether packets between pods skip netfilter here.")
        FastPath fastPath) {

  public NodeReportStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    blocks = blocks == null ? List.of() : List.copyOf(blocks);
    nodeSubnets = nodeSubnets == null ? List.of() : List.copyOf(nodeSubnets);
    policies = policies == null ? List.of() : List.copyOf(policies);
    findings = findings == null ? List.of() : List.copyOf(findings);
    repairs = repairs == null ? List.of() : List.copyOf(repairs);
    sysctls = sysctls == null ? List.of() : List.copyOf(sysctls);
    addresses = addresses == null ? List.of() : List.copyOf(addresses);
  }

  /** Whether packets between pods skip netfilter on the node, and if not, why. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FastPath(
      @JsonPropertyDescription(
              "On: the programs are in the kernel, and those flows skip netfilter that have proven"
                  + " themselves. Off: all packets take the ordinary path.")
          @Required
          @Size(min = 1, max = Limits.SHORT)
          String state,
      @JsonPropertyDescription(
              "Why it is Off; or, where it is On, why not for some pods or peers. CamelCase, for"
                  + " machines: see docs/fastpath.md. Absent: nothing is in the way.")
          @Size(min = 1, max = Limits.SHORT)
          @Pattern(Limits.CAMEL_CASE)
          String reason,
      @JsonPropertyDescription("The same for people, with what to do.") @Size(max = Limits.MESSAGE)
          String message) {
    /** The programs are in the kernel. */
    public static final String ON = "On";

    /** All packets take the ordinary path. */
    public static final String OFF = "Off";
  }

  /** An address of a link of the node. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record LinkAddress(
      @JsonPropertyDescription("The link.") @Required @Size(min = 1, max = Limits.INTERFACE)
          String device,
      @JsonPropertyDescription("Its address.") @Required @Size(min = 2, max = Limits.IP)
          String address) {}

  /** A NodeSubnet of the node as its daemon acted on it. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ObservedSubnet(
      @JsonPropertyDescription("The NodeSubnet.") @Required @Size(min = 1, max = Limits.OBJECT_NAME)
          String name,
      @JsonPropertyDescription(
              "UID of that NodeSubnet: one that is made anew under its name begins at generation 1 again.")
          @Required
          @Size(min = 1, max = Limits.SHORT)
          String uid,
      @JsonPropertyDescription("Generation of its spec that the daemon last acted on.")
          @Required
          @Min(0)
          Long generation) {}

  /** Kernel release and versions of the tools used. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Versions(
      @JsonPropertyDescription("Tweed itself.") @Size(max = Limits.SHORT) String tweed,
      @JsonPropertyDescription("Kernel release, as uname -r.") @Size(max = Limits.SHORT)
          String kernel,
      @JsonPropertyDescription("The nft command.") @Size(max = Limits.SHORT) String nft,
      @JsonPropertyDescription("CNI plugins on the node.") @Size(max = Limits.SHORT)
          String cniPlugins) {}

  /** The device, its MTU and peers; {@code peersProgrammed} counts those verified in the kernel. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record DataPath(
      @JsonPropertyDescription("Device that carries pod traffic to other nodes.")
          @Size(max = Limits.INTERFACE)
          String device,
      @JsonPropertyDescription("MTU the pods get, in bytes.") @Min(0) @Max(65535) Integer mtu,
      @JsonPropertyDescription("Device below it.") @Size(max = Limits.INTERFACE)
          String underlayDevice,
      @JsonPropertyDescription("Address of the node on that device.") @Size(max = Limits.IP)
          String underlayAddress,
      @JsonPropertyDescription("Peers with valid data in their NodeSubnet.") @Min(0)
          Integer peersExpected,
      @JsonPropertyDescription("Peers whose route, neighbour and FDB entry are in the kernel.")
          @Min(0)
          Integer peersProgrammed) {}

  /** What probes of other nodes came to. Changes when an answer does, not with each probe. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Reachability(
      @JsonPropertyDescription(
              "What is known rests on, or why nothing is: Probes, which take the way of a pod's"
                  + " packets; Echo: probes from the node itself, since its block has no room for"
                  + " the address they come from, and its rules of FORWARD (firewall.forward); Off: spec.probes of the"
                  + " PodNetwork is Disabled; TooSmall: the node has no address that probes can come"
                  + " from; NotYet: the first round is not over.")
          @Required
          @Size(min = 1, max = Limits.SHORT)
          String proof,
      @JsonPropertyDescription("Blocks of other nodes that are probed.") @Min(0) Integer probed,
      @JsonPropertyDescription("Those of them that answer.") @Min(0) Integer answered,
      @JsonPropertyDescription(
              "Those of the probed that are asked, or asked from, at the node itself, for want of"
                  + " an address behind its bridge: what FORWARD there does is not asked.")
          @Min(0)
          Integer byEcho,
      @JsonPropertyDescription(
              "Blocks that packets do not reach, or not all; of too many the first.")
          @Size(max = Limits.UNREACHED)
          List<UnreachedPeer> unreached,
      @JsonPropertyDescription(
              "Whether the tunnel device leaves checksums of packets to the network card"
                  + " (tx-checksum-ip-generic), as answers of peers show: Works: it does, and they"
                  + " answer; Damages: it did, and they answered only packets that leave the card no"
                  + " checksum, so that the daemon has switched it off; Trying: it is switched off to"
                  + " find that out; NotSwitched: that is refused; Off: somebody else has;"
                  + " DamagedAnyway: they answer only packets that leave the card no checksum, with"
                  + " it and without it. Absent: not measured.")
          @Size(min = 1, max = Limits.SHORT)
          @Pattern(Limits.CAMEL_CASE)
          String txChecksum) {
    public Reachability {
      unreached = unreached == null ? List.of() : List.copyOf(unreached);
    }
  }

  /** A block of another node that packets do not reach, or not all. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record UnreachedPeer(
      @JsonPropertyDescription("The other node.") @Required @Size(min = 1, max = Limits.OBJECT_NAME)
          String node,
      @JsonPropertyDescription("The block whose probe address was asked.") @Size(max = Limits.CIDR)
          String block,
      @JsonPropertyDescription(
              "Silent: no answer. Rejected: none, and somebody on the way refuses the packets."
                  + " LargeLost: small packets pass, large ones do not. NotSent: not known, for this"
                  + " host refuses to send probes.")
          @Size(max = Limits.SHORT)
          String cause,
      @JsonPropertyDescription(
              "Where packets stop, seen from this node. Leaving: ours do not leave this host."
                  + " Arriving: the other node's reach this host and are dropped on it. NotArriving:"
                  + " nothing of the other node reaches this host. Beyond: ours leave and the"
                  + " other's arrive. Unknown.")
          @Size(max = Limits.SHORT)
          String where,
      @JsonPropertyDescription("Since when.") @Size(max = 35) String since,
      @JsonPropertyDescription("Whether it has answered since the node knows it.")
          Boolean everAnswered,
      @JsonPropertyDescription("Whether something else shows that the other node lives.")
          Boolean lives,
      @JsonPropertyDescription("Who refuses the packets.") @Size(max = Limits.IP) String offender,
      @JsonPropertyDescription("Bytes of the largest IP packet that is known to pass.")
          @Min(0)
          @Max(65535)
          Integer largest) {}

  /** The firewall found, and where rules of ours are. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Firewall(
      @JsonPropertyDescription(
              "What manages it: ufw, firewalld, iptables, nftables, none or unknown.")
          @Size(max = Limits.SHORT)
          String manager,
      @JsonPropertyDescription("Active, Inactive or Unknown.") @Size(max = Limits.SHORT)
          String state,
      @JsonPropertyDescription("What it was told by.") @Size(max = Limits.MESSAGE) String reason,
      @JsonPropertyDescription(
              "Where Tweed keeps its rules: ufw, firewalld, iptables or nftables, several of them"
                  + " with commas between, or none.")
          @Size(max = Limits.SHORT)
          String backend,
      @JsonPropertyDescription("Why there, or why nowhere.") @Size(max = Limits.MESSAGE)
          String backendReason,
      @JsonPropertyDescription("Rows of Tweed's that are in force, of policies and of the network.")
          @Min(0)
          Integer rules,
      @JsonPropertyDescription(
              "What its rules do in FORWARD with packets between pods of this node and others, where"
                  + " the node's block is too small for probes. Passes: nothing certainly drops them;"
                  + " Unknown: the rules cannot be read; else what drops them.")
          @Size(max = Limits.MESSAGE)
          String forward) {
    /** Nothing certainly drops packets of pods. */
    public static final String FORWARD_PASSES = "Passes";

    /** The rules cannot be read. */
    public static final String FORWARD_UNKNOWN = "Unknown";
  }

  /** How far a FirewallPolicy has come on this node. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PolicyState(
      @JsonPropertyDescription("The policy.") @Required @Size(min = 1, max = Limits.OBJECT_NAME)
          String name,
      @JsonPropertyDescription(
              "UID of that policy: one that is made anew under its name begins at generation 1 again.")
          @Size(max = Limits.SHORT)
          String uid,
      @JsonPropertyDescription("Generation of its spec that this is about.") @Min(0)
          Long generation,
      @JsonPropertyDescription("Whether the rules of that generation are in force.") @Required
          Boolean applied,
      @JsonPropertyDescription(
              "Why not, or what is worth knowing; CamelCase, for machines. Absent: all is well.")
          @Size(min = 1, max = Limits.SHORT)
          @Pattern(Limits.CAMEL_CASE)
          String reason,
      @JsonPropertyDescription("Why, naming the rule, and what to do.")
          @Size(max = Limits.POLICY_MESSAGE)
          String message) {}

  /** Something wrong or notable: CamelCase reason, what it is, and what to type. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Finding(
      @JsonPropertyDescription("CamelCase, for machines.")
          @Required
          @Size(min = 1, max = Limits.SHORT)
          @Pattern(Limits.CAMEL_CASE)
          String reason,
      @JsonPropertyDescription("What it is about: a peer, a device, a file.")
          @Size(max = Limits.SHORT)
          String object,
      @JsonPropertyDescription("What was found.") @Size(max = Limits.MESSAGE) String message,
      @JsonPropertyDescription("What to do or type.") @Size(max = Limits.MESSAGE) String remedy) {}

  /** Drift repaired since the daemon first ran on this node, by kind of object. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Repair(
      @JsonPropertyDescription(
              "Kind of object: Route, Rule, Neighbour, Fdb, Link, Address, Sysctl, Nft, Firewall.")
          @Required
          @Size(min = 1, max = Limits.SHORT)
          String kind,
      @JsonPropertyDescription("How often.") @Min(0) Long count,
      @JsonPropertyDescription("When last.") @Size(max = 35) String lastTime) {}

  /** A sysctl Tweed keeps, with the value it wants. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SysctlValue(
      @JsonPropertyDescription("Name, with dots.") @Required @Size(min = 1, max = Limits.SHORT)
          String name,
      @JsonPropertyDescription("The value wanted.") @Size(max = Limits.SHORT) String value) {}
}
