package dev.tweed.firewall.nft;

import dev.tweed.firewall.nft.NftTable.Chain;
import dev.tweed.firewall.nft.NftTable.Hook;
import dev.tweed.firewall.nft.NftTable.Rule;
import dev.tweed.firewall.nft.NftTable.View;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes the table that holds rows on a host without a firewall manager. Pure.
 *
 * <p>What ufw lets through before it looks at a person's rules is let through here, too, so that a
 * row means the same on both: loopback, replies, the ICMP messages no network works without, DHCP
 * replies. Two things are not taken over. Multicast DNS and UPnP stay closed where a row closes
 * them. And what conntrack calls invalid is dropped on its way in only where a row refuses
 * something: a table that only allows changes nothing for any packet.
 *
 * <p>{@link Action#LIMIT}: a source may open 5 connections at once and 10 a minute; one more, and
 * it is refused until it has kept to that for 30 seconds. ufw (xt_recent) looks at the last 30
 * seconds instead: the 6th connection within them is refused, and refused ones count. At full speed
 * both refuse the 6th and all that follow. All limited rows share the count of a source, as in ufw,
 * which remembers 100 sources; here they are 65,535 of each family, and more share one count.
 */
final class NftTableCompiler {

  /** Name of the table. */
  static final String TABLE = "tweed-filter";

  private static final Rule REPLIES =
      new Rule.Fixed("ct state established,related accept", "replies");
  private static final Rule ICMP =
      new Rule.Fixed(
          "icmp type { destination-unreachable, time-exceeded, parameter-problem, echo-request }"
              + " accept",
          "as ufw does");
  // 141..153: inverse and secure neighbour discovery, multicast listeners and routers, mobility.
  private static final Rule ICMPV6 =
      new Rule.Fixed(
          "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded,"
              + " parameter-problem, echo-request, echo-reply, 130-136, 141-149, 151-153 } accept",
          "neighbours and routers, as ufw does");
  private static final Rule ICMPV6_ROUTED =
      new Rule.Fixed(
          "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded,"
              + " parameter-problem, echo-request, echo-reply } accept",
          "as ufw does");

  private NftTableCompiler() {}

  /** The table; it has a chain for each direction that has rows. */
  static NftTable compile(List<FilterRow> rows) {
    List<Chain> chains = new ArrayList<>();
    boolean limited = rows.stream().anyMatch(row -> row.action() == Action.LIMIT);
    if (limited) {
      chains.add(limit());
    }
    for (Direction direction : Direction.values()) {
      List<FilterRow> own = rows.stream().filter(row -> row.direction() == direction).toList();
      if (!own.isEmpty()) {
        chains.add(chain(direction, own));
      }
    }
    return new NftTable(TABLE, limited ? limitSets() : List.of(), chains);
  }

  private static Chain chain(Direction direction, List<FilterRow> rows) {
    List<Rule> rules = new ArrayList<>(before(direction, rows));
    rules.addAll(NftRuleCompiler.compile(rows, View.AS_IT_IS));
    String name =
        switch (direction) {
          case IN -> "input";
          case OUT -> "output";
          case ROUTED -> "forward";
        };
    return new Chain(name, Optional.of(new Hook(name, 0)), rules);
  }

  private static List<Rule> before(Direction direction, List<FilterRow> rows) {
    return switch (direction) {
      case IN -> {
        List<Rule> rules = new ArrayList<>();
        rules.add(new Rule.Fixed("iif \"lo\" accept", "loopback"));
        rules.add(REPLIES);
        if (rows.stream().anyMatch(row -> row.action() != Action.ALLOW)) {
          rules.add(new Rule.Fixed("ct state invalid drop", "belongs to no connection"));
        }
        rules.add(ICMP);
        rules.add(ICMPV6);
        rules.add(
            new Rule.Fixed(
                "meta nfproto ipv4 udp sport 67 udp dport 68 accept", "replies of a DHCP server"));
        rules.add(
            new Rule.Fixed(
                "ip6 saddr fe80::/10 ip6 daddr fe80::/10 udp sport 547 udp dport 546 accept",
                "replies of a DHCP server"));
        yield rules;
      }
      case OUT -> List.of(new Rule.Fixed("oif \"lo\" accept", "loopback"), REPLIES, ICMPV6);
      case ROUTED -> List.of(REPLIES, ICMP, ICMPV6_ROUTED);
    };
  }

  /** What limited rows jump to. */
  static Chain limit() {
    List<Rule> rules = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      String source = NftMatchRenderer.ip(family) + " saddr";
      rules.add(
          new Rule.Fixed(
              "ct state new update @%1$s { %3$s limit rate over 10/minute burst 5 packets } update @%2$s { %3$s }"
                  .formatted(seen("attempts", family), seen("refused", family), source),
              "more than 5 at once, or 10 a minute"));
      rules.add(
          new Rule.Fixed(
              "ct state new %s @%s reject".formatted(source, seen("refused", family)),
              "until it has kept to that for 30 s"));
      rules.add(
          new Rule.Fixed(
              "ct state new %s != @%s limit rate over 60/minute burst 10 packets reject"
                  .formatted(source, seen("attempts", family)),
              "too many sources to count each"));
    }
    rules.add(new Rule.Fixed("accept", "within limits"));
    return new Chain("limited", Optional.empty(), rules);
  }

  static List<NftTable.Set> limitSets() {
    List<NftTable.Set> sets = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      sets.add(new NftTable.Set.Seen(seen("attempts", family), family));
      sets.add(new NftTable.Set.Seen(seen("refused", family), family));
    }
    return sets;
  }

  private static String seen(String what, AddressFamily family) {
    return what + "-" + NftMatchRenderer.name(family);
  }
}
