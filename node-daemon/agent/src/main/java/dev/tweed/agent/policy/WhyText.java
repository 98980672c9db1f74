package dev.tweed.agent.policy;

import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Decision;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Flow;
import dev.tweed.policy.Judgement;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PolicyEvaluator;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.Tier;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * What a node does with a connection, and why, for people. Pure.
 *
 * @param accepted whether nothing on this node drops it
 * @param text lines
 */
public record WhyText(boolean accepted, String text) {

  /**
   * The other end, as people write it.
   *
   * @param host an address, or namespace and name of a pod
   * @param port empty where none was given
   */
  public record Target(String host, Optional<Integer> port) {

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException saying what is expected
     */
    public static Target parse(String text) {
      if (IpAddress.tryParse(text).isPresent()) {
        return new Target(text, Optional.empty());
      }
      int colon = text.lastIndexOf(':');
      if (colon < 0) {
        return new Target(text, Optional.empty());
      }
      String host = text.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (port > 0 && port < 65536) {
          return new Target(host, Optional.of(port));
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
      throw new IllegalArgumentException(
          "'%s' is not an address or NAMESPACE/POD and a port of 1..65535".formatted(text));
    }
  }

  /**
   * Judges and says it.
   *
   * @param flow makes a connection of two addresses
   * @param local pods of this node
   * @param drops packets dropped by chain; empty while there is no table
   * @throws IllegalArgumentException naming an end that is no address, nor a pod of this node
   */
  public static WhyText of(
      String source,
      Target destination,
      BiFunction<IpAddress, IpAddress, Flow> flow,
      NodeState state,
      List<LocalPod> local,
      Optional<Map<String, Long>> drops) {
    IpAddress to = address(destination.host(), local, Optional.empty());
    IpAddress from = address(source, local, Optional.of(to));
    Flow connection = flow.apply(from, to);
    StringBuilder text = new StringBuilder();
    text.append(named(from, local))
        .append(" -> ")
        .append(named(to, local))
        .append(
            connection
                .protocol()
                .map(p -> ", " + p + " port " + connection.port())
                .orElse(", without ports"))
        .append("\n");
    if (drops.isEmpty()) {
      text.append("there is no table of network policies on this node: everything is allowed\n");
      return new WhyText(true, text.toString());
    }
    Judgement judgement = new PolicyEvaluator(state).judge(connection);
    judgement
        .exemption()
        .ifPresent(
            e ->
                text.append(
                    switch (e) {
                      case ITSELF -> "allowed: a pod and itself\n";
                      case OWN_NODE -> "allowed: a pod and its own node\n";
                    }));
    CompiledPolicies compiled = new PolicyTableCompiler(false).compile(state);
    for (Direction direction : List.of(Direction.EGRESS, Direction.INGRESS)) {
      if (judgement.exemption().isEmpty()) {
        text.append(direction == Direction.EGRESS ? "egress:  " : "ingress: ")
            .append(
                judgement
                    .decision(direction)
                    .map(d -> decision(d, compiled, drops.get()))
                    .orElse("not of a pod of this node"))
            .append("\n");
      }
    }
    text.append(judgement.accepted() ? "allowed" : "dropped").append(" on this node\n");
    return new WhyText(judgement.accepted(), text.toString());
  }

  private static IpAddress address(
      String text, List<LocalPod> local, Optional<IpAddress> familyOf) {
    Optional<IpAddress> address = IpAddress.tryParse(text);
    if (address.isPresent()) {
      return address.get();
    }
    return local.stream()
        .filter(p -> text.equals(p.namespace() + "/" + p.name()))
        .flatMap(p -> p.addresses().stream())
        .filter(a -> familyOf.map(f -> f.family() == a.family()).orElse(true))
        .min(Comparator.naturalOrder())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is no address, nor NAMESPACE/POD of this node".formatted(text)));
  }

  private static String named(IpAddress address, List<LocalPod> local) {
    return local.stream()
        .filter(p -> p.addresses().contains(address))
        .map(p -> address + " (" + p.namespace() + "/" + p.name() + ")")
        .findFirst()
        .orElse(address.toString());
  }

  private static String decision(
      Decision decision, CompiledPolicies compiled, Map<String, Long> drops) {
    return (decision.accepted() ? "allowed" : "dropped")
        + ": "
        + switch (decision.reason()) {
          case Decision.ByRule r -> rule(r.policy(), r.tier(), r.rule());
          case Decision.Isolated i ->
              "NetworkPolicies isolate the pod, and no rule of theirs matches: "
                  + String.join(", ", i.programs().stream().sorted().toList())
                  + counted(i.programs(), compiled, drops);
          case Decision.Undecided u -> "no policy decides";
          case Decision.UnknownSet s ->
              rule(s.policy(), s.tier(), s.rule())
                  + ", whose peers are not known as a whole (PeerSlice "
                  + s.set()
                  + ")";
          case Decision.UnknownPod p ->
              "no pod of this address is known yet; see 'tweed-node policy status'";
          case Decision.AmbiguousPod a ->
              "pods " + String.join(", ", a.uids()) + " both have the address";
          case Decision.UnknownProgram p ->
              "PolicyProgram " + p.program() + " is not known, or cannot be read";
        };
  }

  private static String rule(PolicyRef policy, Tier tier, int rule) {
    return "%s of UID %s, tier %s, rule %d"
        .formatted(
            policy.kind() == PolicyRef.Kind.NETWORK_POLICY
                ? "NetworkPolicy"
                : "ClusterNetworkPolicy",
            policy.uid(),
            switch (tier) {
              case ADMIN -> "Admin";
              case NETWORK_POLICY -> "NetworkPolicy";
              case BASELINE -> "Baseline";
            },
            rule);
  }

  private static String counted(
      Set<String> programs, CompiledPolicies compiled, Map<String, Long> drops) {
    long packets =
        compiled.drops().entrySet().stream()
            .filter(
                d ->
                    d.getValue().cause() == CompiledPolicies.Cause.ISOLATED
                        && d.getValue().programs().equals(programs))
            .mapToLong(d -> drops.getOrDefault(d.getKey(), 0L))
            .sum();
    return "; packets dropped so, of all pods alike: " + packets;
  }
}
