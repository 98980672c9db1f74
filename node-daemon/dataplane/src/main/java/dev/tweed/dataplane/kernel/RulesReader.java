package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.netlink.socket.NftGeneration;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Our nftables table. What is watched is not read again until there is news of it, or, should that
 * be missed, a while after any table has changed. Used by one thread, but for {@link #suspect}.
 */
public final class RulesReader {

  private static final Duration MAX_AGE = Duration.ofSeconds(60);

  private final NftReader nft;
  private final AtomicBoolean suspect = new AtomicBoolean();
  private volatile boolean watched;
  private Optional<NftListing> known = Optional.empty();
  private OptionalInt generation = OptionalInt.empty();
  private long readAt;

  /** Reads by this reader. */
  public RulesReader(NftReader nft) {
    this.nft = nft;
  }

  /** Whether {@link #suspect} is going to be called when the table changes. */
  public void watched(boolean watched) {
    this.watched = watched;
  }

  /** The table may have changed; from any thread. */
  public void suspect() {
    suspect.set(true);
  }

  /** The table has changed. */
  public void forget() {
    known = Optional.empty();
  }

  /** What the table is, as far as is known. */
  public NftListing read() {
    long now = System.nanoTime();
    // The flag goes down before the reading: news during it calls for another.
    boolean trusted = !suspect.getAndSet(false) && watched && known.isPresent();
    if (trusted && now - readAt < MAX_AGE.toNanos()) {
      return known.get();
    }
    // The number before the rules, for the same reason.
    OptionalInt number = NftGeneration.read();
    boolean same =
        trusted
            && number.isPresent()
            && number.equals(generation)
            && !(known.get() instanceof NftListing.Unreadable);
    if (!same) {
      known = Optional.of(nft.read());
    }
    generation = number;
    readAt = now;
    return known.get();
  }
}
