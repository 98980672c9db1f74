package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The pair of devices by which this node and others probe each other, as it should be. One end is a
 * port of the bridge, the other has the probe addresses, which so lie where pods lie: packets to
 * and from them take a pod's way. For that the addresses are the host's own only for what comes in
 * by that end, by a table of our own, and packets from them leave by it.
 *
 * @param alias our mark
 * @param mac hardware address of the end with the addresses
 * @param portMac hardware address of the port
 * @param mtu bytes, of both
 * @param bridge the bridge of the pods
 * @param bridgeMac its hardware address
 * @param sources the probe addresses, with the bridge's address in the same block
 */
public record ProbeDevice(
    String alias,
    MacAddress mac,
    MacAddress portMac,
    int mtu,
    String bridge,
    MacAddress bridgeMac,
    List<Source> sources) {

  /** Name of the end that has the addresses. */
  public static final String NAME = ProbeAddress.DEVICE;

  /** Name of the end that is a port of the bridge. */
  public static final String PORT = "tweed-probe-br";

  /** Routing table that what comes in by the device and from its addresses looks into. */
  public static final long TABLE = 7416;

  /** Of the rules: before those of others, after that of the kernel for the local table. */
  public static final long PREFERENCE = 74;

  /** A gateway cannot be an address of the host's own in IPv6: this one is nobody's. */
  private static final IpAddress IPV6_GATEWAY = IpAddress.parse("fe80::7416");

  /** Refuses nulls; copies the list. */
  public ProbeDevice {
    Objects.requireNonNull(alias, "alias");
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(portMac, "portMac");
    Objects.requireNonNull(bridge, "bridge");
    Objects.requireNonNull(bridgeMac, "bridgeMac");
    sources = List.copyOf(sources);
  }

  /**
   * A probe address.
   *
   * @param address the address
   * @param gateway the bridge's in the same block
   */
  public record Source(IpAddress address, IpAddress gateway) {}

  /** Whether a device of this name is one of the pair. */
  public static boolean isName(String name) {
    return name.equals(NAME) || name.equals(PORT);
  }

  /** What the device has as addresses. */
  public List<IpPrefix> addresses() {
    return sources.stream().map(source -> IpPrefix.host(source.address())).toList();
  }

  /** The families of the addresses. */
  public Set<AddressFamily> families() {
    Set<AddressFamily> families = EnumSet.noneOf(AddressFamily.class);
    sources.forEach(source -> families.add(source.address().family()));
    return families;
  }

  /** The routes of the table, in the order to add them: each way out after that to its gateway. */
  public List<ProbeRoute> routes() {
    List<ProbeRoute> routes = new ArrayList<>();
    for (AddressFamily family : families()) {
      List<Source> own =
          sources.stream().filter(source -> source.address().family() == family).toList();
      own.forEach(source -> routes.add(ProbeRoute.local(source.address())));
      switch (family) {
        case IPV4 -> {
          IpAddress gateway = own.getFirst().gateway();
          routes.add(ProbeRoute.onLink(gateway));
          routes.add(ProbeRoute.defaultVia(gateway));
        }
        case IPV6 -> routes.add(ProbeRoute.defaultVia(IPV6_GATEWAY));
      }
    }
    return routes;
  }

  /** The permanent neighbours. */
  public Map<IpAddress, MacAddress> neighbours() {
    return families().contains(AddressFamily.IPV6) ? Map.of(IPV6_GATEWAY, bridgeMac) : Map.of();
  }

  /** The rules that lead into the table. */
  public Set<RoutingRule> rules(RouteProtocol protocol) {
    Set<RoutingRule> rules = new LinkedHashSet<>();
    for (AddressFamily family : families()) {
      RoutingRule any = RoutingRule.lookup(family, PREFERENCE, TABLE, protocol);
      rules.add(any.withInputDevice(NAME));
      sources.stream()
          .map(source -> IpPrefix.host(source.address()))
          .filter(source -> source.family() == family)
          .forEach(source -> rules.add(any.withSource(source).withInputDevice("lo")));
    }
    return rules;
  }
}
