package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Routes and rules of others as {@code ip} of iproute2 writes them, and the commands that remove
 * them. Everything comes from typed values but the names of devices and nodes: one that a shell
 * could read as anything else is left out of commands.
 */
final class RouteRenderer {

  /** The kernel allows more in the name of a device, such as {@code $} and {@code ;}. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]*");

  /**
   * Bridges that other pod networks leave behind (flannel and k3s, kubenet, kube-router, Weave).
   */
  private static final Set<String> LEFTOVERS = Set.of("cni0", "cbr0", "kube-bridge", "weave");

  private static final Map<Long, String> TABLES =
      Map.of(253L, "default", Route.MAIN_TABLE, "main", Route.LOCAL_TABLE, "local");

  /** RTN_* of linux/rtnetlink.h. */
  private static final Map<Integer, String> TYPES =
      Map.ofEntries(
          Map.entry(1, "unicast"),
          Map.entry(2, "local"),
          Map.entry(3, "broadcast"),
          Map.entry(4, "anycast"),
          Map.entry(5, "multicast"),
          Map.entry(6, "blackhole"),
          Map.entry(7, "unreachable"),
          Map.entry(8, "prohibit"),
          Map.entry(9, "throw"));

  /** RTPROT_* of linux/rtnetlink.h, as in iproute2's rt_protos; without what nobody runs now. */
  private static final Map<Integer, String> PROTOCOLS =
      Map.ofEntries(
          Map.entry(1, "redirect"),
          Map.entry(2, "kernel"),
          Map.entry(3, "boot"),
          Map.entry(4, "static"),
          Map.entry(9, "ra"),
          Map.entry(11, "zebra"),
          Map.entry(12, "bird"),
          Map.entry(16, "dhcp"),
          Map.entry(18, "keepalived"),
          Map.entry(42, "babel"),
          Map.entry(186, "bgp"),
          Map.entry(187, "isis"),
          Map.entry(188, "ospf"),
          Map.entry(189, "rip"),
          Map.entry(192, "eigrp"));

  private final Map<Integer, Link> links = new HashMap<>();
  private final Collection<Address> addresses;

  RouteRenderer(Collection<Link> links, Collection<Address> addresses) {
    links.forEach(link -> this.links.put(link.index(), link));
    this.addresses = List.copyOf(addresses);
  }

  /** A name, with {@code ?} for what could mean something to a shell or a terminal. */
  static String readable(String name) {
    return name.replaceAll("[^A-Za-z0-9._@-]", "?");
  }

  static boolean isPlain(String name) {
    return PLAIN.matcher(name).matches();
  }

  static String table(long table) {
    return TABLES.getOrDefault(table, Long.toString(table));
  }

  /** The route, for people. */
  String route(Route route) {
    List<String> words = new ArrayList<>();
    if (!route.type().equals(RouteType.UNICAST)) {
      words.add(type(route.type()));
    }
    words.add(route.destination().toString());
    route.source().ifPresent(from -> words.add("from " + from));
    route.gateway().ifPresent(via -> words.add("via " + via));
    if (isDirected(route)) {
      device(route).ifPresent(name -> words.add("dev " + readable(name)));
    }
    String protocol = PROTOCOLS.get(route.protocol().number());
    return String.join(" ", words)
        + " (protocol "
        + (protocol == null ? route.protocol().number() : protocol)
        + ", metric "
        + route.metric()
        + ")";
  }

  /** The command that removes a route, or what the kernel made it from. */
  String removal(Route route) {
    Optional<Link> link = Optional.ofNullable(links.get(route.linkIndex()));
    if (route.protocol().equals(RouteProtocol.KERNEL)
        && link.map(Link::name).filter(RouteRenderer::isPlain).isPresent()) {
      String name = link.get().name();
      if (LEFTOVERS.contains(name) && link.get().kind().equals(Optional.of("bridge"))) {
        return "ip link del " + name;
      }
      Optional<IpPrefix> address = addressBehind(route);
      if (address.isPresent()) {
        return ip(address.get().family()) + "address del " + address.get() + " dev " + name;
      }
    }
    return deletion(route);
  }

  /** The address that the kernel made a route for. */
  private Optional<IpPrefix> addressBehind(Route route) {
    return addresses.stream()
        .filter(address -> address.linkIndex() == route.linkIndex())
        .map(Address::prefix)
        .filter(
            prefix ->
                route.type().equals(RouteType.UNICAST)
                    ? prefix.network().equals(route.destination())
                    : prefix.network().contains(route.destination()))
        .findFirst();
  }

  private String deletion(Route route) {
    List<String> words = new ArrayList<>();
    if (!route.type().equals(RouteType.UNICAST)) {
      words.add(type(route.type()));
    }
    words.add(route.destination().toString());
    route.source().ifPresent(from -> words.add("from " + from));
    if (route.nextHopId() != 0) {
      words.add("nhid " + route.nextHopId());
    } else if (isDirected(route) && route.multipath().isEmpty()) {
      route
          .gateway()
          .ifPresent(
              via ->
                  words.add(
                      via.family() == route.destination().family()
                          ? "via " + via
                          : "via inet6 " + via));
      device(route).filter(RouteRenderer::isPlain).ifPresent(name -> words.add("dev " + name));
    }
    if (route.table() != Route.MAIN_TABLE) {
      words.add("table " + table(route.table()));
    }
    if (route.metric() != 0) {
      words.add("metric " + route.metric());
    }
    // IPv6 does not look at the type: by the maker it is never one of ours.
    words.add("proto " + route.protocol().number());
    return ip(route.destination().family()) + "route del " + String.join(" ", words);
  }

  /** Whether it names a device; IPv6 shows the loopback device for those that drop. */
  private static boolean isDirected(Route route) {
    return route.type().number() < RouteType.BLACKHOLE.number();
  }

  private Optional<String> device(Route route) {
    return Optional.ofNullable(links.get(route.linkIndex())).map(Link::name);
  }

  /** The rule, for people. */
  static String rule(RoutingRule rule) {
    String selectors = selectors(rule, false);
    return rule.preference() + (selectors.isEmpty() ? "" : " (" + selectors + ")");
  }

  /** The rule with what it does, for people. */
  static String ruleAndAction(RoutingRule rule) {
    String selectors = selectors(rule, false);
    return rule.preference()
        + " ("
        + (selectors.isEmpty() ? "" : selectors + " ")
        + action(rule)
        + ")";
  }

  /** The command that removes a rule. */
  static String removal(RoutingRule rule) {
    String selectors = selectors(rule, true);
    return ip(rule.family())
        + "rule del pref "
        + rule.preference()
        + (selectors.isEmpty() ? "" : " " + selectors)
        + " "
        + action(rule);
  }

  private static String selectors(RoutingRule rule, boolean toType) {
    List<String> words = new ArrayList<>();
    if (rule.inverted()) {
      words.add("not");
    }
    rule.source().ifPresent(from -> words.add("from " + from));
    rule.destination().ifPresent(to -> words.add("to " + to));
    rule.inputDevice()
        .filter(name -> !toType || isPlain(name))
        .ifPresent(name -> words.add("iif " + readable(name)));
    rule.outputDevice()
        .filter(name -> !toType || isPlain(name))
        .ifPresent(name -> words.add("oif " + readable(name)));
    if (rule.markMask() != 0) {
      words.add("fwmark 0x%x/0x%x".formatted(rule.mark(), rule.markMask()));
    }
    if (!toType) {
      rule.otherSelectors().stream().sorted().map(RouteRenderer::readable).forEach(words::add);
    }
    return String.join(" ", words);
  }

  private static String action(RoutingRule rule) {
    return switch (rule.action()) {
      case LOOKUP -> "lookup " + table(rule.table());
      case GOTO -> "goto";
      case NOP -> "nop";
      case BLACKHOLE -> "blackhole";
      case UNREACHABLE -> "unreachable";
      case PROHIBIT -> "prohibit";
    };
  }

  static String ip(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "ip " : "ip -6 ";
  }

  private static String type(RouteType type) {
    return TYPES.getOrDefault(type.number(), "type " + type.number());
  }
}
