package dev.tweed.operator.status;

import dev.tweed.operator.reach.NetworkReach;
import dev.tweed.operator.reach.NetworkReach.Cause;
import dev.tweed.operator.reach.NetworkReach.Kind;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The condition Reachable of a PodNetwork. */
final class ReachMapper {
  /** Its nodes reach each other. */
  static final String REACHABLE = "Reachable";

  /** Nodes that live do not reach each other; the reason of Ready too, where that is why. */
  static final String NODES_UNREACHABLE = "NodesUnreachable";

  /** Of a node that nobody answers, and no living node ever has. */
  private static final String PROBE_UNANSWERED = "ProbeUnanswered";

  private static final int CAUSES_SHOWN = 2;

  private ReachMapper() {}

  static Finding reachable(NetworkReach reach) {
    if (reach.nodes() == 0) {
      return Finding.unknown(REACHABLE, "NoNodes", "no node belongs to this network");
    }
    String counts =
        "%d of %d nodes reach all nodes they ask".formatted(reach.reaching(), reach.nodes())
            + unknown(reach.unknown());
    boolean onlyLarge = reach.causes().stream().allMatch(c -> c.kind() == Kind.MTU);
    if (reach.failing() > 0 || !onlyLarge) {
      return Finding.no(REACHABLE, NODES_UNREACHABLE, counts + causes(reach));
    }
    if (!reach.causes().isEmpty()) {
      return Finding.no(REACHABLE, "LargePacketsLost", counts + causes(reach));
    }
    // A port that was never open looks like nodes that are not up yet, but for how long it lasts.
    if (reach.unknown().containsKey(PROBE_UNANSWERED)) {
      return Finding.unknown(
          REACHABLE, PROBE_UNANSWERED, counts + causes(reach.unanswered(), reach.port()));
    }
    return reach.reaching() > 0
        ? Finding.yes(REACHABLE, "NodesReachable", counts)
        : Finding.unknown(REACHABLE, commonest(reach.unknown()), counts);
  }

  /** Why nodes do not reach each other, most likely; begins with a separator unless empty. */
  static String causes(NetworkReach reach) {
    return causes(reach.causes(), reach.port());
  }

  private static String causes(List<Cause> causes, int port) {
    String told =
        causes.stream()
            .limit(CAUSES_SHOWN)
            .map(c -> "; " + text(c, port))
            .collect(Collectors.joining());
    int more = causes.size() - CAUSES_SHOWN;
    return more > 0 ? told + "; and more (%d): kubectl get nodereports".formatted(more) : told;
  }

  private static String text(Cause cause, int port) {
    return switch (cause.kind()) {
      case HOST ->
          "most likely the host of %s drops the packets (%s): on it, cat /run/tweed/status"
              .formatted(cause.host(), pairs(cause));
      case BETWEEN ->
          port > 0
              ? "between the nodes: UDP %d blocked? (security group, cloud firewall; %s)"
                  .formatted(port, pairs(cause))
              : "between the nodes: packets with pods' addresses blocked? (source/destination check, anti-spoofing; %s)"
                  .formatted(pairs(cause));
      case MTU ->
          "large packets are lost between %s: ".formatted(pairs(cause))
              + (cause.passes() > 0
                  ? "at most %d bytes pass; set spec.mtu to that, or raise the MTU of the network between the nodes"
                      .formatted(cause.passes())
                  : "set spec.mtu to what passes, or raise the MTU of the network between the nodes");
      case UNKNOWN ->
          "%s do not reach each other: kubectl get nodereport %s -o yaml"
              .formatted(pairs(cause), cause.first().getFirst().one());
    };
  }

  private static String pairs(Cause cause) {
    int more = cause.pairs() - cause.first().size();
    return cause.first().stream().map(Object::toString).collect(Collectors.joining(", "))
        + (more > 0 ? ", and %d more pairs".formatted(more) : "");
  }

  private static String unknown(Map<String, Integer> unknown) {
    return unknown.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(e -> ", %d unknown (%s)".formatted(e.getValue(), reason(e.getKey())))
        .collect(Collectors.joining());
  }

  private static String commonest(Map<String, Integer> unknown) {
    return unknown.entrySet().stream()
        .filter(e -> !e.getKey().isEmpty())
        .max(
            Map.Entry.<String, Integer>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
        .map(Map.Entry::getKey)
        .orElse("NoReports");
  }

  private static String reason(String given) {
    return given.isEmpty() ? "NoReports" : given;
  }
}
