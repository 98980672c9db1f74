package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.NetworkPolicy.Peer;
import dev.tweed.policy.source.NetworkPolicy.Rule;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Reads NetworkPolicies ({@code networking.k8s.io/v1}). What is not understood matches nothing, and
 * is told ({@link PolicyObject#unread}): the API server has checked them, but by rules that may be
 * newer, or older, than these.
 */
public final class NetworkPolicyReader {
  private static final Peer NOBODY = new NetworkPolicy.Block(Optional.empty());

  private final List<String> unread = new ArrayList<>();

  private NetworkPolicyReader() {}

  /** The policy; one without a spec selects every pod and allows nothing. */
  public static PolicyObject read(
      io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy object) {
    return new NetworkPolicyReader()
        .read(
            object.getMetadata(),
            Objects.requireNonNullElseGet(object.getSpec(), NetworkPolicySpec::new));
  }

  private PolicyObject read(ObjectMeta meta, NetworkPolicySpec spec) {
    Optional<LabelSelector> pods = selector(spec.getPodSelector());
    if (pods.isEmpty()) {
      unread.add("spec.podSelector: it selects every pod of the namespace");
    }
    spec.getAdditionalProperties().keySet().stream()
        .sorted()
        .forEach(f -> unread.add("spec." + f + ": it is ignored"));
    NetworkPolicy policy =
        new NetworkPolicy(
            meta.getUid(),
            Objects.requireNonNullElse(meta.getGeneration(), 0L),
            meta.getNamespace(),
            // Whom it closes is not known then, so it closes all.
            pods.orElse(LabelSelector.EVERYTHING),
            types(spec.getPolicyTypes()),
            rules(
                "spec.ingress",
                spec.getIngress(),
                (path, r) ->
                    rule(path, r.getPorts(), "from", r.getFrom(), r.getAdditionalProperties())),
            rules(
                "spec.egress",
                spec.getEgress(),
                (path, r) ->
                    rule(path, r.getPorts(), "to", r.getTo(), r.getAdditionalProperties())));
    return new PolicyObject.OfNamespace(meta.getName(), policy, unread);
  }

  private static Optional<LabelSelector> selector(
      io.fabric8.kubernetes.api.model.LabelSelector selector) {
    return selector == null ? Optional.of(LabelSelector.EVERYTHING) : SelectorReader.read(selector);
  }

  private Set<Direction> types(List<String> types) {
    Set<Direction> read = EnumSet.noneOf(Direction.class);
    for (String type : types) {
      switch (type) {
        case "Ingress" -> read.add(Direction.INGRESS);
        case "Egress" -> read.add(Direction.EGRESS);
        default -> unread.add("spec.policyTypes (" + type + "): it is ignored");
      }
    }
    return read;
  }

  private static <R> List<Rule> rules(
      String path, List<R> rules, BiFunction<String, R, Rule> read) {
    return IntStream.range(0, rules.size())
        .mapToObj(i -> read.apply("%s[%d].".formatted(path, i), rules.get(i)))
        .toList();
  }

  private Rule rule(
      String path,
      List<NetworkPolicyPort> ports,
      String peersField,
      List<NetworkPolicyPeer> peers,
      Map<String, Object> more) {
    List<PortMatch> matches = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      told("%sports[%d]".formatted(path, i), port(ports.get(i))).ifPresent(matches::add);
    }
    List<Peer> read = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      told("%s%s[%d]".formatted(path, peersField, i), peer(peers.get(i))).ifPresent(read::add);
    }
    more.keySet().stream().sorted().forEach(f -> told(path + f, Optional.empty()));
    // Without any left it would be about everybody, or every port.
    return more.isEmpty()
            && matches.isEmpty() == ports.isEmpty()
            && read.isEmpty() == peers.isEmpty()
        ? new Rule(matches, read)
        : new Rule(List.of(), List.of(NOBODY));
  }

  private <T> Optional<T> told(String field, Optional<T> read) {
    if (read.isEmpty()) {
      unread.add(field + ": matches nothing");
    }
    return read;
  }

  private static Optional<PortMatch> port(NetworkPolicyPort port) {
    return port.getAdditionalProperties().isEmpty()
        ? protocol(port.getProtocol()).flatMap(p -> port(p, port))
        : Optional.empty();
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

  private static Optional<Peer> peer(NetworkPolicyPeer peer) {
    if (!peer.getAdditionalProperties().isEmpty()) {
      return Optional.empty();
    }
    if (peer.getIpBlock() != null) {
      return block(peer.getIpBlock()).map(b -> new NetworkPolicy.Block(Optional.of(b)));
    }
    if (peer.getPodSelector() == null && peer.getNamespaceSelector() == null) {
      return Optional.empty();
    }
    Optional<LabelSelector> pods = selector(peer.getPodSelector());
    Optional<LabelSelector> namespaces = selector(peer.getNamespaceSelector());
    return pods.isPresent() && namespaces.isPresent()
        ? Optional.of(
            new NetworkPolicy.Pods(
                namespaces.filter(n -> peer.getNamespaceSelector() != null), pods.get()))
        : Optional.empty();
  }

  private static Optional<IpBlock> block(IPBlock block) {
    return block.getAdditionalProperties().isEmpty()
        ? IpBlock.tryParse(
            Objects.requireNonNullElse(block.getCidr(), ""),
            Objects.requireNonNullElse(block.getExcept(), List.of()))
        : Optional.empty();
  }
}
