package dev.tweed.agent.probe;

import dev.tweed.agent.loop.Backoff;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out whether a tunnel device's checksum offload damages packets: where peers behind it
 * answer only what the network card has no checksum to fill in for, it is switched off, and stays
 * so if one of them answers then. Pure. Times are nanoseconds of any monotonic clock.
 *
 * @param phase how far it is
 * @param suspects blocks of peers that answered so
 * @param at when the phase goes on
 * @param failures how often in a row the offload could not be switched
 */
record ChecksumTrial(Phase phase, Set<IpPrefix> suspects, long at, int failures) {

  /** Nothing speaks against the offload. */
  static final ChecksumTrial NONE = new ChecksumTrial(Phase.NONE, Set.of(), 0, 0);

  /**
   * It is at fault. Only a device that is new, or somebody who switches it on, begins anew: what is
   * tried by this takes a node's pods off the network, and a card that is mended without either is
   * rarer than one that is not.
   */
  static final ChecksumTrial CONVICTED = new ChecksumTrial(Phase.CONVICTED, Set.of(), 0, 0);

  /** Who is silent is asked once a round. */
  private static final long PATIENCE = 4 * ProbeScheduler.ROUND;

  /** Without the offload TCP costs a node twice as much: not for nothing again and again. */
  private static final long AGAIN = Duration.ofHours(1).toNanos();

  private static final Backoff RETRY =
      new Backoff(Duration.ofMinutes(1), Duration.ofHours(1), () -> 0);

  /** How far it is. */
  enum Phase {
    NONE,
    /** It will be tried without; told before it is, for whoever comes after this process. */
    ACCUSED,
    /** Switched off; whether that helps will be seen. */
    TRYING,
    /** It helped. */
    CONVICTED,
    /** It did not, and is undone; or it was off before. */
    ACQUITTED
  }

  /** Copies the set. */
  ChecksumTrial {
    suspects = Set.copyOf(suspects);
  }

  private ChecksumTrial(Phase phase, Set<IpPrefix> suspects, long at) {
    this(phase, suspects, at, 0);
  }

  /** One whose end nobody has seen, or will see: the offload is on again, to be looked at anew. */
  static ChecksumTrial abandoned(long now) {
    return new ChecksumTrial(Phase.TRYING, Set.of(), now);
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
   * @param damaged blocks of peers behind the device that answer only what it is not needed for
   * @param answering blocks of peers behind the device that answer
   */
  Step step(boolean on, Set<IpPrefix> damaged, Set<IpPrefix> answering, long now) {
    boolean due = now - at >= 0;
    return switch (phase) {
      case NONE ->
          damaged.isEmpty()
              ? stay()
              : become(on ? new ChecksumTrial(Phase.ACCUSED, damaged, now) : acquittal(now));
      case ACCUSED ->
          damaged.isEmpty() || !on
              ? become(NONE)
              : due
                  ? switching(new ChecksumTrial(Phase.TRYING, damaged, now + PATIENCE), false)
                  : stay();
      case TRYING ->
          on
              ? become(NONE)
              : !Collections.disjoint(suspects, answering)
                  ? become(CONVICTED)
                  : !due ? stay() : switching(suspects.isEmpty() ? NONE : acquittal(now), true);
      // Switched on by somebody, or a device that is new: it is looked at anew.
      case CONVICTED -> on ? become(NONE) : stay();
      case ACQUITTED -> damaged.isEmpty() || due ? become(NONE) : stay();
    };
  }

  /** The switch of the last step was refused: nothing is known by that, and it is tried again. */
  ChecksumTrial failed(long now) {
    // Who answers after the trial answers for another reason.
    Set<IpPrefix> still = phase == Phase.TRYING ? Set.of() : suspects;
    int times = failures + 1;
    return new ChecksumTrial(phase, still, now + RETRY.nanos(times), times);
  }

  /** Whether it goes on by itself. */
  boolean isUnderWay() {
    return phase == Phase.ACCUSED || phase == Phase.TRYING;
  }

  private static ChecksumTrial acquittal(long now) {
    return new ChecksumTrial(Phase.ACQUITTED, Set.of(), now + AGAIN);
  }

  private Step stay() {
    return become(this);
  }

  private static Step become(ChecksumTrial next) {
    return new Step(next, Optional.empty());
  }

  private static Step switching(ChecksumTrial next, boolean on) {
    return new Step(next, Optional.of(on));
  }

  /**
   * What is known by it.
   *
   * @param on whether the offload is on
   * @param answered whether some peer behind the device answers
   */
  TxChecksum verdict(boolean on, boolean answered) {
    return switch (phase) {
      case ACCUSED, TRYING -> failures > 0 ? TxChecksum.NOT_SWITCHED : TxChecksum.TRYING;
      case CONVICTED -> TxChecksum.DAMAGES;
      case ACQUITTED -> TxChecksum.DAMAGED_ANYWAY;
      case NONE -> !on ? TxChecksum.OFF : answered ? TxChecksum.WORKS : TxChecksum.NOT_MEASURED;
    };
  }
}
