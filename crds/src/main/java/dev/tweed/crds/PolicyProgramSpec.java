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
 * A compiled policy; read by {@link PolicyProgramReader}, written by {@link PolicyProgramWriter}.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonClassDescription("What the policy allows and denies for the pods it selects.")
@ValidationRule(
    value = "self.policy.uid == oldSelf.policy.uid && self.policy.kind == oldSelf.policy.kind",
    message = "spec.policy is immutable but for its generation: another policy has another program",
    fieldPath = ".policy")
@ValidationRule(
    value = "(self.tier == 'NetworkPolicy') == (self.policy.kind == 'NetworkPolicy')",
    message = "a NetworkPolicy is of tier NetworkPolicy, and a ClusterNetworkPolicy of another",
    fieldPath = ".tier")
@ValidationRule(
    value = "(self.tier == 'NetworkPolicy') == (has(self.isolates) && self.isolates.size() > 0)",
    message = "a NetworkPolicy isolates pods in one direction at least, and nothing else isolates",
    fieldPath = ".isolates")
@ValidationRule(
    value =
        "self.tier != 'NetworkPolicy' || ((!has(self.ingress) || self.ingress.all(r, r.action =="
            + " 'Accept')) && (!has(self.egress) || self.egress.all(r, r.action == 'Accept')))",
    message = "rules of a NetworkPolicy accept")
@ValidationRule(
    value =
        "!has(self.isolates) || self.isolates.size() == 0 || (('Ingress' in self.isolates ||"
            + " !has(self.ingress) || self.ingress.size() == 0) && ('Egress' in self.isolates ||"
            + " !has(self.egress) || self.egress.size() == 0))",
    message = "rules of a direction that the NetworkPolicy does not isolate")
public record PolicyProgramSpec(
    @JsonPropertyDescription(
            "Format of this object. A daemon that does not know it closes the pods that the program"
                + " selects, since a field it ignores could be a condition.")
        @Required
        @Min(1)
        Integer format,
    @JsonPropertyDescription("The policy this is compiled from. Immutable but for its generation.")
        @Required
        Policy policy,
    @JsonPropertyDescription("Where it is asked: Admin, then NetworkPolicy, then Baseline.")
        @Required
        Tier tier,
    @JsonPropertyDescription("Smaller ones of a tier come first; equal ones by name.")
        @Min(0)
        @Max(1000)
        Integer priority,
    @JsonPropertyDescription(
            "Directions in which a NetworkPolicy closes the pods it selects but for its rules.")
        @Size(max = 2)
        List<Direction> isolates,
    @JsonPropertyDescription("Rules for connections to the pods, in order.")
        @Size(max = Limits.PROGRAM_RULES)
        List<Rule> ingress,
    @JsonPropertyDescription("Rules for connections that the pods open, in order.")
        @Size(max = Limits.PROGRAM_RULES)
        List<Rule> egress) {

  /** The format this version writes, and the latest it reads. */
  public static final int FORMAT = 1;

  public PolicyProgramSpec {
    isolates = isolates == null ? List.of() : List.copyOf(isolates);
    ingress = ingress == null ? List.of() : List.copyOf(ingress);
    egress = egress == null ? List.of() : List.copyOf(egress);
  }

  /** The policy a program is compiled from. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Policy(
      @JsonPropertyDescription("NetworkPolicy or ClusterNetworkPolicy.") @Required PolicyKind kind,
      @JsonPropertyDescription("UID of the policy.") @Required @Size(min = 1, max = Limits.UID)
          String uid,
      @JsonPropertyDescription("Generation of its spec.") @Required @Min(0) Long generation) {}

  /**
   * A rule; several may be of one rule of the policy, as where a name of a port means several
   * numbers, or where a list is longer than fits here.
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value =
          "(has(self.everyPort) && self.everyPort) != (has(self.ports) && self.ports.size() > 0)",
      message = "a rule is for everyPort or for ports",
      fieldPath = ".ports")
  public record Rule(
      @JsonPropertyDescription("Index of the rule in the policy's list.") @Required @Min(0)
          Integer rule,
      @JsonPropertyDescription("Accept, Deny (drop in silence) or Pass (on to the next tier).")
          @Required
          Action action,
      @JsonPropertyDescription("Whether neither protocol nor port matter.") Boolean everyPort,
      @JsonPropertyDescription("Else: ports at the end that answers, any of them.")
          @Size(max = Limits.PROGRAM_PORTS)
          List<Port> ports,
      @JsonPropertyDescription("The other end, any of these; nothing here is nobody.") @Required
          Peers peers) {
    public Rule {
      everyPort = Boolean.TRUE.equals(everyPort) ? true : null; // absent is shorter
      ports = ports == null ? List.of() : List.copyOf(ports);
    }
  }

  /** Ports by number or by name. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "has(self.name) ? !has(self.port) : has(self.port) && has(self.protocol)",
      message = "a port is a protocol with port, or a name")
  public record Port(
      @JsonPropertyDescription("TCP, UDP or SCTP; absent only with a name: whichever has that.")
          Protocol protocol,
      @JsonPropertyDescription("The port, or the first of several.") @Min(0) @Max(65535)
          Integer port,
      @JsonPropertyDescription("The last of several, inclusive.") @Min(0) @Max(65535)
          Integer endPort,
      @JsonPropertyDescription(
              "Ingress only: the ports that the selected pod's containers call so, which differ from"
                  + " pod to pod; those of each are in the NodePolicy.")
          @Size(min = 1, max = Limits.PORT_NAME)
          @Pattern(Limits.PORT_NAME_PATTERN)
          String name) {}

  /** The other end of a connection. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Peers(
      @JsonPropertyDescription("Everybody, also outside the cluster.") Boolean anyone,
      @JsonPropertyDescription(
              "Every pod of the cluster: whatever sends from inside the pools and is no node.")
          Boolean allPods,
      @JsonPropertyDescription("Sets of pods: see PeerSlices.") @Size(max = Limits.PROGRAM_SETS)
          List<@Size(max = Limits.SET_NAME) @Pattern(Limits.SET_NAME_PATTERN) String> peerSets,
      @JsonPropertyDescription(
              "Networks. They mean pods, too, and nodes by their own addresses, whichever they send"
                  + " from.")
          @Size(max = Limits.PROGRAM_CIDRS)
          List<Block> cidrs) {
    public Peers {
      anyone = Boolean.TRUE.equals(anyone) ? true : null;
      allPods = Boolean.TRUE.equals(allPods) ? true : null;
      peerSets = peerSets == null ? List.of() : List.copyOf(peerSets);
      cidrs = cidrs == null ? List.of() : List.copyOf(cidrs);
    }
  }

  /** A network without some of its parts. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Block(
      @JsonPropertyDescription("The network, canonical.")
          @Required
          @Size(min = 4, max = Limits.CIDR)
          @Pattern(Limits.CIDR_PATTERN)
          String cidr,
      @JsonPropertyDescription("Parts that are not meant.") @Size(max = Limits.PROGRAM_EXCEPTIONS)
          List<@Size(min = 4, max = Limits.CIDR) @Pattern(Limits.CIDR_PATTERN) String> except) {
    public Block {
      except = except == null ? List.of() : List.copyOf(except);
    }
  }

  /** Which API the policy is of. */
  public enum PolicyKind {
    NetworkPolicy,
    ClusterNetworkPolicy
  }

  /** Tiers, in order. */
  public enum Tier {
    Admin,
    NetworkPolicy,
    Baseline
  }

  /** Which end of a connection the selected pods are. */
  public enum Direction {
    Ingress,
    Egress
  }

  /** What a rule does. */
  public enum Action {
    Accept,
    Deny,
    Pass
  }

  /** Protocols with ports. */
  public enum Protocol {
    TCP,
    UDP,
    SCTP
  }
}
