package dev.tweed.agent.probe;

import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out whether the tunnel's checksum offload damages packets: where peers answer only what has
 * no checksum it is switched off, and stays so if one of them answers then. Pure. Times are
 * nanoseconds of any monotonic clock.
 *
 * @param phase how far it is
 * @param suspects blocks of peers that answered so
 * @param since when the phase began
 */
record ChecksumTrial(Phase phase, Set<IpPrefix> suspects, long since) {

  /** Nothing speaks against the offload. */
  static final ChecksumTrial NONE = new ChecksumTrial(Phase.NONE, Set.of(), 0);

  /** The daemon of before has switched it off. */
  static final ChecksumTrial CONVICTED = new ChecksumTrial(Phase.CONVICTED, Set.of(), 0);

  /** Who is silent is asked once a round. */
  private static final long PATIENCE = 4 * ProbeScheduler.ROUND;

  /** Without the offload TCP costs a node twice as much: not for nothing again and again. */
  private static final long AGAIN = Duration.ofHours(1).toNanos();

  /** How far it is. */
  enum Phase {
    NONE,
    /** Switched off; whether that helps will be seen. */
    TRYING,
    /** It helped. */
    CONVICTED,
    /** It did not, and is undone; or it was off before, or could not be switched. */
    ACQUITTED
  }

  /** Copies the set. */
  ChecksumTrial {
    suspects = Set.copyOf(suspects);
  }

  /**
   * What comes next.
   *
   * @param trial from now on
   * @param offload what to switch it to; empty to leave it
   */
  record Step(ChecksumTrial trial, Optional<Boolean> offload) {}

  /**
   * The next step.
   *
   * @param on whether the offload is on
   * @param damaged blocks of peers that answer only what has no checksum
   * @param answering blocks of peers that answer
   */
  Step step(boolean on, Set<IpPrefix> damaged, Set<IpPrefix> answering, long now) {
    return switch (phase) {
      case NONE ->
          damaged.isEmpty()
              ? stay()
              : on
                  ? new Step(new ChecksumTrial(Phase.TRYING, damaged, now), Optional.of(false))
                  : new Step(acquittal(now), Optional.empty());
      case TRYING ->
          on
              ? new Step(NONE, Optional.empty())
              : !Collections.disjoint(suspects, answering)
                  ? new Step(new ChecksumTrial(Phase.CONVICTED, suspects, now), Optional.empty())
                  : now - since < PATIENCE ? stay() : new Step(acquittal(now), Optional.of(true));
      // Switched on by somebody, or a device that is new: it is looked at anew.
      case CONVICTED -> on ? new Step(NONE, Optional.empty()) : stay();
      case ACQUITTED ->
          damaged.isEmpty() || now - since > AGAIN ? new Step(NONE, Optional.empty()) : stay();
    };
  }

  /** It could not be read or switched. What was found before stands. */
  ChecksumTrial failed(long now) {
    return phase == Phase.CONVICTED ? this : acquittal(now);
  }

  private static ChecksumTrial acquittal(long now) {
    return new ChecksumTrial(Phase.ACQUITTED, Set.of(), now);
  }

  private Step stay() {
    return new Step(this, Optional.empty());
  }

  /**
   * What is known by it.
   *
   * @param on whether the offload is on
   * @param answered whether some peer answers
   */
  TxChecksum verdict(boolean on, boolean answered) {
    return switch (phase) {
      case TRYING -> TxChecksum.NOT_MEASURED;
      case CONVICTED -> TxChecksum.DAMAGES;
      case ACQUITTED -> TxChecksum.DAMAGED_ANYWAY;
      case NONE -> !on ? TxChecksum.OFF : answered ? TxChecksum.WORKS : TxChecksum.NOT_MEASURED;
    };
  }
}
