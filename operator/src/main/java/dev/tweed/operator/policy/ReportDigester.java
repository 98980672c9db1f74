package dev.tweed.operator.policy;

import dev.tweed.crds.Condition;
import dev.tweed.crds.Limits;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.UnreachedPeer;
import java.lang.ref.WeakReference;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;

/**
 * Makes digests of NodeReports. 5,000 nodes say the same of 200 policies, so equal verdicts are one
 * object, and equal lists of them too. What is shared goes when the last digest with it does. Not
 * for several threads.
 */
public final class ReportDigester {
  /** Kind of the repairs that are counted. */
  public static final String FIREWALL = "Firewall";

  // Nodes may word a failure differently each, so what can be kept of one is bounded; one cause
  // most often has the same words for every policy.
  private static final int MESSAGES = 8;

  private final Map<PolicyVerdict, WeakReference<PolicyVerdict>> shared = new WeakHashMap<>();
  private List<PolicyVerdict> latest = List.of();
  private ReachDigest latestReach = ReachDigest.NONE;

  /**
   * What to keep.
   *
   * @param owner UID of the Node the report belongs to
   * @param status none if the daemon has not written it yet
   */
  public ReportDigest digest(String owner, Optional<NodeReportStatus> status) {
    return new ReportDigest(
        owner,
        status.map(NodeReportStatus::blocks).orElse(List.of()),
        status.map(ReportDigester::dataPath).orElse(DataPathDigest.NONE),
        status.map(s -> verdicts(s.policies())).orElse(List.of()),
        status.map(s -> repairs(s.repairs())).orElse(0L),
        status.map(this::reach).orElse(ReachDigest.NONE),
        status.map(NodeReportStatus::bootID).orElse(""),
        status.map(ReportDigester::addresses).orElse(List.of()));
  }

  private static List<NodeReportStatus.LinkAddress> addresses(NodeReportStatus status) {
    return status.addresses().stream()
        .filter(a -> a.device() != null && a.address() != null)
        .limit(Limits.LINK_ADDRESSES)
        .toList();
  }

  private static DataPathDigest dataPath(NodeReportStatus status) {
    Optional<Condition> ready = condition(status, "Ready");
    return new DataPathDigest(
        isTrue(ready),
        isTrue(condition(status, "Programmed")),
        // The same few of thousands of nodes.
        ready.map(Condition::reason).orElse("").intern(),
        status.dataPath() == null || status.dataPath().mtu() == null ? 0 : status.dataPath().mtu(),
        status.nodeSubnets().stream()
            .map(s -> new DataPathDigest.Observed(s.uid(), s.generation()))
            .toList());
  }

  private static Optional<Condition> condition(NodeReportStatus status, String type) {
    return status.conditions().stream().filter(c -> type.equals(c.type())).findFirst();
  }

  private static boolean isTrue(Optional<Condition> condition) {
    return condition.filter(c -> "True".equals(c.status())).isPresent();
  }

  private List<PolicyVerdict> verdicts(List<PolicyState> states) {
    Set<String> messages = new HashSet<>();
    List<PolicyVerdict> verdicts =
        states.stream()
            .filter(s -> s.name() != null)
            .sorted(Comparator.comparing(PolicyState::name))
            .map(s -> shared(verdict(s, messages)))
            .collect(Collectors.toUnmodifiableList()); // toList() gives one that copyOf copies
    if (!verdicts.equals(latest)) {
      latest = verdicts;
    }
    return latest;
  }

  private static PolicyVerdict verdict(PolicyState state, Set<String> messages) {
    String message = state.message() == null ? "" : state.message();
    if (messages.size() < MESSAGES) {
      messages.add(message);
    }
    return new PolicyVerdict(
        state.name(),
        state.uid() == null ? "" : state.uid(),
        state.generation() == null ? 0 : state.generation(),
        Boolean.TRUE.equals(state.applied()),
        state.reason() == null ? "" : state.reason(),
        messages.contains(message) ? message : "");
  }

  private ReachDigest reach(NodeReportStatus status) {
    Optional<Condition> condition = condition(status, "Reachable");
    ReachDigest reach =
        new ReachDigest(
            switch (condition.map(Condition::status).orElse("")) {
              case "True" -> ReachDigest.Status.TRUE;
              case "False" -> ReachDigest.Status.FALSE;
              default -> ReachDigest.Status.UNKNOWN;
            },
            condition.map(Condition::reason).orElse(""),
            // Of a silent daemon, that was true once.
            status.reachability() == null
                    || condition
                        .filter(c -> ReportDigest.DAEMON_SILENT.equals(c.reason()))
                        .isPresent()
                ? List.of()
                : status.reachability().unreached().stream()
                    // What was not sent says nothing of the way.
                    .filter(p -> p.node() != null && !"NotSent".equals(p.cause()))
                    .limit(Limits.UNREACHED)
                    .map(ReportDigester::unreached)
                    .toList());
    if (!reach.equals(latestReach)) {
      latestReach = reach;
    }
    return latestReach;
  }

  private static boolean isLarge(UnreachedPeer peer) {
    return "LargeLost".equals(peer.cause());
  }

  private static ReachDigest.Unreached unreached(UnreachedPeer peer) {
    return new ReachDigest.Unreached(
        peer.node(),
        isLarge(peer),
        isLarge(peer) || Boolean.TRUE.equals(peer.lives()),
        isLarge(peer) || Boolean.TRUE.equals(peer.everAnswered()),
        switch (peer.where() == null ? "" : peer.where()) {
          case "Leaving", "Arriving" -> ReachDigest.Where.HERE;
          case "NotArriving" -> ReachDigest.Where.NOT_ARRIVING;
          case "Beyond" -> ReachDigest.Where.BEYOND;
          default -> ReachDigest.Where.UNKNOWN;
        },
        peer.largest() == null ? 0 : peer.largest());
  }

  private PolicyVerdict shared(PolicyVerdict verdict) {
    WeakReference<PolicyVerdict> reference = shared.get(verdict);
    PolicyVerdict known = reference == null ? null : reference.get();
    if (known != null) {
      return known;
    }
    shared.put(verdict, new WeakReference<>(verdict));
    return verdict;
  }

  private static long repairs(List<Repair> repairs) {
    return repairs.stream()
        .filter(r -> FIREWALL.equals(r.kind()) && r.count() != null)
        .mapToLong(Repair::count)
        .sum();
  }
}
