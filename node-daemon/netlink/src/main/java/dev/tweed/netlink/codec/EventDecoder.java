package dev.tweed.netlink.codec;

import dev.tweed.netlink.NetlinkEvent;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Multicast messages to events. Keeps the places of the nftables transaction being told, which the
 * kernel ends with a message of its own: use one decoder per subscription, from one thread.
 */
public final class EventDecoder {
  /** Rule sets have any number of chains; more than these are told by their tables. */
  private static final int MAX_CHAINS = 256;

  /** A hostile one may have any number of tables; more than these are not worth naming. */
  private static final int MAX_PLACES = 512;

  private final Set<NetlinkEvent.NftPlace> touched = new HashSet<>();

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
      case Rt.RTM_NEWRULE, Rt.RTM_DELRULE ->
          RuleDecoder.rule(message)
              .map(
                  rule ->
                      new NetlinkEvent.RuleChanged(rule, message.type() == Rt.RTM_DELRULE, port));
      case Rt.RTM_NEWNEXTHOP, Rt.RTM_DELNEXTHOP ->
          RouteDecoder.nextHopObject(message)
              .map(
                  object ->
                      new NetlinkEvent.NextHopChanged(
                          object, message.type() == Rt.RTM_DELNEXTHOP, port));
      case Rt.RTM_NEWNEIGH, Rt.RTM_DELNEIGH -> neighbourEvent(message);
      case Rt.RTM_NEWNETCONF -> Optional.of(new NetlinkEvent.SettingChanged(port));
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
    touch(place(message.type() & 0xff, attributes));
    return Optional.empty();
  }

  /** The number of the nftables ruleset, if this message tells it. */
  public static OptionalInt nftGeneration(Message message) {
    if (message.type() == (Rt.NFNL_SUBSYS_NFTABLES << 8 | Rt.NFT_MSG_NEWGEN)) {
      AttributeReader attributes = message.attributesAfter(Rt.NFGENMSG_BYTES);
      while (attributes.next()) {
        if (attributes.type() == Rt.NFTA_GEN_ID) {
          return OptionalInt.of(attributes.s32NetworkOrder());
        }
      }
    }
    return OptionalInt.empty();
  }

  private void touch(NetlinkEvent.NftPlace place) {
    if (touched.size() < MAX_CHAINS) {
      touched.add(place);
    } else if (touched.size() < MAX_PLACES && !touched.contains(place)) {
      touched.add(new NetlinkEvent.NftPlace(place.table(), ""));
    }
  }

  private static NetlinkEvent.NftPlace place(int type, AttributeReader attributes) {
    int chainAttribute =
        switch (type) {
          case Rt.NFT_MSG_NEWCHAIN, Rt.NFT_MSG_DELCHAIN -> Rt.NFTA_CHAIN_NAME;
          case Rt.NFT_MSG_NEWRULE, Rt.NFT_MSG_DELRULE -> Rt.NFTA_RULE_CHAIN;
          default -> -1;
        };
    String table = "";
    String chain = "";
    while (attributes.next()) {
      if (attributes.type() == Rt.NFTA_TABLE) {
        table = attributes.text();
      } else if (attributes.type() == chainAttribute) {
        chain = attributes.text();
      }
    }
    return new NetlinkEvent.NftPlace(
        table, chain, type == Rt.NFT_MSG_NEWSETELEM || type == Rt.NFT_MSG_DELSETELEM);
  }

  private NetlinkEvent endOfTransaction(Message message, AttributeReader attributes) {
    Set<NetlinkEvent.NftPlace> places = Set.copyOf(touched);
    touched.clear();
    int processId = 0;
    String processName = "";
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.NFTA_GEN_PROC_PID -> processId = attributes.s32NetworkOrder();
        case Rt.NFTA_GEN_PROC_NAME -> processName = attributes.text();
        default -> {}
      }
    }
    return new NetlinkEvent.NftablesChanged(places, processId, processName, message.port());
  }
}
