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
      Set.of("Allocating", "WaitingForNodeAddress", "WaitingForPodCIDR", "WaitingForRelease");
  private static final String PENDING = "Pending";
  private static final String NO_NODES = "NoNodes";
  private static final Set<String> PASSING =
      Set.of(PENDING, NO_NODES, "NodesNotReady", "NodesJoining", "AsExpected");
  private static final Set<String> BAD_IF_TRUE =
      Set.of(
          PodNetworkStatusMapper.PROGRESSING,
          PodNetworkStatusMapper.DEGRADED,
          PodNetworkStatusMapper.STALLED,
          PodNetworkStatusMapper.RELEASE_SUSPENDED);
  private static final Set<String> OTHERS =
      Set.of(
          PodNetworkStatusMapper.ACCEPTED,
          PodNetworkStatusMapper.ALLOCATED,
          ReachMapper.REACHABLE,
          PodNetworkStatusMapper.RELEASE_SUSPENDED);
  private static final Set<String> WARNINGS =
      Set.of(
          "NodeSelectedByAnother",
          "PodCIDRDiffers",
          "NodeAddressTaken",
          "NodeAddressRefused",
          "NodesOutsideNetwork",
          "ReservationNotHeld",
          "BlockSmallerThanMaxPods",
          "NodeWithoutDaemon",
          "PublicRange",
          PodNetworkStatusMapper.NODES_LEFT,
          PodNetworkStatusMapper.POD_CIDRS_CHANGED);

  /** Transitions of a PodNetwork, in the order of the conditions. */
  public static List<Transition> between(List<Condition> before, List<Condition> after) {
    return after.stream()
        .filter(c -> changed(c, before))
        .filter(c -> isNews(c, before, after))
        .map(
            c ->
                new Transition(
                    isBad(c) || WARNINGS.contains(c.reason()), c.reason(), c.type(), c.message()))
        .toList();
  }

  private static boolean isNews(Condition c, List<Condition> before, List<Condition> after) {
    return switch (c.type()) {
      // It tells what passes, and that the spec is wrong, which Accepted does.
      case PodNetworkStatusMapper.PROGRESSING, PodNetworkStatusMapper.STALLED -> false;
      // Degraded tells why not; only where that stays the same it is news that it is as bad now.
      case PodNetworkStatusMapper.READY ->
          isBad(c)
              ? was(c.type(), "True", before)
                  && !QUIET.contains(c.reason())
                  && isToldBy(c, before, Set.of(PodNetworkStatusMapper.DEGRADED))
              : !NO_NODES.equals(c.reason());
      case PodNetworkStatusMapper.DEGRADED ->
          isBad(c)
              ? !isToldBy(c, after, OTHERS)
              : before.stream()
                  .anyMatch(
                      b -> b.type().equals(c.type()) && isBad(b) && !isToldBy(b, before, OTHERS));
      // Not the first word of it, nor that nothing is known.
      case ReachMapper.REACHABLE -> isNewsOfReach(c, before);
      case PodNetworkStatusMapper.ALLOCATED -> !passes(c.reason()) && !notAccepted(after);
      default -> !passes(c.reason());
    };
  }

  private static boolean isToldBy(Condition c, List<Condition> by, Set<String> types) {
    return by.stream()
        .anyMatch(
            o ->
                types.contains(o.type())
                    && isBad(o) == isBad(c)
                    && Objects.equals(o.reason(), c.reason()));
  }

  /** Whether a condition says that something is not as it should be. */
  static boolean isBad(Condition condition) {
    return condition.status().equals(BAD_IF_TRUE.contains(condition.type()) ? "True" : "False");
  }

  /** Whether a reason is one of what passes by itself, most likely: a node that joins has them. */
  static boolean passes(String reason) {
    return QUIET.contains(reason) || PASSING.contains(reason);
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
        // They repeat the others, for whoever waits for them.
        .filter(c -> !c.type().equals("Ready") && !c.type().equals("Stalled"))
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

  private static boolean was(String type, String status, List<Condition> before) {
    return before.stream().anyMatch(c -> c.type().equals(type) && c.status().equals(status));
  }

  private static boolean notAccepted(List<Condition> after) {
    return after.stream().anyMatch(c -> c.type().equals("Accepted") && c.status().equals("False"));
  }
}
