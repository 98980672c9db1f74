package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a node's kernel must do with a connection, from compiled programs: the answer to {@code
 * why}, and what the table in the kernel is tested against. The semantics are those of {@code
 * networking.k8s.io/v1} and {@code policy.networking.k8s.io/v1beta1}; what is missing closes:
 *
 * <ul>
 *   <li>a pod without an entry, or with two, or with a program that is not known: everything is
 *       dropped;
 *   <li>a set that is not known as a whole: a rule that accepts matches none of its members, one
 *       that denies or passes drops whatever is to its ports.
 * </ul>
 */
public final class PolicyEvaluator {

  private final NodeState node;
  private final Map<IpAddress, List<PodEntry>> pods;

  /** For one node as it is now. */
  public PolicyEvaluator(NodeState node) {
    this.node = Objects.requireNonNull(node, "node");
    Map<IpAddress, List<PodEntry>> byAddress = new HashMap<>();
    for (PodEntry pod : node.pods()) {
      for (IpAddress address : pod.addresses()) {
        byAddress.computeIfAbsent(address, a -> new ArrayList<>()).add(pod);
      }
    }
    this.pods = byAddress;
  }

  /** Judges one connection. */
  public Judgement judge(Flow flow) {
    Optional<Judgement.Exemption> exemption = exemption(flow);
    if (exemption.isPresent()) {
      return new Judgement(exemption, Optional.empty(), Optional.empty());
    }
    return new Judgement(
        exemption, decide(flow, Direction.EGRESS), decide(flow, Direction.INGRESS));
  }

  private Optional<Judgement.Exemption> exemption(Flow flow) {
    if (flow.source().equals(flow.destination())) {
      return Optional.of(Judgement.Exemption.ITSELF);
    }
    return node.ownAddresses().contains(flow.source())
            || node.ownAddresses().contains(flow.destination())
        ? Optional.of(Judgement.Exemption.OWN_NODE)
        : Optional.empty();
  }

  private Optional<Decision> decide(Flow flow, Direction direction) {
    IpAddress subject = flow.subject(direction);
    if (!node.isLocalPod(subject)) {
      return Optional.empty();
    }
    List<PodEntry> found = pods.getOrDefault(subject, List.of());
    return Optional.of(
        switch (found.size()) {
          case 0 -> Decision.drop(new Decision.UnknownPod());
          case 1 -> decide(found.getFirst(), flow, direction);
          default ->
              Decision.drop(
                  new Decision.AmbiguousPod(
                      found.stream().map(PodEntry::uid).collect(Collectors.toSet())));
        });
  }

  private Decision decide(PodEntry pod, Flow flow, Direction direction) {
    Map<Tier, List<Program>> tiers = new TreeMap<>();
    for (String name : pod.programs()) {
      Program program = node.programs().get(name);
      if (program == null) {
        return Decision.drop(new Decision.UnknownProgram(name));
      }
      tiers.computeIfAbsent(program.tier(), t -> new ArrayList<>()).add(program);
    }
    for (Map.Entry<Tier, List<Program>> tier : tiers.entrySet()) {
      List<Program> programs = tier.getValue();
      programs.sort(Program.ORDER);
      Optional<Decision> decision =
          tier.getKey() == Tier.NETWORK_POLICY
              ? isolated(programs, pod, flow, direction)
              : firstMatch(programs, pod, flow, direction);
      if (decision.isPresent()) {
        return decision.get();
      }
    }
    return Decision.accept(new Decision.Undecided());
  }

  /** NetworkPolicies are final for a pod that one of them isolates, and say nothing of others. */
  private Optional<Decision> isolated(
      List<Program> programs, PodEntry pod, Flow flow, Direction direction) {
    Set<String> isolating = new LinkedHashSet<>();
    for (Program program : programs) {
      if (program.isolates().contains(direction)) {
        isolating.add(program.name());
      }
    }
    if (isolating.isEmpty()) {
      return Optional.empty();
    }
    return firstMatch(programs, pod, flow, direction)
        .or(() -> Optional.of(Decision.drop(new Decision.Isolated(isolating))));
  }

  /** Empty where no rule matches, and where the first that does passes. */
  private Optional<Decision> firstMatch(
      List<Program> programs, PodEntry pod, Flow flow, Direction direction) {
    // Only ingress rules name ports, and there the pod is the one that answers.
    List<NamedPort> named = direction == Direction.INGRESS ? pod.namedPorts() : List.of();
    for (Program program : programs) {
      for (Rule rule : program.rules(direction)) {
        if (!rule.everyPort() && rule.ports().stream().noneMatch(p -> p.matches(flow, named))) {
          continue;
        }
        if (isPeer(rule.peers(), flow.peer(direction))) {
          return switch (rule.action()) {
            case ACCEPT -> Optional.of(Decision.accept(byRule(program, rule)));
            case DENY -> Optional.of(Decision.drop(byRule(program, rule)));
            case PASS -> Optional.empty();
          };
        }
        Optional<String> unknown =
            rule.peers().sets().stream().filter(s -> !node.sets().containsKey(s)).findFirst();
        if (rule.action() != Action.ACCEPT && unknown.isPresent()) {
          return Optional.of(
              Decision.drop(
                  new Decision.UnknownSet(
                      program.name(),
                      program.policy(),
                      program.tier(),
                      rule.index(),
                      unknown.get())));
        }
      }
    }
    return Optional.empty();
  }

  private boolean isPeer(Peers peers, IpAddress peer) {
    return peers.anyone()
        || peers.allPods() && node.space().isPod(peer)
        || peers.sets().stream().anyMatch(s -> isMember(s, peer))
        || peers.blocks().stream().anyMatch(b -> node.space().contains(b, peer));
  }

  private boolean isMember(String set, IpAddress peer) {
    PeerSet known = node.sets().get(set);
    return known != null && known.addresses().contains(peer);
  }

  private static Decision.ByRule byRule(Program program, Rule rule) {
    return new Decision.ByRule(program.name(), program.policy(), program.tier(), rule.index());
  }
}
