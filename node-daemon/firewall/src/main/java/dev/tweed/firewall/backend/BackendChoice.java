package dev.tweed.firewall.backend;

import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where rows go.
 *
 * @param kinds the firewalls that hold them, each all of them; empty if nobody knows which
 * @param unreachable firewalls that would have to hold them, too, and cannot be reached
 * @param standby a firewall that is switched off and is to find the rows when it is switched on
 * @param leaving firewalls that need them no more, since then (nanoseconds), and keep them for now
 * @param reason why there, or why nowhere; one sentence for people
 */
public record BackendChoice(
    Set<BackendKind> kinds,
    Set<BackendKind> unreachable,
    Optional<BackendKind> standby,
    Map<BackendKind, Long> leaving,
    String reason) {
  public BackendChoice {
    kinds = sorted(kinds);
    unreachable = sorted(unreachable);
    leaving = Map.copyOf(leaving);
  }

  /** What there is to begin with: rows of an earlier process, or of none. */
  public static BackendChoice found(Set<BackendKind> places) {
    return new BackendChoice(places, Set.of(), Optional.empty(), Map.of(), "");
  }

  /** Whether anybody knows where. */
  public boolean isKnown() {
    return !kinds.isEmpty();
  }

  /** Whether rows stand in a table of our own only. */
  public boolean isOwnTable() {
    return kinds.equals(Set.of(BackendKind.NFTABLES));
  }

  /**
   * In how long the first of those that are leaving has to lose its rows; empty if none is.
   *
   * @param now monotonic, nanoseconds
   */
  public Optional<Duration> nextLeave(long now) {
    return leaving.values().stream()
        .map(since -> Duration.ofNanos(Math.max(0, since + BackendPlanner.HOLD - now)))
        .min(Comparator.naturalOrder());
  }

  /** As in a NodeReport: {@code firewalld, iptables}. */
  public String text() {
    return isKnown()
        ? kinds.stream().map(BackendKind::text).collect(Collectors.joining(", "))
        : "none";
  }

  private static Set<BackendKind> sorted(Set<BackendKind> kinds) {
    EnumSet<BackendKind> sorted = EnumSet.noneOf(BackendKind.class);
    sorted.addAll(kinds);
    return Collections.unmodifiableSet(sorted);
  }
}
