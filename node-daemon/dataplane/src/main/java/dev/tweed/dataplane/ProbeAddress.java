package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import java.util.Optional;

/**
 * The address of a block that is probed by other nodes. It follows from the block alone, so that
 * nothing has to be told about it. It lies behind the bridge, as pods do, and no pod gets it.
 */
public final class ProbeAddress {

  /** The device that has it, and that probes leave by. */
  public static final String DEVICE = "tweed-probe";

  /** UDP port that is probed; nobody listens on it. */
  public static final int PORT = 7416;

  /** Below 8 addresses one fewer for pods is too much. */
  private static final int MIN_HOST_BITS = 3;

  /** Of a block that has room for a pod. */
  private static final int MIN_HOST_BITS_OF_PODS = 2;

  private ProbeAddress() {}

  /**
   * The last but one address of the block: that before the broadcast address of IPv4. Empty where
   * the block has fewer than eight addresses.
   */
  public static Optional<IpAddress> of(IpPrefix block) {
    return last(block, 1);
  }

  /**
   * What other nodes ask: the probe address; where the block has none, the {@link #gateway}, which
   * proves the tunnel and the host and not what is forwarded. Empty without room for pods.
   */
  public static Optional<IpAddress> asked(IpPrefix block) {
    return of(block)
        .or(
            () ->
                hostBits(block) < MIN_HOST_BITS_OF_PODS
                    ? Optional.empty()
                    : Optional.of(gateway(block)));
  }

  /** The first address of a block after its own: the bridge's, which pods have as gateway. */
  public static IpAddress gateway(IpPrefix block) {
    return switch (block.address()) {
      case Ipv4Address v4 -> new Ipv4Address(v4.value() + 1);
      case Ipv6Address v6 -> new Ipv6Address(v6.high(), v6.low() + 1);
    };
  }

  /** The last address that a pod may get, in a block that has an address of its own for probes. */
  public static Optional<IpAddress> lastOfPods(IpPrefix block) {
    return last(block, 2);
  }

  /** This far from the end. */
  private static Optional<IpAddress> last(IpPrefix block, long fromEnd) {
    int hostBits = hostBits(block);
    if (hostBits < MIN_HOST_BITS) {
      return Optional.empty();
    }
    return Optional.of(
        switch (block.network().address()) {
          case Ipv4Address v4 ->
              new Ipv4Address((int) (v4.value() | ((1L << hostBits) - 1) & ~fromEnd));
          case Ipv6Address v6 ->
              new Ipv6Address(
                  hostBits > 64 ? v6.high() | ones(hostBits - 64) : v6.high(),
                  v6.low() | ones(Math.min(hostBits, 64)) & ~fromEnd);
        });
  }

  private static int hostBits(IpPrefix block) {
    return block.family().bits() - block.length();
  }

  private static long ones(int bits) {
    return bits == 64 ? -1 : (1L << bits) - 1;
  }
}
