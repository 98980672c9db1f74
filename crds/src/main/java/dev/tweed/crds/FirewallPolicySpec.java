package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** Host firewall rules for the nodes that {@code nodeSelector} chooses. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FirewallPolicySpec(
    LabelSelector nodeSelector, Integer priority, Boolean allowLockout, List<Rule> rules) {

  public FirewallPolicySpec {
    nodeSelector = nodeSelector == null ? LabelSelector.everything() : nodeSelector;
    priority = priority == null ? 100 : priority;
    allowLockout = allowLockout != null && allowLockout;
    rules = rules == null ? List.of() : List.copyOf(rules);
  }

  /** One rule; an absent protocol is any, empty from or to is anywhere. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Rule(
      String name,
      Direction direction,
      Action action,
      Protocol protocol,
      List<String> ports,
      String comment,
      List<Peer> from,
      List<Peer> to,
      String interfaceIn,
      String interfaceOut,
      Boolean log) {
    public Rule {
      ports = ports == null ? List.of() : List.copyOf(ports);
      from = from == null ? List.of() : List.copyOf(from);
      to = to == null ? List.of() : List.copyOf(to);
      log = log != null && log;
    }
  }

  /** A side of a rule: exactly one of cidr, podNetwork and nodes, or only ports. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Peer(String cidr, String podNetwork, NodePeer nodes, List<String> ports) {
    public Peer {
      ports = ports == null ? List.of() : List.copyOf(ports);
    }
  }

  /** Nodes by the labels mirrored onto their NodeSubnets. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodePeer(LabelSelector selector) {}

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
