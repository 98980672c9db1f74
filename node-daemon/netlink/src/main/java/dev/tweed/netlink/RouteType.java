package dev.tweed.netlink;

/**
 * What a route does with a packet ({@code RTN_*}, linux/rtnetlink.h).
 *
 * @param number 0..255
 */
public record RouteType(int number) {
  /** Unknown; in a deletion: any type. */
  public static final RouteType UNSPECIFIED = new RouteType(0);

  /** Forward to a gateway or link. */
  public static final RouteType UNICAST = new RouteType(1);

  /** Accept as our own. */
  public static final RouteType LOCAL = new RouteType(2);

  /** Drop in silence. */
  public static final RouteType BLACKHOLE = new RouteType(6);

  /** Drop with ICMP unreachable. */
  public static final RouteType UNREACHABLE = new RouteType(7);

  /** Drop with ICMP prohibited. */
  public static final RouteType PROHIBIT = new RouteType(8);

  /** Refuses what does not fit a byte. */
  public RouteType {
    if (number < 0 || number > 255) {
      throw new IllegalArgumentException("a route type is 0..255, not " + number);
    }
  }

  /** Whether such a route names no device in a request. */
  boolean dropsPackets() {
    return equals(BLACKHOLE) || equals(UNREACHABLE) || equals(PROHIBIT);
  }
}
