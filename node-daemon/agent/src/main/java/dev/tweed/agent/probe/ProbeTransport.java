package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeTargets.Source;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What carries probes, and wakes the thread that waits for answers. Used by that thread only, but
 * for {@link #wakeUp}.
 */
interface ProbeTransport extends AutoCloseable {

  /**
   * Probes come from there from now on. What cannot be opened now is tried again with each probe.
   */
  void from(List<Source> sources);

  /** Sends a probe; tells if it does not leave this host. */
  Optional<ProbeAnswer.Outcome.NotSent> send(ProbeScheduler.Probe probe);

  /**
   * Whether a device leaves checksums of what it sends to what is below it.
   *
   * @throws dev.tweed.netlink.NetlinkException if there is no such device
   */
  boolean offloadsChecksums(String device);

  /**
   * Switches that.
   *
   * @throws dev.tweed.netlink.NetlinkException if there is no such device, or that is not allowed
   */
  void offloadChecksums(String device, boolean on);

  /** Waits for answers, or the end of the time, or to be woken up. */
  void await(Duration time);

  /** Takes the answers that are there. */
  void drain(Consumer<ProbeAnswer> taker);

  /** Ends the wait, by any thread. */
  void wakeUp();

  @Override
  void close();
}
