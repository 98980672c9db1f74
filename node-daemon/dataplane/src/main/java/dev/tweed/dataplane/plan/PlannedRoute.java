package dev.tweed.dataplane.plan;

import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.Objects;

/**
 * A route as it should be.
 *
 * @param destination block of a peer
 * @param gateway next router
 * @param device link to it, by name: it may not exist yet
 * @param metric priority, part of the kernel's key
 * @param onlink whether the gateway is taken to be on the link although no route says so
 */
public record PlannedRoute(
    IpPrefix destination, IpAddress gateway, String device, long metric, boolean onlink) {
  /** Refuses nulls. */
  public PlannedRoute {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(gateway, "gateway");
    Objects.requireNonNull(device, "device");
  }

  /** The kernel's form, once the device's index is known. */
  public Route on(int linkIndex, RouteProtocol protocol) {
    Route route = Route.via(destination, gateway, linkIndex, protocol).withMetric(metric);
    return onlink ? route.withOnlink() : route;
  }
}
