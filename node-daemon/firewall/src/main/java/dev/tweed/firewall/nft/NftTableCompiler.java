package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.IcmpPrecedence;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfExpression.Meta;
import dev.tweed.netlink.nft.NfExpression.Verdict;
import dev.tweed.netlink.nft.NfHook;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfSteps;
import dev.tweed.netlink.nft.NfTableContent;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Makes the table that holds rows on a host without a firewall manager. Pure.
 *
 * <p>What ufw lets through before it looks at a person's rules is let through here, too, so that a
 * row means the same on both: loopback, replies, the ICMP messages no network works without (rows
 * for ICMP itself come before those), DHCP replies. Two things are not taken over. Multicast DNS
 * and UPnP stay closed where a row closes them. And what conntrack calls invalid is dropped on its
 * way in only where a row refuses something: a table that only allows changes nothing for any
 * packet.
 */
final class NftTableCompiler {

  /** Name of the table. */
  static final String TABLE = "tweed-filter";

  /** Destination unreachable, echo request, time exceeded, parameter problem. */
  private static final List<NfInterval> ICMP = NfSteps.singles(3, 8, 11, 12);

  /** Destination unreachable, packet too big, time exceeded, parameter problem, echo. */
  private static final List<NfInterval> ICMPV6_ROUTED = NfSteps.singles(1, 2, 3, 4, 128, 129);

  private static final IpPrefix LINK_LOCAL = IpPrefix.parse("fe80::/10");

  private NftTableCompiler() {}

  /**
   * The table; it has a chain for each direction that has rows.
   *
   * @param log group of the packet log that lines go to; empty is the kernel's own
   */
  static NfTableContent compile(List<FilterRow> rows, OptionalInt log) {
    NftTableBuilder table = new NftTableBuilder(TABLE, log).limit(rows);
    for (Direction direction : Direction.values()) {
      List<FilterRow> own = rows.stream().filter(row -> row.direction() == direction).toList();
      if (!own.isEmpty()) {
        table.chain(direction.hook(), point(direction), 0);
        IcmpPrecedence order = IcmpPrecedence.of(own);
        addBefore(
            table,
            direction,
            own.stream().anyMatch(row -> row.action() != Action.ALLOW),
            () -> table.rows(order.icmp(), NftView.AS_IT_IS));
        table.rows(order.rest(), NftView.AS_IT_IS);
      }
    }
    return table.build();
  }

  /** The hook that packets of a direction come by. */
  static NfHook.Point point(Direction direction) {
    return switch (direction) {
      case IN -> NfHook.Point.INPUT;
      case OUT -> NfHook.Point.OUTPUT;
      case ROUTED -> NfHook.Point.FORWARD;
    };
  }

  /** What the host sends to itself. */
  static NfSteps loopback(Direction direction) {
    return new NfSteps()
        .loopback(direction == Direction.IN ? Meta.Key.INPUT_INDEX : Meta.Key.OUTPUT_INDEX);
  }

  /**
   * Adds what stands before rows.
   *
   * @param refusing whether a row refuses something
   * @param icmp adds the rows that come before what is accepted of ICMP
   */
  static void addBefore(
      NftTableBuilder table, Direction direction, boolean refusing, Runnable icmp) {
    switch (direction) {
      case IN -> {
        add(table, "loopback", loopback(direction));
        addReplies(table);
        if (refusing) {
          table.rule(
              "belongs to no connection",
              new NfSteps().state(NfSteps.State.INVALID),
              Verdict.drop());
        }
        icmp.run();
        addIcmp(table, "as ufw does", AddressFamily.IPV4, ICMP);
        addNeighbours(table);
        addDhcp(table, new NfSteps().family(AddressFamily.IPV4), 67, 68);
        addDhcp(
            table,
            new NfSteps()
                .family(AddressFamily.IPV6)
                .within(NfSteps.source(AddressFamily.IPV6), List.of(LINK_LOCAL))
                .within(NfSteps.destination(AddressFamily.IPV6), List.of(LINK_LOCAL)),
            547,
            546);
      }
      case OUT -> {
        add(table, "loopback", loopback(direction));
        addReplies(table);
        icmp.run();
        addNeighbours(table);
      }
      case ROUTED -> {
        addReplies(table);
        icmp.run();
        addIcmp(table, "as ufw does", AddressFamily.IPV4, ICMP);
        addIcmp(table, "as ufw does", AddressFamily.IPV6, ICMPV6_ROUTED);
      }
    }
  }

  private static void add(NftTableBuilder table, String comment, NfSteps steps) {
    table.rule(comment, steps, Verdict.accept());
  }

  private static void addReplies(NftTableBuilder table) {
    add(table, "replies", new NfSteps().state(NfSteps.State.REPLIES));
  }

  private static void addNeighbours(NftTableBuilder table) {
    // And inverse and secure neighbour discovery, multicast listeners and routers, mobility.
    List<NfInterval> types = new ArrayList<>(ICMPV6_ROUTED);
    types.add(NfInterval.ofNumbers(130, 136, 1));
    types.add(NfInterval.ofNumbers(141, 149, 1));
    types.add(NfInterval.ofNumbers(151, 153, 1));
    addIcmp(table, "neighbours and routers, as ufw does", AddressFamily.IPV6, types);
  }

  private static void addIcmp(
      NftTableBuilder table, String comment, AddressFamily family, List<NfInterval> types) {
    add(table, comment, new NfSteps().icmp(family, types));
  }

  private static void addDhcp(NftTableBuilder table, NfSteps steps, int server, int client) {
    add(
        table,
        "replies of a DHCP server",
        steps
            .protocol(NfSteps.UDP)
            .number(NfSteps.sourcePort(), server)
            .number(NfSteps.destinationPort(), client));
  }
}
