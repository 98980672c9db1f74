package dev.tweed.agent.status;

import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.dataplane.Change;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Counts repaired drift by kind. Not thread-safe. */
public final class RepairLog {

  private final Clock clock;
  private final TreeMap<String, Repair> byKind = new TreeMap<>();

  /**
   * @param earlier counts to go on from
   */
  public RepairLog(Clock clock, List<Repair> earlier) {
    this.clock = clock;
    earlier.forEach(r -> byKind.put(r.kind(), r));
  }

  /** Counts those of the changes that mended drift. */
  public void add(List<Change> changes) {
    String now = Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
    for (Change change : changes) {
      if (change.drift()) {
        byKind.merge(
            kind(change.kind()),
            new Repair(kind(change.kind()), 1L, now),
            (old, one) -> new Repair(old.kind(), old.count() + 1, now));
      }
    }
  }

  /** The counts, by kind in alphabetical order. */
  public List<Repair> counts() {
    return List.copyOf(byKind.values());
  }

  /** As in the API: {@code Route}, {@code Fdb}. */
  public static String kind(Change.Kind kind) {
    String name = kind.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }
}
