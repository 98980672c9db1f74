package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Scope;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the links that carry the node's own addresses. The addresses are those of its NodeSubnet:
 * no guess by default route, which picks the wrong one on nodes with several networks.
 */
final class UnderlayPlanner {

  /** Bytes VXLAN puts around an IP packet: outer IP 20 or 40, UDP 8, VXLAN 8, inner Ethernet 14. */
  static int overhead(AddressFamily family) {
    return switch (family) {
      case IPV4 -> 50;
      case IPV6 -> 70;
    };
  }

  /**
   * An address of this node between nodes.
   *
   * @param address the address
   * @param link the link that has it
   * @param mtu the largest IP packet it takes, bytes
   * @param lowerIndex device to bind a tunnel to; 0 when the address is on a device that sends
   *     nothing itself (loopback or dummy, as where nodes speak BGP)
   */
  record Choice(IpAddress address, Link link, int mtu, int lowerIndex) {}

  /** The choice for each family the node has an address of on some link. */
  Map<AddressFamily, Choice> choose(
      List<IpAddress> nodeIps, TranslatedAddresses translated, NodeFacts facts) {
    Map<AddressFamily, Choice> choices = new EnumMap<>(AddressFamily.class);
    for (IpAddress ip : nodeIps) {
      if (!choices.containsKey(ip.family())) {
        carrier(ip, facts)
            .map(link -> choice(ip, link, facts))
            .or(
                () ->
                    translated.contains(ip)
                        ? behind(ip.family(), translated, facts)
                        : Optional.empty())
            .ifPresent(choice -> choices.put(ip.family(), choice));
      }
    }
    return choices;
  }

  /** What a translated address stands for: the first one of the first link that is named. */
  private static Optional<Choice> behind(
      AddressFamily family, TranslatedAddresses translated, NodeFacts facts) {
    for (String name : translated.links()) {
      for (Address address : facts.addresses()) {
        Optional<Link> link =
            facts
                .link(address.linkIndex())
                .filter(l -> TranslatedAddresses.matches(name, l.name()) && !sendsNothing(l));
        IpAddress own = address.prefix().address();
        if (link.isPresent() && own.family() == family && address.scope().equals(Scope.UNIVERSE)) {
          return Optional.of(choice(own, link.get(), facts));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Link> carrier(IpAddress ip, NodeFacts facts) {
    Optional<Link> quiet = Optional.empty();
    for (Address address : facts.addresses()) {
      if (address.prefix().address().equals(ip)) {
        Optional<Link> link = facts.link(address.linkIndex());
        if (link.filter(found -> !sendsNothing(found)).isPresent()) {
          return link;
        }
        quiet = quiet.or(() -> link);
      }
    }
    return quiet;
  }

  private static Choice choice(IpAddress ip, Link link, NodeFacts facts) {
    if (!sendsNothing(link)) {
      return new Choice(ip, link, link.mtu(), link.index());
    }
    int mtu =
        facts.links().stream()
            .filter(other -> other.isUp() && !sendsNothing(other) && isUplink(other))
            .mapToInt(Link::mtu)
            .min()
            .orElse(1500);
    return new Choice(ip, link, mtu, 0);
  }

  private static boolean sendsNothing(Link link) {
    return link.isLoopback() || link.kind().equals(Optional.of("dummy"));
  }

  private static boolean isUplink(Link link) {
    return link.kind()
        .map(kind -> kind.equals("bond") || kind.equals("vlan") || kind.equals("team"))
        .orElse(true);
  }
}
