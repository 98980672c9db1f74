package dev.tweed.agent.firewall;

import dev.tweed.firewall.nft.NftLogPrefix;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.NetlinkException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of packets that rules of policies logged, and of those that network policies dropped, as
 * lines in the daemon's log. Each rule, and each cause of a class, logs 3 packets a minute at most;
 * all together become {@link #LINES} lines a minute, and the others a number. Those of rules go to
 * Events, too.
 */
public final class PolicyPacketLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyPacketLog.class);
  private static final int LINES = 100;
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  /** Says what a packet is that no rule of a FirewallPolicy has logged; empty if anybody's. */
  public interface Others {
    /**
     * @param device name of one by its index
     */
    Optional<String> text(LoggedPacket packet, IntFunction<Optional<String>> device);
  }

  private final Others others;
  private final BiConsumer<NftLogPrefix, String> events;
  private final Consumer<String> tell;
  private final LongSupplier nanoTime;
  private FirewallHost.Watching packets = () -> {};
  private long since;
  private long seen;

  /** One that is given packets by {@link #take}. */
  PolicyPacketLog(
      Others others,
      BiConsumer<NftLogPrefix, String> events,
      Consumer<String> tell,
      LongSupplier nanoTime) {
    this.others = others;
    this.events = events;
    this.tell = tell;
    this.nanoTime = nanoTime;
    this.since = nanoTime.getAsLong();
  }

  /** Listens to what rules on the host log, as far as its kernel tells. */
  public static PolicyPacketLog open(
      FirewallHost host, Others others, PacketEventPublisher events, LongSupplier nanoTime) {
    PolicyPacketLog log = new PolicyPacketLog(others, events::take, LOG::info, nanoTime);
    try {
      log.packets = host.packets(log::take);
    } catch (NetlinkException e) {
      LOG.warn("packets that rules of policies log are not told here: {}", e.getMessage());
    }
    return log;
  }

  /** Takes a packet; by one thread. */
  void take(LoggedPacket packet) {
    Optional<NftLogPrefix> rule = NftLogPrefix.tryParse(packet.prefix());
    Optional<String> text =
        rule.map(r -> PolicyPacketText.of(r, packet, PolicyPacketLog::device))
            .or(() -> others.text(packet, PolicyPacketLog::device));
    rule.ifPresent(r -> events.accept(r, text.orElseThrow()));
    if (text.isEmpty()) {
      return; // anybody may log to any group
    }
    long now = nanoTime.getAsLong();
    if (now - since >= MINUTE) {
      if (seen > LINES) {
        tell.accept("rules of policies logged " + (seen - LINES) + " more packets");
      }
      since = now;
      seen = 0;
    }
    if (++seen <= LINES) {
      tell.accept(text.get());
    }
  }

  private static Optional<String> device(int index) {
    try {
      return Optional.ofNullable(NetworkInterface.getByIndex(index)).map(NetworkInterface::getName);
    } catch (SocketException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    packets.close();
  }
}
