package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.Objects;
import java.util.Optional;

/**
 * A route of the probe device's table, as it should be.
 *
 * @param destination where to
 * @param gateway next router, if not the destination itself
 * @param local whether the destination is the host's own
 */
public record ProbeRoute(IpPrefix destination, Optional<IpAddress> gateway, boolean local) {
  /** Refuses nulls. */
  public ProbeRoute {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(gateway, "gateway");
  }

  static ProbeRoute local(IpAddress address) {
    return new ProbeRoute(IpPrefix.host(address), Optional.empty(), true);
  }

  static ProbeRoute onLink(IpAddress address) {
    return new ProbeRoute(IpPrefix.host(address), Optional.empty(), false);
  }

  static ProbeRoute defaultVia(IpAddress gateway) {
    IpAddress any =
        switch (gateway) {
          case Ipv4Address v4 -> new Ipv4Address(0);
          case Ipv6Address v6 -> new Ipv6Address(0, 0);
        };
    return new ProbeRoute(new IpPrefix(any, 0), Optional.of(gateway), false);
  }

  /** The kernel's form, once the device's index is known; before those of others in the table. */
  public Route on(int linkIndex, RouteProtocol protocol) {
    Route route =
        local
            ? Route.local(destination.address(), linkIndex, protocol)
            : gateway
                .map(via -> Route.via(destination, via, linkIndex, protocol))
                .orElseGet(() -> Route.through(destination, linkIndex, protocol));
    // IPv6 makes 1024 of 0.
    return route
        .withTable(ProbeDevice.TABLE)
        .withMetric(destination.family() == AddressFamily.IPV6 ? 1 : 0);
  }

  @Override
  public String toString() {
    return (local ? "local " : "")
        + (destination.length() == 0 ? "default" : destination.address())
        + gateway.map(via -> " via " + via).orElse("");
  }
}
