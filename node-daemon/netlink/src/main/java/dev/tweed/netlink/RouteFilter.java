package dev.tweed.netlink;

import dev.tweed.ip.AddressFamily;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Which routes to read; an absent part matches everything. The kernel applies it, so a filtered
 * dump costs what it returns.
 *
 * @param family one family, or both
 * @param table one table, or all
 * @param protocol one maker, or all
 * @param linkIndex one outgoing device, or all
 */
public record RouteFilter(
    Optional<AddressFamily> family,
    OptionalLong table,
    Optional<RouteProtocol> protocol,
    OptionalInt linkIndex) {

  /** Every route of both families in every table. */
  public static final RouteFilter ALL =
      new RouteFilter(
          Optional.empty(), OptionalLong.empty(), Optional.empty(), OptionalInt.empty());

  /** Refuses nulls. */
  public RouteFilter {
    Objects.requireNonNull(family, "family");
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(protocol, "protocol");
    Objects.requireNonNull(linkIndex, "linkIndex");
  }

  /** And of this family only. */
  public RouteFilter withFamily(AddressFamily only) {
    return new RouteFilter(Optional.of(only), table, protocol, linkIndex);
  }

  /** And in this table only. */
  public RouteFilter withTable(long only) {
    return new RouteFilter(family, OptionalLong.of(only), protocol, linkIndex);
  }

  /** And made by this protocol only. */
  public RouteFilter withProtocol(RouteProtocol only) {
    return new RouteFilter(family, table, Optional.of(only), linkIndex);
  }

  /** And leaving by this device only. */
  public RouteFilter withLink(int only) {
    return new RouteFilter(family, table, protocol, OptionalInt.of(only));
  }

  /** Whether a route passes; multipath routes pass the device test by any of their ways. */
  public boolean matches(Route route) {
    return family.map(f -> f == route.destination().family()).orElse(true)
        && (table.isEmpty() || table.getAsLong() == route.table())
        && protocol.map(p -> p.equals(route.protocol())).orElse(true)
        && (linkIndex.isEmpty() || leavesBy(route, linkIndex.getAsInt()));
  }

  private static boolean leavesBy(Route route, int link) {
    return route.linkIndex() == link
        || route.multipath().stream().anyMatch(way -> way.linkIndex() == link);
  }
}
