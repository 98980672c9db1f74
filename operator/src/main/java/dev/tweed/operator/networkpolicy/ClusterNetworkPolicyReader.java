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
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads ClusterNetworkPolicies ({@code policy.networking.k8s.io}, v1alpha2 and v1beta1, which have
 * the same fields). What is not understood fails closed, as the reference asks: a rule that accepts
 * does not match by it, any other denies; and is told ({@link PolicyObject#unread}).
 *
 * <p>Of a policy whose tier or priority is not understood nobody knows which policies it is to come
 * before. It comes first (of its tier, where that is known), with its rules that accept left out,
 * and those that pass denying: so it opens nothing, and what it is to close is closed.
 */
public final class ClusterNetworkPolicyReader {
  private static final Set<String> SPEC_FIELDS =
      Set.of("tier", "priority", "subject", "ingress", "egress");
  private static final Rule NOBODY = new Rule(Action.ACCEPT, List.of(), List.of());
  private static final int SHOWN = 40;

  private final Map<?, ?> spec;
  private final List<String> unread = new ArrayList<>();

  private ClusterNetworkPolicyReader(Map<?, ?> spec) {
    this.spec = spec;
  }

  /** The policy. */
  public static PolicyObject read(GenericKubernetesResource object) {
    return new ClusterNetworkPolicyReader(map(object.getAdditionalProperties().get("spec")))
        .read(object.getMetadata());
  }

  private PolicyObject read(ObjectMeta meta) {
    Optional<Tier> tier =
        switch (String.valueOf(spec.get("tier"))) {
          case "Admin" -> Optional.of(Tier.ADMIN);
          case "Baseline" -> Optional.of(Tier.BASELINE);
          default -> Optional.empty();
        };
    Optional<Integer> priority =
        spec.get("priority") instanceof Number n && 0 <= n.longValue() && n.longValue() <= 1000
            ? Optional.of(n.intValue())
            : Optional.empty();
    Optional<Pods> subject = pods(map(spec.get("subject")));
    boolean placed = tier.isPresent() && priority.isPresent();
    if (!placed) {
      String field = tier.isEmpty() ? "tier" : "priority";
      unread.add(
          "spec.%s (%s): its rules that accept match nobody, and the others deny, before those of other policies"
              .formatted(field, shown(spec.get(field))));
    }
    if (subject.isEmpty()) {
      unread.add("spec.subject: it selects no pod, and is not in force at all");
    }
    Stream.concat(
            unknown(spec, SPEC_FIELDS),
            Stream.of("ingress", "egress").filter(f -> !isList(spec.get(f))))
        .forEach(f -> unread.add("spec." + f + ": it is ignored"));
    ClusterNetworkPolicy policy =
        new ClusterNetworkPolicy(
            meta.getUid(),
            Objects.requireNonNullElse(meta.getGeneration(), 0L),
            tier.orElse(Tier.ADMIN),
            placed ? priority.get() : 0,
            subject,
            rules("ingress", "from", placed),
            rules("egress", "to", placed));
    return new PolicyObject.OfCluster(meta.getName(), policy, unread);
  }

  private List<Rule> rules(String direction, String peers, boolean placed) {
    List<?> rules = list(spec.get(direction));
    return IntStream.range(0, rules.size())
        .mapToObj(
            i -> rule("spec.%s[%d].".formatted(direction, i), map(rules.get(i)), peers, placed))
        .toList();
  }

  private Rule rule(String path, Map<?, ?> rule, String peersField, boolean placed) {
    Optional<Action> written =
        switch (String.valueOf(rule.get("action"))) {
          case "Accept" -> Optional.of(Action.ACCEPT);
          case "Deny" -> Optional.of(Action.DENY);
          case "Pass" -> Optional.of(Action.PASS);
          default -> Optional.empty();
        };
    Action action = written.filter(a -> placed || a == Action.ACCEPT).orElse(Action.DENY);
    List<Optional<PortMatch>> ports =
        list(rule.get("protocols")).stream().map(p -> protocol(map(p))).toList();
    List<Peer> peers = list(rule.get(peersField)).stream().map(p -> peer(map(p))).toList();
    List<String> fields = new ArrayList<>();
    unknown(rule, Set.of("name", "action", "protocols", peersField)).forEach(fields::add);
    Stream.of("protocols", peersField).filter(f -> !isList(rule.get(f))).forEach(fields::add);
    boolean whole = fields.isEmpty();
    if (written.isEmpty()) {
      fields.add("action (%s)".formatted(shown(rule.get("action"))));
    }
    for (int i = 0; i < ports.size(); i++) {
      if (ports.get(i).isEmpty()) {
        fields.add("protocols[%d]".formatted(i));
      }
    }
    for (int i = 0; i < peers.size(); i++) {
      if (peers.get(i) instanceof Unsupported) {
        fields.add("%s[%d]".formatted(peersField, i));
      }
    }
    String consequence =
        action == Action.ACCEPT ? ": matches nothing" : ": the rule denies everything";
    fields.forEach(f -> unread.add(path + f + consequence));
    if (action == Action.ACCEPT) {
      return whole && placed ? Rule.read(action, ports, peers) : NOBODY;
    }
    return fields.isEmpty()
        ? Rule.read(action, ports, peers)
        : new Rule(action, List.of(), List.of(new Unsupported()));
  }

  /** Fields that this version does not know. */
  private static Stream<String> unknown(Map<?, ?> object, Set<String> known) {
    return object.keySet().stream().map(String::valueOf).filter(f -> !known.contains(f)).sorted();
  }

  private static String shown(Object value) {
    String text = value == null ? "not there" : "\"" + value + "\"";
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
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
    Map<?, ?> pods = map(peer.get("pods"));
    if (peer.size() != 1
        || unknown(pods, Set.of("namespaceSelector", "podSelector")).findAny().isPresent()) {
      return Optional.empty();
    }
    Optional<LabelSelector> namespaces =
        pods.containsKey("namespaceSelector")
            ? SelectorReader.read(pods.get("namespaceSelector"))
            : Optional.of(LabelSelector.EVERYTHING);
    return namespaces.flatMap(
        n -> SelectorReader.read(pods.get("podSelector")).map(p -> new Pods(n, p)));
  }

  private static Optional<PortMatch> protocol(Map<?, ?> protocol) {
    if (protocol.size() != 1) {
      return Optional.empty();
    }
    return switch (String.valueOf(protocol.keySet().iterator().next())) {
      case "tcp" -> ports(Protocol.TCP, protocol.get("tcp"));
      case "udp" -> ports(Protocol.UDP, protocol.get("udp"));
      case "sctp" -> ports(Protocol.SCTP, protocol.get("sctp"));
      case "destinationNamedPort" ->
          protocol.get("destinationNamedPort") instanceof String name && !name.isEmpty()
              ? Optional.of(new PortMatch.Named(Optional.empty(), name))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<PortMatch> ports(Protocol protocol, Object value) {
    if (!(value instanceof Map<?, ?> fields)) {
      return Optional.empty();
    }
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

  private static boolean isList(Object value) {
    return value == null || value instanceof List<?>;
  }

  private static List<?> list(Object value) {
    return value instanceof List<?> list ? list : List.of();
  }
}
