package dev.tweed.operator.reach;

import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReachDigest.Unreached;
import dev.tweed.operator.policy.ReachDigest.Where;
import dev.tweed.operator.reach.NetworkReach.Cause;
import dev.tweed.operator.reach.NetworkReach.Kind;
import dev.tweed.operator.reach.NetworkReach.Pair;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Joins what both ends of each pair say. One end alone cannot tell whether the other's host drops
 * its packets or whether they are lost between; the two together can.
 */
public final class ReachJoin {

  private ReachJoin() {}

  /**
   * @param reports of the nodes of a network, by name; {@link ReachDigest#NONE} of those that have
   *     said nothing
   * @param port UDP port of the tunnel; 0 if packets go without one
   */
  public static NetworkReach join(SortedMap<String, ReachDigest> reports, int port) {
    int reaching = 0;
    int failing = 0;
    Map<String, Integer> unknown = new HashMap<>();
    SortedMap<Pair, Ends> pairs = new TreeMap<>();
    SortedMap<Pair, Ends> unanswered = new TreeMap<>();
    for (var report : reports.entrySet()) {
      ReachDigest said = report.getValue();
      // A name that is no node of this network comes from nobody who could be asked.
      List<Unreached> unreached =
          said.unreached().stream()
              .filter(u -> reports.containsKey(u.node()))
              .filter(u -> u.lives() || isAskedBy(reports.get(u.node()), report.getKey()))
              .toList();
      unreached.forEach(
          u ->
              (u.answered() ? pairs : unanswered)
                  .computeIfAbsent(Pair.of(report.getKey(), u.node()), p -> new Ends())
                  .add(report.getKey(), u));
      if (unreached.stream().anyMatch(u -> u.answered() && !u.large())
          || said.status() == ReachDigest.Status.FALSE) {
        failing++;
      } else if (said.status() == ReachDigest.Status.TRUE) {
        reaching++;
      } else {
        unknown.merge(said.reason(), 1, Integer::sum);
      }
    }
    return new NetworkReach(
        reports.size(), reaching, failing, unknown, port, causes(pairs), causes(unanswered));
  }

  /**
   * Whether a node that shows no sign of life to another has itself asked that in vain: it lives. A
   * node that is off is no fault of the way to it, and says nothing.
   */
  private static boolean isAskedBy(ReachDigest silent, String node) {
    return silent.unreached().stream().anyMatch(u -> u.node().equals(node) && !u.large());
  }

  private static List<Cause> causes(SortedMap<Pair, Ends> pairs) {
    record Key(Kind kind, String host) {}
    Map<Key, List<Pair>> byCause = new HashMap<>();
    Map<Key, Integer> passes = new HashMap<>();
    pairs.forEach(
        (pair, ends) -> {
          Key key =
              ends.host(pair).map(h -> new Key(Kind.HOST, h)).orElse(new Key(ends.kind(), ""));
          byCause.computeIfAbsent(key, k -> new ArrayList<>()).add(pair);
          ends.passes().ifPresent(bytes -> passes.merge(key, bytes, Math::min));
        });
    return byCause.entrySet().stream()
        .map(
            e ->
                new Cause(
                    e.getKey().kind(),
                    e.getKey().host(),
                    e.getKey().kind() == Kind.MTU ? passes.getOrDefault(e.getKey(), 0) : 0,
                    e.getValue().size(),
                    e.getValue().subList(0, Math.min(Cause.SHOWN, e.getValue().size()))))
        .sorted(
            Comparator.comparing(Cause::pairs)
                .reversed()
                .thenComparing(Cause::kind)
                .thenComparing(Cause::host))
        .toList();
  }

  /** What the two ends of a pair say of each other. */
  private static final class Ends {
    private final SortedMap<String, List<Unreached>> said = new TreeMap<>();

    void add(String by, Unreached unreached) {
      said.computeIfAbsent(by, n -> new ArrayList<>()).add(unreached);
    }

    /** Whose host drops the packets; that of the first where both do. */
    Optional<String> host(Pair pair) {
      return said.entrySet().stream()
          .filter(e -> says(e.getValue(), Where.HERE))
          .map(Map.Entry::getKey)
          .findFirst();
    }

    Kind kind() {
      List<Unreached> silent =
          said.values().stream().flatMap(List::stream).filter(u -> !u.large()).toList();
      if (silent.isEmpty()) {
        return Kind.MTU;
      }
      // Whoever does not see its own packets leave says so, and is a host that drops.
      boolean bothSpeak = said.size() == 2;
      boolean lostOnTheWay = says(silent, Where.NOT_ARRIVING);
      boolean nobodyKnows = silent.stream().anyMatch(u -> u.where() == Where.UNKNOWN);
      return bothSpeak && lostOnTheWay && !nobodyKnows ? Kind.BETWEEN : Kind.UNKNOWN;
    }

    Optional<Integer> passes() {
      return said.values().stream()
          .flatMap(List::stream)
          .map(Unreached::passes)
          .filter(bytes -> bytes > 0)
          .min(Comparator.naturalOrder());
    }

    private static boolean says(List<Unreached> unreached, Where where) {
      return unreached.stream().anyMatch(u -> !u.large() && u.where() == where);
    }
  }
}
