package dev.tweed.agent.firewall;

import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.SideTask;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.PolicyEvent;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.firewall.nft.NftLogPrefix;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the Events that {@link PacketEventPlanner} decides on, in a thread that is there only
 * meanwhile. What cannot be written is lost: an Event is a courtesy, and the log has it.
 */
public final class PacketEventPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(PacketEventPublisher.class);

  /** Writes an Event. */
  @FunctionalInterface
  public interface Writer {
    /**
     * @throws IOException if it is not taken, an {@link ApiRefusedException} if it is refused
     */
    void write(PolicyEvent event) throws IOException;
  }

  private final PacketEventPlanner planner;
  private final Writer writer;
  private final BlockingQueue<PolicyEvent> queue =
      new ArrayBlockingQueue<>(PacketEventPlanner.HOURLY);
  private final SideTask writing = new SideTask("packet-events", this::write);

  PacketEventPublisher(PacketEventPlanner planner, Writer writer) {
    this.planner = planner;
    this.writer = writer;
  }

  /** One for the policies of a cluster. */
  public static PacketEventPublisher of(
      Supplier<ClusterView> cluster, Writer writer, InstantSource clock) {
    return new PacketEventPublisher(
        new PacketEventPlanner(
            name ->
                cluster.get().policies().stream()
                    .filter(policy -> policy.name().equals(name))
                    .map(PolicyRecord::uid)
                    .findFirst(),
            System::nanoTime,
            clock,
            () -> ThreadLocalRandom.current().nextDouble()),
        writer);
  }

  /** Takes a packet; returns at once. */
  void take(NftLogPrefix rule, String text) {
    if (planner.take(rule, text).filter(queue::offer).isPresent()) {
      writing.start();
    }
  }

  private void write() {
    for (PolicyEvent event = queue.poll(); event != null; event = queue.poll()) {
      try {
        writer.write(event);
        planner.succeeded(event.uid());
      } catch (ApiRefusedException e) {
        if (e.isOfObject()) {
          LOG.warn(
              "the Event of FirewallPolicy {} on this node is refused, and not written for {} s: {}",
              event.policy(),
              planner.refused(event.uid()).toSeconds(),
              e.getMessage());
        } else {
          failed(event, e, e.retryAfter());
        }
      } catch (IOException | RuntimeException e) {
        failed(event, e, Duration.ZERO); // a thread that ends would end the daemon
      }
    }
  }

  private void failed(PolicyEvent event, Exception why, Duration asked) {
    queue.clear();
    LOG.warn(
        "no Event says that FirewallPolicy {} refused packets, and none will for {} s: {}",
        event.policy(),
        planner.failed(asked).toSeconds(),
        why.getMessage());
  }
}
