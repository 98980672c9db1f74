package dev.tweed.operator.networkpolicy;

import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Action;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.ClusterNetworkPolicy.Peer;
import dev.tweed.policy.source.ClusterNetworkPolicy.Pods;
import dev.tweed.policy.source.ClusterNetworkPolicy.Rule;
import dev.tweed.policy.source.ClusterNetworkPolicy.Unsupported;
import dev.tweed.policy.source.LabelSelector;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Reads ClusterNetworkPolicies ({@code policy.networking.k8s.io}, v1alpha2 and v1beta1, which have
 * the same fields). What is not understood fails closed, as the reference asks: a rule that accepts
 * does not match by it, any other denies.
 */
public final class ClusterNetworkPolicyReader {
  private ClusterNetworkPolicyReader() {}

  /** The policy; empty for one of a tier that this version does not know, or without a priority. */
  public static Optional<PolicyObject> read(GenericKubernetesResource object) {
    Map<?, ?> spec = map(object.getAdditionalProperties().get("spec"));
    Optional<Tier> tier =
        switch (String.valueOf(spec.get("tier"))) {
          case "Admin" -> Optional.of(Tier.ADMIN);
          case "Baseline" -> Optional.of(Tier.BASELINE);
          default -> Optional.empty();
        };
    if (tier.isEmpty()
        || !(spec.get("priority") instanceof Number priority)
        || priority.longValue() < 0
        || priority.longValue() > 1000) {
      return Optional.empty();
    }
    return Optional.of(
        new PolicyObject.OfCluster(
            object.getMetadata().getName(),
            new ClusterNetworkPolicy(
                object.getMetadata().getUid(),
                Objects.requireNonNullElse(object.getMetadata().getGeneration(), 0L),
                tier.get(),
                priority.intValue(),
                pods(map(spec.get("subject"))),
                list(spec.get("ingress")).stream().map(r -> rule(map(r), "from")).toList(),
                list(spec.get("egress")).stream().map(r -> rule(map(r), "to")).toList())));
  }

  private static Rule rule(Map<?, ?> rule, String peers) {
    Optional<Action> action =
        switch (String.valueOf(rule.get("action"))) {
          case "Accept" -> Optional.of(Action.ACCEPT);
          case "Deny" -> Optional.of(Action.DENY);
          case "Pass" -> Optional.of(Action.PASS);
          default -> Optional.empty();
        };
    if (action.isEmpty()) {
      return new Rule(Action.DENY, List.of(), List.of(new Unsupported()));
    }
    return Rule.read(
        action.get(),
        list(rule.get("protocols")).stream().map(p -> protocol(map(p))).toList(),
        list(rule.get(peers)).stream().map(p -> peer(map(p))).toList());
  }

  private static Peer peer(Map<?, ?> peer) {
    if (peer.keySet().equals(Set.of("networks"))) {
      List<Optional<IpPrefix>> networks =
          list(peer.get("networks")).stream()
              .map(n -> IpPrefix.tryParse(String.valueOf(n)).map(IpPrefix::network))
              .toList();
      return !networks.isEmpty() && networks.stream().allMatch(Optional::isPresent)
          ? new ClusterNetworkPolicy.Networks(networks.stream().map(Optional::orElseThrow).toList())
          : new Unsupported();
    }
    return pods(peer).<Peer>map(p -> p).orElseGet(Unsupported::new);
  }

  private static Optional<Pods> pods(Map<?, ?> peer) {
    if (peer.keySet().equals(Set.of("namespaces"))) {
      return SelectorReader.read(peer.get("namespaces"))
          .map(n -> new Pods(n, LabelSelector.EVERYTHING));
    }
    if (peer.keySet().equals(Set.of("pods"))) {
      Map<?, ?> pods = map(peer.get("pods"));
      return SelectorReader.read(pods.get("namespaceSelector"))
          .flatMap(n -> SelectorReader.read(pods.get("podSelector")).map(p -> new Pods(n, p)));
    }
    return Optional.empty();
  }

  private static Optional<PortMatch> protocol(Map<?, ?> protocol) {
    if (protocol.size() != 1) {
      return Optional.empty();
    }
    return switch (String.valueOf(protocol.keySet().iterator().next())) {
      case "tcp" -> ports(Protocol.TCP, map(protocol.get("tcp")));
      case "udp" -> ports(Protocol.UDP, map(protocol.get("udp")));
      case "sctp" -> ports(Protocol.SCTP, map(protocol.get("sctp")));
      case "destinationNamedPort" ->
          protocol.get("destinationNamedPort") instanceof String name && !name.isEmpty()
              ? Optional.of(new PortMatch.Named(Optional.empty(), name))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<PortMatch> ports(Protocol protocol, Map<?, ?> fields) {
    if (fields.isEmpty()) {
      return Optional.of(PortMatch.all(protocol));
    }
    Map<?, ?> port = map(fields.get("destinationPort"));
    if (fields.size() != 1 || port.size() != 1) {
      return Optional.empty();
    }
    Map<?, ?> range = map(port.get("range"));
    Object first = port.containsKey("number") ? port.get("number") : range.get("start");
    Object last = port.containsKey("number") ? port.get("number") : range.get("end");
    if (!(first instanceof Number from) || !(last instanceof Number to)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new PortMatch.Range(protocol, from.intValue(), to.intValue()));
    } catch (IllegalArgumentException e) { // no such ports
      return Optional.empty();
    }
  }

  private static Map<?, ?> map(Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static List<?> list(Object value) {
    return value instanceof List<?> list ? list : List.of();
  }
}
