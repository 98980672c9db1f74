package dev.tweed.agent.status;

import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.dataplane.Change;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Counts repaired drift by kind. Thread-safe: data path and firewall are kept by a thread each. */
public final class RepairLog {

  /** The kind of what is repaired in the host's firewall. */
  public static final String FIREWALL = "Firewall";

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
    for (Change change : changes) {
      if (change.drift()) {
        add(kind(change.kind()));
      }
    }
  }

  /** Counts one of a kind. */
  public synchronized void add(String kind) {
    String now = Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
    byKind.merge(
        kind,
        new Repair(kind, 1L, now),
        (old, one) -> new Repair(old.kind(), old.count() + 1, now));
  }

  /** The counts, by kind in alphabetical order. */
  public synchronized List<Repair> counts() {
    return List.copyOf(byKind.values());
  }

  /** As in the API: {@code Route}, {@code Fdb}. */
  public static String kind(Change.Kind kind) {
    String name = kind.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }
}
