package dev.tweed.netlink;

/**
 * Who made a route ({@code rtm_protocol}, {@code RTPROT_*} in linux/rtnetlink.h).
 *
 * @param number 0..255
 */
public record RouteProtocol(int number) {
  /** Unknown; in a deletion: whoever made it. */
  public static final RouteProtocol UNSPECIFIED = new RouteProtocol(0);

  /** The kernel itself. */
  public static final RouteProtocol KERNEL = new RouteProtocol(2);

  /** What {@code ip route} writes when nothing is said. */
  public static final RouteProtocol BOOT = new RouteProtocol(3);

  /** An administrator. */
  public static final RouteProtocol STATIC = new RouteProtocol(4);

  /** The kernel, from what a router advertised. */
  public static final RouteProtocol ADVERTISED = new RouteProtocol(9);

  /** Refuses what does not fit a byte. */
  public RouteProtocol {
    if (number < 0 || number > 255) {
      throw new IllegalArgumentException("a route protocol is 0..255, not " + number);
    }
  }
}
