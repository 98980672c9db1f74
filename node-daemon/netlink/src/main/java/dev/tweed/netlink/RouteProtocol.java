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

  /** Refuses what does not fit a byte. */
  public RouteProtocol {
    if (number < 0 || number > 255) {
      throw new IllegalArgumentException("a route protocol is 0..255, not " + number);
    }
  }

  /** What people call it (rt_protos of iproute2), or else its number. */
  public String usualName() {
    return switch (number) {
      case 1 -> "redirect";
      case 2 -> "kernel";
      case 3 -> "boot";
      case 4 -> "static";
      case 8 -> "gated";
      case 9 -> "ra";
      case 10 -> "mrt";
      case 11 -> "zebra";
      case 12 -> "bird";
      case 13 -> "dnrouted";
      case 14 -> "xorp";
      case 15 -> "ntk";
      case 16 -> "dhcp";
      case 17 -> "mrouted";
      case 18 -> "keepalived";
      case 42 -> "babel";
      case 84 -> "ovn";
      case 99 -> "openr";
      case 186 -> "bgp";
      case 187 -> "isis";
      case 188 -> "ospf";
      case 189 -> "rip";
      case 192 -> "eigrp";
      default -> Integer.toString(number);
    };
  }
}
