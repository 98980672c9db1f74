package dev.tweed.dataplane.plan;

import dev.tweed.netlink.Link;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import java.util.Objects;

/**
 * By which signs an object is known as ours. The nftables table is known by its name, {@code inet
 * tweed}.
 *
 * @param aliasPrefix how the alias of our devices begins; the PodNetwork's name follows
 * @param routeProtocol maker of our routes and routing rules
 */
public record Marks(String aliasPrefix, RouteProtocol routeProtocol) {

  /**
   * Group of devices we made. The kernel takes it with the creation, and an alias only afterwards:
   * without it, a device would be nobody's for good when we end in between and want another then.
   */
  public static final int LINK_GROUP = 7416;

  private static final int MAX_ALIAS = 255; // IFALIASZ - 1, linux/if.h

  /** Refuses nulls and a prefix that every alias would have. */
  public Marks {
    Objects.requireNonNull(routeProtocol, "routeProtocol");
    if (aliasPrefix.isEmpty()) {
      throw new IllegalArgumentException("an empty aliasPrefix would make every device ours");
    }
  }

  /** The alias of a device of this PodNetwork; the kernel has no room for the longest names. */
  public String alias(String podNetwork) {
    String alias = aliasPrefix + podNetwork;
    return alias.substring(0, Math.min(alias.length(), MAX_ALIAS));
  }

  /** Whether a device carries our mark, whichever PodNetwork it was made for. */
  public boolean owns(Link link) {
    return link.alias()
        .map(alias -> alias.startsWith(aliasPrefix))
        .orElse(link.group() == LINK_GROUP && isOfKindWeMake(link));
  }

  /** A number may be anybody's; devices of other kinds or names are not. */
  private static boolean isOfKindWeMake(Link link) {
    return switch (link.kind().orElse("")) {
      case "vxlan", "bridge" -> true;
      case "veth" -> ProbeDevice.isName(link.name());
      default -> false;
    };
  }

  /** Whether a route carries our mark. */
  public boolean owns(Route route) {
    return route.protocol().number() == routeProtocol.number() && route.table() == Route.MAIN_TABLE;
  }

  /** Whether a nexthop object carries our mark. */
  public boolean owns(NextHopObject object) {
    return object.protocol().equals(routeProtocol);
  }

  /** Whether a routing rule carries our mark. */
  public boolean owns(RoutingRule rule) {
    return rule.protocol().equals(routeProtocol);
  }

  /** The PodNetwork a device of ours was made for. */
  public String podNetwork(Link link) {
    return link.alias().map(alias -> alias.substring(aliasPrefix.length())).orElse("");
  }
}
