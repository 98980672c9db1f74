package dev.tweed.firewall.rules;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The devices by which addresses are reached, as /proc/net/route and /proc/net/ipv6_route tell
 * (net/ipv4/fib_trie.c, net/ipv6/route.c). Packets from there most likely come in by them, too.
 */
record RouteTable(List<Route> routes) {

  private static final int UP = 0x1;
  private static final int REJECT = 0x200;

  /** A way to some addresses. */
  private record Route(IpPrefix to, long metric, String device) {}

  RouteTable {
    routes = List.copyOf(routes);
  }

  /** Reads listings of either sort; what is no route that can be used is left out. */
  static RouteTable parse(List<String> listings, ByteOrder order) {
    return new RouteTable(
        listings.stream()
            .flatMap(String::lines)
            .flatMap(line -> route(line, order).stream())
            .toList());
  }

  private static Optional<Route> route(String line, ByteOrder order) {
    String[] words = line.strip().split("\\s+");
    try {
      return switch (words.length) {
        case 11 -> ipv4(words, order);
        case 10 -> ipv6(words);
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a headline
    }
  }

  private static Optional<Route> ipv4(String[] words, ByteOrder order) {
    int length = Integer.bitCount(Integer.parseUnsignedInt(words[7], 16));
    IpPrefix to = new IpPrefix(TcpSocket.address(words[1], order), length);
    return usable(to, Integer.parseInt(words[3], 16), Long.parseLong(words[6]), words[0]);
  }

  private static Optional<Route> ipv6(String[] words) {
    IpPrefix to =
        new IpPrefix(
            TcpSocket.address(words[0], ByteOrder.BIG_ENDIAN), Integer.parseInt(words[1], 16));
    return usable(
        to, Integer.parseUnsignedInt(words[8], 16), Long.parseLong(words[5], 16), words[9]);
  }

  private static Optional<Route> usable(IpPrefix to, int flags, long metric, String device) {
    return (flags & UP) != 0 && (flags & REJECT) == 0 && !device.equals("lo")
        ? Optional.of(new Route(to, metric, device))
        : Optional.empty();
  }

  /** Devices that lead further than to their own link; packets may come by any of them. */
  Set<String> devices() {
    return routes.stream()
        .filter(route -> !route.to().address().isLinkLocal())
        .filter(route -> !route.to().address().isMulticast())
        .map(Route::device)
        .collect(Collectors.toSet());
  }

  /** The device of the longest prefix that holds the address, and of those, the best. */
  Optional<String> deviceTo(IpAddress address) {
    return routes.stream()
        .filter(route -> route.to().contains(address))
        .min(
            Comparator.comparing((Route route) -> -route.to().length())
                .thenComparing(Route::metric))
        .map(Route::device);
  }
}
