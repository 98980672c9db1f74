package dev.tweed.policy;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A compiled policy: everything a node needs for the pods it selects. Which pods that are is said
 * by their {@link PodEntry}.
 *
 * @param name {@link PolicyNames#program} of the policy's UID
 * @param policy what it was compiled from
 * @param tier where it is asked
 * @param priority 0 to 1000, smaller first; 0 for a NetworkPolicy
 * @param isolates directions in which a NetworkPolicy closes the pods it selects; empty for others
 * @param ingress in order
 * @param egress in order; ports are numbers, since those names mean something else at every peer
 */
public record Program(
    String name,
    PolicyRef policy,
    Tier tier,
    int priority,
    Set<Direction> isolates,
    List<Rule> ingress,
    List<Rule> egress) {

  /**
   * The order within a tier. Of equal priorities the reference leaves it open; here the name
   * decides, so that all nodes agree.
   */
  public static final Comparator<Program> ORDER =
      Comparator.comparingInt(Program::priority).thenComparing(Program::name);

  /**
   * Refuses what no compiler may say.
   *
   * @throws IllegalArgumentException naming what is wrong
   */
  public Program {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(policy, "policy");
    isolates = Set.copyOf(isolates);
    ingress = List.copyOf(ingress);
    egress = List.copyOf(egress);
    if ((tier == Tier.NETWORK_POLICY) != (policy.kind() == PolicyRef.Kind.NETWORK_POLICY)) {
      throw new IllegalArgumentException(name + ": a " + policy.kind() + " in tier " + tier);
    }
    if (priority < 0 || priority > 1000) {
      throw new IllegalArgumentException(name + ": priority is 0..1000, not " + priority);
    }
    if (tier == Tier.NETWORK_POLICY) {
      if (ingress.stream().anyMatch(Program::isNotAccept)
          || egress.stream().anyMatch(Program::isNotAccept)) {
        throw new IllegalArgumentException(name + ": a NetworkPolicy has no rule but Accept");
      }
      if (isolates.isEmpty()
          || !ingress.isEmpty() && !isolates.contains(Direction.INGRESS)
          || !egress.isEmpty() && !isolates.contains(Direction.EGRESS)) {
        throw new IllegalArgumentException(name + ": rules of a direction it does not isolate");
      }
    } else if (!isolates.isEmpty()) {
      throw new IllegalArgumentException(name + ": only a NetworkPolicy isolates");
    }
    if (egress.stream().flatMap(r -> r.ports().stream()).anyMatch(PortMatch::isNamed)) {
      throw new IllegalArgumentException(name + ": an egress rule names a port");
    }
  }

  /** The rules of one direction, in order. */
  public List<Rule> rules(Direction direction) {
    return direction == Direction.INGRESS ? ingress : egress;
  }

  private static boolean isNotAccept(Rule rule) {
    return rule.action() != Action.ACCEPT;
  }
}
