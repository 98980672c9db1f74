package dev.tweed.fastpath.capture;

import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.socket.PacketSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Packets that pass a device, up to a limit. Of a pod's host-side veth these are all that the pod
 * sends, and all that come to it: where the fast path is, the daemon lets them pass the veth while
 * somebody listens.
 */
public final class PacketCapture {
  private static final Duration PATIENCE = Duration.ofMillis(200);

  private PacketCapture() {}

  /**
   * Where it ends.
   *
   * @param packets how many at most
   * @param time how long at most
   * @param snapLength bytes of each packet that are kept, from the Ethernet header on
   */
  public record Limits(long packets, Duration time, int snapLength) {}

  /**
   * What it came to.
   *
   * @param packets that were handed on
   * @param lost how many more there were, too fast to be read
   */
  public record Summary(long packets, long lost) {}

  /**
   * Captures in the calling thread, in its network namespace.
   *
   * @param device index of the device
   * @param sink takes each packet; false ends the capture
   * @throws dev.tweed.netlink.NetlinkException without the capability NET_RAW ({@code EPERM}), and
   *     when the device is gone
   */
  public static Summary run(int device, Limits limits, Predicate<CapturedPacket> sink) {
    try (PacketSocket socket = PacketSocket.open(device, limits.snapLength(), PATIENCE)) {
      long begin = System.nanoTime();
      long packets = 0;
      boolean wanted = true;
      while (wanted
          && packets < limits.packets()
          && System.nanoTime() - begin < limits.time().toNanos()) {
        Optional<CapturedPacket> packet = socket.receive();
        if (packet.isPresent()) {
          packets++;
          wanted = sink.test(packet.get());
        }
      }
      return new Summary(packets, socket.lost());
    }
  }
}
