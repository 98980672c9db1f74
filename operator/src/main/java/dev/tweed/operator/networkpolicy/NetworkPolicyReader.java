package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.NetworkPolicy.Peer;
import dev.tweed.policy.source.NetworkPolicy.Rule;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Reads NetworkPolicies ({@code networking.k8s.io/v1}). What is not understood matches nothing: the
 * API server has checked them, but by rules that may be newer, or older, than these.
 */
public final class NetworkPolicyReader {
  /** A rule that matches nobody, in the place of one that cannot be read. */
  private static final Rule NOBODY =
      new Rule(List.of(), List.of(new NetworkPolicy.Block(Optional.empty())));

  private NetworkPolicyReader() {}

  /** The policy; one without a spec selects every pod and allows nothing. */
  public static PolicyObject read(
      io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy object) {
    NetworkPolicySpec spec =
        Objects.requireNonNullElseGet(object.getSpec(), NetworkPolicySpec::new);
    return new PolicyObject.OfNamespace(
        object.getMetadata().getName(),
        new NetworkPolicy(
            object.getMetadata().getUid(),
            Objects.requireNonNullElse(object.getMetadata().getGeneration(), 0L),
            object.getMetadata().getNamespace(),
            // Whom it closes is not known then, so it closes all.
            selector(spec.getPodSelector()).orElse(LabelSelector.EVERYTHING),
            types(spec.getPolicyTypes()),
            spec.getIngress().stream().map(r -> rule(r.getPorts(), r.getFrom())).toList(),
            spec.getEgress().stream().map(r -> rule(r.getPorts(), r.getTo())).toList()));
  }

  private static Optional<LabelSelector> selector(
      io.fabric8.kubernetes.api.model.LabelSelector selector) {
    return selector == null ? Optional.of(LabelSelector.EVERYTHING) : SelectorReader.read(selector);
  }

  private static Set<Direction> types(List<String> types) {
    Set<Direction> read = EnumSet.noneOf(Direction.class);
    for (String type : types) {
      switch (type) {
        case "Ingress" -> read.add(Direction.INGRESS);
        case "Egress" -> read.add(Direction.EGRESS);
        default -> {} // of a version after this: nothing that a node could do
      }
    }
    return read;
  }

  private static Rule rule(List<NetworkPolicyPort> ports, List<NetworkPolicyPeer> peers) {
    List<PortMatch> matches = ports.stream().flatMap(p -> port(p).stream()).toList();
    return matches.isEmpty() && !ports.isEmpty()
        ? NOBODY
        : new Rule(matches, peers.stream().map(NetworkPolicyReader::peer).toList());
  }

  private static Optional<PortMatch> port(NetworkPolicyPort port) {
    return protocol(port.getProtocol()).flatMap(p -> port(p, port));
  }

  private static Optional<PortMatch> port(Protocol protocol, NetworkPolicyPort port) {
    try {
      if (port.getPort() == null) {
        return port.getEndPort() == null ? Optional.of(PortMatch.all(protocol)) : Optional.empty();
      }
      if (port.getPort().getStrVal() != null) {
        return port.getEndPort() == null
            ? Optional.of(new PortMatch.Named(Optional.of(protocol), port.getPort().getStrVal()))
            : Optional.empty();
      }
      int first = port.getPort().getIntVal();
      return Optional.of(
          new PortMatch.Range(
              protocol, first, Objects.requireNonNullElse(port.getEndPort(), first)));
    } catch (IllegalArgumentException e) { // no such port
      return Optional.empty();
    }
  }

  /** TCP where none is named. */
  static Optional<Protocol> protocol(String name) {
    return switch (Objects.requireNonNullElse(name, "TCP")) {
      case "TCP" -> Optional.of(Protocol.TCP);
      case "UDP" -> Optional.of(Protocol.UDP);
      case "SCTP" -> Optional.of(Protocol.SCTP);
      default -> Optional.empty();
    };
  }

  private static Peer peer(NetworkPolicyPeer peer) {
    if (peer.getIpBlock() != null) {
      return new NetworkPolicy.Block(block(peer.getIpBlock()));
    }
    Optional<LabelSelector> pods = selector(peer.getPodSelector());
    Optional<LabelSelector> namespaces = selector(peer.getNamespaceSelector());
    if (pods.isEmpty()
        || namespaces.isEmpty()
        || peer.getPodSelector() == null && peer.getNamespaceSelector() == null) {
      return new NetworkPolicy.Block(Optional.empty());
    }
    return new NetworkPolicy.Pods(
        peer.getNamespaceSelector() == null ? Optional.empty() : namespaces, pods.get());
  }

  private static Optional<IpBlock> block(IPBlock block) {
    return IpBlock.tryParse(
        Objects.requireNonNullElse(block.getCidr(), ""),
        Objects.requireNonNullElse(block.getExcept(), List.of()));
  }
}
