package dev.tweed.netlink.codec;

import dev.tweed.netlink.NetlinkEvent;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Multicast messages to events. Keeps the tables of the nftables transaction being told, which the
 * kernel ends with a message of its own: use one decoder per subscription, from one thread.
 */
public final class EventDecoder {
  /** A hostile rule set may have any number of tables; more than these are not worth naming. */
  private static final int MAX_TABLES = 256;

  private final Set<String> touchedTables = new HashSet<>();

  /**
   * The event of a NETLINK_ROUTE message; empty when it tells nothing of interest.
   *
   * @throws dev.tweed.netlink.NetlinkException (MALFORMED) when it cannot be decoded
   */
  public Optional<NetlinkEvent> routeEvent(Message message) {
    int port = message.port();
    return switch (message.type()) {
      case Rt.RTM_NEWLINK, Rt.RTM_DELLINK ->
          LinkDecoder.link(message)
              .map(
                  link ->
                      new NetlinkEvent.LinkChanged(link, message.type() == Rt.RTM_DELLINK, port));
      case Rt.RTM_NEWADDR, Rt.RTM_DELADDR ->
          ObjectDecoder.address(message)
              .map(
                  address ->
                      new NetlinkEvent.AddressChanged(
                          address, message.type() == Rt.RTM_DELADDR, port));
      case Rt.RTM_NEWROUTE, Rt.RTM_DELROUTE ->
          RouteDecoder.isCloned(message)
              ? Optional.empty()
              : RouteDecoder.route(message)
                  .map(
                      route ->
                          new NetlinkEvent.RouteChanged(
                              route, message.type() == Rt.RTM_DELROUTE, port));
      case Rt.RTM_NEWNEIGH, Rt.RTM_DELNEIGH -> neighbourEvent(message);
      default -> Optional.empty();
    };
  }

  private static Optional<NetlinkEvent> neighbourEvent(Message message) {
    boolean removed = message.type() == Rt.RTM_DELNEIGH;
    return ObjectDecoder.isFdb(message)
        ? ObjectDecoder.fdb(message)
            .map(entry -> new NetlinkEvent.FdbChanged(entry, removed, message.port()))
        : ObjectDecoder.neighbour(message)
            .map(
                neighbour -> new NetlinkEvent.NeighbourChanged(neighbour, removed, message.port()));
  }

  /**
   * The event of a NETLINK_NETFILTER message: one per nftables transaction, at its end.
   *
   * @throws dev.tweed.netlink.NetlinkException (MALFORMED) when it cannot be decoded
   */
  public Optional<NetlinkEvent> netfilterEvent(Message message) {
    if (message.type() >>> 8 != Rt.NFNL_SUBSYS_NFTABLES) {
      return Optional.empty();
    }
    AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
    if ((message.type() & 0xff) == Rt.NFT_MSG_NEWGEN) {
      return Optional.of(endOfTransaction(message, attributes));
    }
    while (attributes.next()) {
      if (attributes.type() == Rt.NFTA_TABLE && touchedTables.size() < MAX_TABLES) {
        touchedTables.add(attributes.text());
      }
    }
    return Optional.empty();
  }

  private NetlinkEvent endOfTransaction(Message message, AttributeReader attributes) {
    Set<String> tables = Set.copyOf(touchedTables);
    touchedTables.clear();
    int processId = 0;
    String processName = "";
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_GEN_PROC_PID -> processId = attributes.s32NetworkOrder();
        case Rt.NFTA_GEN_PROC_NAME -> processName = attributes.text();
        default -> {}
      }
    }
    return new NetlinkEvent.NftablesChanged(tables, processId, processName, message.port());
  }
}
