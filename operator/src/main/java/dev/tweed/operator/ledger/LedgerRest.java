package dev.tweed.operator.ledger;

import dev.tweed.crds.NodeSubnetSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * For how long no version of the ledger has had an intent for a block, as far as we can tell: as
 * long as every version we saw was the one before, or written by us in its place. A version of
 * somebody else tells nothing about those in between, so with it all blocks begin anew.
 *
 * <p>Not safe for use by several threads.
 */
final class LedgerRest {
  private final long quiet;
  private final LongSupplier nanoTime;
  private Optional<LedgerStore.Entry> seen = Optional.empty();
  private long seenAt;
  private long knownSince;
  private Set<String> intended = Set.of();
  // Of those that are no longer.
  private final Map<String, Long> lastIntended = new HashMap<>();

  /**
   * @param quiet how long is long enough
   * @param nanoTime a clock that is never set
   */
  LedgerRest(Duration quiet, LongSupplier nanoTime) {
    this.quiet = quiet.toNanos();
    this.nanoTime = nanoTime;
  }

  /** The ledger was read. */
  void read(LedgerStore.Entry entry) {
    if (seen.filter(s -> s.version().equals(entry.version())).isEmpty()) {
      lastIntended.clear();
      intended = Set.of();
      knownSince = nanoTime.getAsLong();
    }
    see(entry);
  }

  /** We put a version in the place of the one seen last. */
  void wrote(LedgerStore.Entry entry) {
    see(entry);
  }

  private void see(LedgerStore.Entry entry) {
    long now = nanoTime.getAsLong();
    lastIntended.values().removeIf(at -> now - at >= quiet);
    intended.forEach(cidr -> lastIntended.put(cidr, now));
    intended =
        entry.ledger().intents().stream().map(NodeSubnetSpec::cidr).collect(Collectors.toSet());
    seen = Optional.of(entry);
    seenAt = now;
  }

  /** The version seen last. */
  Optional<LedgerStore.Entry> seen() {
    return seen;
  }

  /** Whether the block has rested for long enough. */
  boolean isOver(String cidr) {
    return seen.isPresent() && !intended.contains(cidr) && left(cidr).isZero();
  }

  /**
   * How long from now it will have, if nobody writes the ledger, or until the ledger has to be read
   * again to tell; zero also before the first look.
   */
  Duration left(String cidr) {
    if (seen.isEmpty()) {
      return Duration.ZERO;
    }
    long since =
        intended.contains(cidr)
            ? seenAt
            : Math.max(knownSince, lastIntended.getOrDefault(cidr, knownSince));
    return Duration.ofNanos(Math.max(0, quiet - (nanoTime.getAsLong() - since)));
  }
}
