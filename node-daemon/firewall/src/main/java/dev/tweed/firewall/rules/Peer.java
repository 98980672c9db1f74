package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.stream.Stream;

/**
 * One entry of a side of a rule.
 *
 * @param prefixes of either family, in any order; none is nobody, as when a selector finds no node,
 *     and never anywhere
 * @param ports ports on this side; empty is any
 */
public record Peer(List<IpPrefix> prefixes, List<PortRange> ports) {

  public Peer {
    prefixes = List.copyOf(prefixes);
    ports = List.copyOf(ports);
  }

  /** Any port of these addresses. */
  public static Peer of(IpPrefix... prefixes) {
    return new Peer(List.of(prefixes), List.of());
  }

  /** Every address of both families. */
  public static List<IpPrefix> anywhere() {
    return Stream.of(AddressFamily.values()).map(IpPrefix::any).toList();
  }
}
