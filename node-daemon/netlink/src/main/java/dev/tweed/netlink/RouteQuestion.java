package dev.tweed.netlink;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * Which way would the kernel send such a packet?
 *
 * @param destination where it goes
 * @param source where it comes from; for a packet of this host one of its addresses, or none
 * @param inputLink index of the device it came in by; 0 for a packet of this host
 * @param mark its firewall mark, 0..4294967295
 */
public record RouteQuestion(
    IpAddress destination, Optional<IpAddress> source, int inputLink, long mark) {

  private static final long MAX_U32 = 0xffff_ffffL;

  /**
   * Refuses what would be answered as if there were no way: addresses of two families, and an IPv4
   * packet that comes in from nowhere, whose source 0.0.0.0 is a martian (ip_route_input_slow() in
   * net/ipv4/route.c).
   */
  public RouteQuestion {
    AddressFamily family = destination.family();
    Objects.requireNonNull(source, "source");
    if (source.isPresent() && source.get().family() != family) {
      throw new IllegalArgumentException(
          "source " + source.get() + " and destination " + destination + " differ in family");
    }
    if (inputLink < 0) {
      throw new IllegalArgumentException("a device's index is 1 or more, not " + inputLink);
    }
    if (inputLink != 0 && family == AddressFamily.IPV4 && source.isEmpty()) {
      throw new IllegalArgumentException("an IPv4 packet that comes in needs a source address");
    }
    if (mark < 0 || mark > MAX_U32) {
      throw new IllegalArgumentException("a mark is 0..4294967295, not " + mark);
    }
  }

  /** Of a packet of this host, without a mark. */
  public static RouteQuestion to(IpAddress destination) {
    return new RouteQuestion(destination, Optional.empty(), 0, 0);
  }
}
