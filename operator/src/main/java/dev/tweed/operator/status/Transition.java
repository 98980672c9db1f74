package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A condition that says something new and is worth an Event.
 *
 * @param warning whether somebody should do something
 */
public record Transition(boolean warning, String reason, String action, String note) {
  // Steps on the way; the condition shows them, an Event for each would be noise.
  private static final Set<String> QUIET =
      Set.of(
          "Allocating",
          "NodesNotReady",
          "NoNodes",
          "WaitingForNodeAddress",
          "WaitingForPodCIDR",
          "WaitingForRelease");
  private static final String PENDING = "Pending";
  private static final Set<String> WARNINGS =
      Set.of(
          "NodeSelectedByAnother",
          "PodCIDRDiffers",
          "NodeAddressTaken",
          "NodeAddressRefused",
          "NodesOutsideNetwork",
          PodNetworkStatusMapper.NODES_LEFT,
          PodNetworkStatusMapper.POD_CIDRS_CHANGED);

  /**
   * Transitions of a PodNetwork, in the order of the conditions.
   *
   * @param fewer whether fewer nodes are ready than before: a network that waits for nodes that
   *     join is on its way, and no Event
   */
  public static List<Transition> between(
      List<Condition> before, List<Condition> after, boolean fewer) {
    return after.stream()
        .filter(c -> changed(c, before))
        // Ready repeats what another condition says while that one is False.
        .filter(c -> !(c.type().equals("Ready") && c.status().equals("False") && !wasTrue(before)))
        // Not the first word of it, nor that nothing is known.
        .filter(c -> !c.type().equals(ReachMapper.REACHABLE) || isNewsOfReach(c, before))
        .filter(
            c ->
                !(c.type().equals("Ready")
                    && c.reason().equals(ReachMapper.NODES_UNREACHABLE)
                    && after.stream()
                        .anyMatch(
                            r ->
                                r.type().equals(ReachMapper.REACHABLE)
                                    && r.reason().equals(c.reason())
                                    && changed(r, before))))
        .filter(
            c ->
                !QUIET.contains(c.reason()) || c.type().equals("Ready") && wasTrue(before) && fewer)
        .filter(c -> !(c.type().equals("Allocated") && notAccepted(after)))
        .map(
            c ->
                new Transition(
                    c.status().equals("False") || WARNINGS.contains(c.reason()),
                    c.reason(),
                    c.type(),
                    c.message()))
        .toList();
  }

  /** Whether a reason is one of what passes by itself, most likely: a node that joins has them. */
  static boolean passes(String reason) {
    return QUIET.contains(reason) || reason.equals(PENDING);
  }

  private static boolean isNewsOfReach(Condition condition, List<Condition> before) {
    return condition.status().equals("False")
        || condition.status().equals("True")
            && before.stream()
                .anyMatch(b -> b.type().equals(condition.type()) && b.status().equals("False"));
  }

  /**
   * Transitions of a FirewallPolicy: faults, and that they are over. A policy that is rolled out
   * without any is no Event; there may be hundreds.
   */
  public static List<Transition> ofPolicy(List<Condition> before, List<Condition> after) {
    return after.stream()
        .filter(c -> changed(c, before))
        .filter(c -> isFault(c) || before.stream().anyMatch(b -> isOver(b, c)))
        // Every node repeats what is wrong for all of them.
        .filter(c -> !(c.type().equals("Applied") && notAccepted(after)))
        .map(c -> new Transition(isFault(c), c.reason(), c.type(), c.message()))
        .toList();
  }

  private static boolean isFault(Condition condition) {
    return WARNINGS.contains(condition.reason())
        || condition.status().equals("False") && !condition.reason().equals(PENDING);
  }

  private static boolean isOver(Condition before, Condition after) {
    return before.type().equals(after.type()) && isFault(before) && after.status().equals("True");
  }

  private static boolean changed(Condition now, List<Condition> before) {
    return before.stream()
        .filter(c -> c.type().equals(now.type()))
        .noneMatch(
            c ->
                Objects.equals(c.status(), now.status())
                    && Objects.equals(c.reason(), now.reason()));
  }

  private static boolean wasTrue(List<Condition> before) {
    return before.stream().anyMatch(c -> c.type().equals("Ready") && c.status().equals("True"));
  }

  private static boolean notAccepted(List<Condition> after) {
    return after.stream().anyMatch(c -> c.type().equals("Accepted") && c.status().equals("False"));
  }
}
