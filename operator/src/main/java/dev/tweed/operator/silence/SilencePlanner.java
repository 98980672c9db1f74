package dev.tweed.operator.silence;

import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Decides who is silent, and which NodeReports say so. */
public final class SilencePlanner {
  /** So few are told each, however many there are. */
  static final int HANDFUL = 10;

  /** NodeReports written after one look. */
  static final int AT_ONCE = 100;

  private SilencePlanner() {}

  /**
   * @param nodes that there are
   * @param told those of them whose NodeReports say that the daemon is silent: by the word of an
   *     operator before this one it is, until this one hears it
   * @param last node whose report was tried last, so that reports that cannot be written do not
   *     keep the others waiting; empty before the first
   */
  public static SilencePlan plan(
      Silence silence, Set<String> nodes, Set<String> told, String last) {
    NavigableSet<String> seen = new TreeSet<>(silence.silent());
    seen.retainAll(nodes);
    long known = silence.daemons().keySet().stream().filter(nodes::contains).count();
    SortedSet<String> silent = new TreeSet<>(seen);
    told.stream().filter(node -> !silence.hears(node)).forEach(silent::add);
    // Of most of many at once the cause is hardly on their nodes; the PodNetwork says it once.
    boolean most = seen.size() > HANDFUL && seen.size() * 2L > known;
    return new SilencePlan(
        silent,
        most
            ? List.of()
            : Stream.concat(seen.tailSet(last, false).stream(), seen.headSet(last, true).stream())
                .filter(node -> !told.contains(node))
                .limit(AT_ONCE)
                .toList());
  }
}
