package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A rule as rows: each source with each destination of its family. */
final class RowExpansion {

  /** Ports a multiport match of iptables takes; a range counts twice (iptables-extensions(8)). */
  private static final int SLOTS = 15;

  /** One end of a row. */
  private record Endpoint(IpPrefix prefix, List<PortRange> ports) {}

  private RowExpansion() {}

  /** How many rows {@link #expand} makes at most, without making them. */
  static long count(FirewallRule rule) {
    long count = 0;
    for (AddressFamily family : AddressFamily.values()) {
      if (rule.protocol().isIn(family)) {
        List<Endpoint> sources = ends(rule.from(), List.of(), family);
        List<Endpoint> destinations = ends(rule.to(), rule.ports(), family);
        count += 2L * sources.size() * destinations.size();
      }
    }
    return rule.protocol() == Protocol.ANY ? count : count / 2;
  }

  static List<FilterRow> expand(Origin origin, FirewallRule rule) {
    List<FilterRow> rows = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      if (!rule.protocol().isIn(family)) {
        continue;
      }
      for (Endpoint source : ends(rule.from(), List.of(), family)) {
        for (Endpoint destination : ends(rule.to(), rule.ports(), family)) {
          for (Protocol protocol : protocols(rule.protocol(), source, destination)) {
            rows.add(
                new FilterRow(
                    family,
                    rule.direction(),
                    rule.action(),
                    protocol,
                    rule.icmpTypes().stream().sorted().distinct().toList(),
                    destination.prefix(),
                    destination.ports(),
                    source.prefix(),
                    source.ports(),
                    rule.interfaceIn(),
                    rule.interfaceOut(),
                    rule.logging(),
                    origin,
                    rule.name(),
                    rule.comment().strip()));
          }
        }
      }
    }
    return rows;
  }

  /** Whether the rule can match a packet of the family. */
  static boolean isPossible(FirewallRule rule, AddressFamily family) {
    return rule.protocol().isIn(family)
        && !ends(rule.from(), List.of(), family).isEmpty()
        && !ends(rule.to(), List.of(), family).isEmpty();
  }

  private static List<Endpoint> ends(
      List<Peer> peers, List<PortRange> ports, AddressFamily family) {
    if (peers.isEmpty()) {
      return chunks(ports).stream()
          .map(chunk -> new Endpoint(IpPrefix.any(family), chunk))
          .toList();
    }
    return peers.stream()
        .flatMap(
            peer ->
                peer.prefixes().stream()
                    .filter(prefix -> prefix.family() == family)
                    .sorted()
                    .distinct()
                    .flatMap(
                        prefix ->
                            chunks(peer.ports().isEmpty() ? ports : peer.ports()).stream()
                                .map(chunk -> new Endpoint(prefix, chunk))))
        .distinct()
        .toList();
  }

  /** ufw has no list or range of ports without a protocol, so those become one row for each. */
  private static List<Protocol> protocols(
      Protocol protocol, Endpoint source, Endpoint destination) {
    boolean list =
        Stream.of(source, destination)
            .anyMatch(
                end -> end.ports().size() > 1 || end.ports().stream().anyMatch(p -> !p.isSingle()));
    return protocol == Protocol.ANY && list
        ? List.of(Protocol.TCP, Protocol.UDP)
        : List.of(protocol);
  }

  private static List<List<PortRange>> chunks(List<PortRange> ports) {
    if (ports.isEmpty()) {
      return List.of(List.of());
    }
    List<List<PortRange>> chunks = new ArrayList<>();
    List<PortRange> chunk = new ArrayList<>();
    int slots = 0;
    for (PortRange range : ports.stream().sorted().distinct().toList()) {
      if (slots + range.slots() > SLOTS) {
        chunks.add(List.copyOf(chunk));
        chunk.clear();
        slots = 0;
      }
      chunk.add(range);
      slots += range.slots();
    }
    chunks.add(List.copyOf(chunk));
    return chunks;
  }
}
