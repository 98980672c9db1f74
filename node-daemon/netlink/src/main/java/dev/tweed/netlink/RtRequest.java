package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One change of kernel state. Each becomes one rtnetlink message; the kernel applies them one by
 * one and in order, so a later one may rely on an earlier one of the same batch.
 */
public sealed interface RtRequest {

  /**
   * Makes a VXLAN device with everything set at creation, down. Fails with {@code EEXIST} when the
   * name is taken or another device has the same VNI, port and family.
   *
   * <p>It has no alias: the kernel ignores {@code IFLA_IFALIAS} in a creation (seen on 6.18;
   * rtnl_create_link() in net/core/rtnetlink.c does not read it). Set it by {@link LinkSet} once
   * the creation is known to have succeeded: in the same batch it would mark a foreign device when
   * the creation fails.
   *
   * @param name device name
   * @param mac hardware address; set now, or systemd-udevd's MACAddressPolicy may race for it
   * @param mtu bytes; the kernel lowers it to what the underlay device allows
   * @param vni 0..16777215
   * @param port UDP destination port, 1..65535
   * @param local underlay address to send from; its family is the underlay's
   * @param lowerIndex underlay device, 0 for none
   * @param learning whether peers may be learned from packets
   * @param group device group; settable at creation, unlike the alias. 0 is the default group
   */
  record LinkCreateVxlan(
      String name,
      MacAddress mac,
      int mtu,
      int vni,
      int port,
      IpAddress local,
      int lowerIndex,
      boolean learning,
      int group)
      implements RtRequest {

    /** Refuses what no kernel accepts. */
    public LinkCreateVxlan {
      LinkName.requireValid(name);
      requireOwnable(mac);
      requireMtu(mtu);
      Objects.requireNonNull(local, "local");
      if (vni < 0 || vni > 0xff_ffff) {
        throw new IllegalArgumentException("a VNI is 0..16777215, not " + vni);
      }
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("a UDP port is 1..65535, not " + port);
      }
    }

    /** Without learning and in the default group. */
    public LinkCreateVxlan(
        String name, MacAddress mac, int mtu, int vni, int port, IpAddress local, int lowerIndex) {
      this(name, mac, mtu, vni, port, local, lowerIndex, false, 0);
    }
  }

  /**
   * Makes a bridge, down, without spanning tree. Its MAC is fixed from the start, so it does not
   * change with its ports. Its MTU does: what is given at creation is a default that follows the
   * smallest port until a {@link LinkSet} <em>changes</em> it (br_mtu_auto_adjust() in
   * net/bridge/br_if.c; setting the value it has already does not count). For an MTU that stays,
   * create with another one and set the wanted one after.
   *
   * @param name device name
   * @param mac hardware address
   * @param mtu bytes
   * @param group device group, 0 is the default group
   */
  record LinkCreateBridge(String name, MacAddress mac, int mtu, int group) implements RtRequest {

    /** Refuses what no kernel accepts. */
    public LinkCreateBridge {
      LinkName.requireValid(name);
      requireOwnable(mac);
      requireMtu(mtu);
    }

    /** In the default group. */
    public LinkCreateBridge(String name, MacAddress mac, int mtu) {
      this(name, mac, mtu, 0);
    }
  }

  /**
   * Makes a pair of devices, each the other end of the other, both down (drivers/net/veth.c).
   * {@code EEXIST} when either name is taken; none is made then.
   *
   * @param name name of the one
   * @param mac its hardware address; set now, as for {@link LinkCreateVxlan}
   * @param mtu its MTU, bytes
   * @param peerName name of the other
   * @param peerMac its hardware address
   * @param peerMtu its MTU, bytes
   * @param group device group of both, 0 is the default group
   */
  record LinkCreateVeth(
      String name,
      MacAddress mac,
      int mtu,
      String peerName,
      MacAddress peerMac,
      int peerMtu,
      int group)
      implements RtRequest {

    /** Refuses what no kernel accepts. */
    public LinkCreateVeth {
      LinkName.requireValid(name);
      requireOwnable(mac);
      requireMtu(mtu);
      LinkName.requireValid(peerName);
      requireOwnable(peerMac);
      requireMtu(peerMtu);
    }

    /** In the default group. */
    public LinkCreateVeth(
        String name, MacAddress mac, int mtu, String peerName, MacAddress peerMac, int peerMtu) {
      this(name, mac, mtu, peerName, peerMac, peerMtu, 0);
    }
  }

  /**
   * Changes what is present, leaves the rest. Start from {@link #of} and add to it.
   *
   * @param link which device
   * @param up administrative state
   * @param mtu bytes
   * @param mac hardware address
   * @param alias at most 255 bytes; the empty text removes it
   * @param masterIndex bridge to join, 0 to leave
   * @param txQueueLength packets
   * @param hairpin whether frames may leave by the bridge port they came in by; {@code EOPNOTSUPP}
   *     when the device is no port. Not together with {@code masterIndex}: the kernel applies it to
   *     the bridge the device was in before (rtnl_newlink() in net/core/rtnetlink.c looks the
   *     master up first), so join by a request of its own, then set it
   */
  record LinkSet(
      LinkRef link,
      Optional<Boolean> up,
      OptionalInt mtu,
      Optional<MacAddress> mac,
      Optional<String> alias,
      OptionalInt masterIndex,
      OptionalInt txQueueLength,
      Optional<Boolean> hairpin)
      implements RtRequest {

    private static final int MAX_ALIAS_BYTES = 255; // IFALIASZ - 1

    /** Refuses what no kernel accepts. */
    public LinkSet {
      Objects.requireNonNull(link, "link");
      Objects.requireNonNull(up, "up");
      mtu.ifPresent(RtRequest::requireMtu);
      mac.ifPresent(RtRequest::requireOwnable);
      Objects.requireNonNull(masterIndex, "masterIndex");
      Objects.requireNonNull(txQueueLength, "txQueueLength");
      if (hairpin.isPresent() && masterIndex.isPresent()) {
        throw new IllegalArgumentException(
            "hairpin cannot be set by the request that changes the master; set it by a later one");
      }
      alias.ifPresent(
          text -> {
            if (text.getBytes(StandardCharsets.UTF_8).length > MAX_ALIAS_BYTES
                || text.indexOf('\0') >= 0) {
              throw new IllegalArgumentException(
                  "a link alias has at most 255 bytes and no NUL: '" + text + "'");
            }
          });
    }

    /** A change of nothing yet. */
    public static LinkSet of(LinkRef link) {
      return new LinkSet(
          link,
          Optional.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          Optional.empty());
    }

    /** A change of nothing yet, of the device with this index. */
    public static LinkSet of(int index) {
      return of(LinkRef.of(index));
    }

    /** A change of nothing yet, of the device with this name. */
    public static LinkSet of(String name) {
      return of(LinkRef.of(name));
    }

    /** And takes it up or down. */
    public LinkSet withUp(boolean isUp) {
      return new LinkSet(
          link, Optional.of(isUp), mtu, mac, alias, masterIndex, txQueueLength, hairpin);
    }

    /** And sets its MTU. */
    public LinkSet withMtu(int bytes) {
      return new LinkSet(
          link, up, OptionalInt.of(bytes), mac, alias, masterIndex, txQueueLength, hairpin);
    }

    /** And sets its hardware address. */
    public LinkSet withMac(MacAddress address) {
      return new LinkSet(
          link, up, mtu, Optional.of(address), alias, masterIndex, txQueueLength, hairpin);
    }

    /** And sets its alias. */
    public LinkSet withAlias(String text) {
      return new LinkSet(
          link, up, mtu, mac, Optional.of(text), masterIndex, txQueueLength, hairpin);
    }

    /** And makes it a port of a bridge; 0 takes it out. */
    public LinkSet withMaster(int bridgeIndex) {
      return new LinkSet(
          link, up, mtu, mac, alias, OptionalInt.of(bridgeIndex), txQueueLength, hairpin);
    }

    /** And sets the length of its transmit queue. */
    public LinkSet withTxQueueLength(int packets) {
      return new LinkSet(link, up, mtu, mac, alias, masterIndex, OptionalInt.of(packets), hairpin);
    }

    /** And lets frames leave by the bridge port they came in by, or not. */
    public LinkSet withHairpin(boolean on) {
      return new LinkSet(link, up, mtu, mac, alias, masterIndex, txQueueLength, Optional.of(on));
    }
  }

  /**
   * Switches off a bridge's spanning tree, so that its ports forward at once, and VLAN filtering.
   *
   * @param filters whether it filters VLANs; a kernel that cannot refuses to be asked not to
   */
  record BridgeReset(LinkRef link, boolean filters) implements RtRequest {
    /** Refuses null. */
    public BridgeReset {
      Objects.requireNonNull(link, "link");
    }
  }

  /** Removes a device; {@code ENODEV} when there is none. */
  record LinkDelete(LinkRef link) implements RtRequest {
    /** Refuses null. */
    public LinkDelete {
      Objects.requireNonNull(link, "link");
    }
  }

  /** Adds an address; {@code EEXIST} when the device has it already. */
  record AddressAdd(Address address) implements RtRequest {
    /** Refuses null. */
    public AddressAdd {
      Objects.requireNonNull(address, "address");
    }
  }

  /** Removes an address; {@code EADDRNOTAVAIL} when the device has none such. */
  record AddressDelete(Address address) implements RtRequest {
    /** Refuses null. */
    public AddressDelete {
      Objects.requireNonNull(address, "address");
    }
  }

  /**
   * Adds a route, or replaces the one with the same destination, table and metric. Multipath routes
   * are read but not written: use a nexthop object.
   */
  record RouteReplace(Route route) implements RtRequest {
    /** Refuses a multipath route. */
    public RouteReplace {
      requireWritable(route);
    }
  }

  /**
   * Adds a route and replaces none ({@code NLM_F_CREATE} alone). An IPv4 route goes before those of
   * the same destination, table and metric, and so is the one that counts (fib_table_insert() in
   * net/ipv4/fib_trie.c); an IPv6 route goes behind them or, if both have gateways of their own,
   * becomes another way of the same multipath route (fib6_add_rt2node() in net/ipv6/ip6_fib.c).
   * {@code EEXIST} when there is one that differs in nothing. Multipath routes are not written, as
   * for {@link RouteReplace}.
   */
  record RouteAdd(Route route) implements RtRequest {
    /** Refuses a multipath route. */
    public RouteAdd {
      requireWritable(route);
    }
  }

  /** Removes the route that matches in every given field; {@code ESRCH} when none does. */
  record RouteDelete(Route route) implements RtRequest {
    /** Refuses null. */
    public RouteDelete {
      Objects.requireNonNull(route, "route");
    }
  }

  /** Adds a routing rule; {@code EEXIST} when there is one that differs in nothing. */
  record RuleAdd(RoutingRule rule) implements RtRequest {
    /** Refuses a rule that cannot be told in full, and a look-up in no table. */
    public RuleAdd {
      requireWritable(rule);
      if (rule.action() == RuleAction.LOOKUP && rule.table() == 0) {
        throw new IllegalArgumentException("a rule that looks up needs a table: " + rule);
      }
    }
  }

  /**
   * Removes the first rule that has this preference and action and matches in every other given
   * field; {@code ENOENT} when none does. What is absent or 0 matches anything, and so does {@code
   * inverted} (rule_find() in net/core/fib_rules.c): read the rules first where that may not be.
   */
  record RuleDelete(RoutingRule rule) implements RtRequest {
    /** Refuses a rule that cannot be told in full: another might match. */
    public RuleDelete {
      requireWritable(rule);
    }
  }

  /**
   * Adds a nexthop object, or replaces the one with the same id, for all routes that use it at
   * once.
   */
  record NextHopReplace(NextHopObject object) implements RtRequest {
    /** Refuses what is only read. */
    public NextHopReplace {
      if (!object.isWritable()) {
        throw new IllegalArgumentException(
            "only a gateway or device can be written as a nexthop object: " + object);
      }
    }
  }

  /**
   * Removes a nexthop object; {@code ENOENT} when there is none. The routes that use it go with it;
   * IPv4 ones without an event of their own (remove_nexthop() in net/ipv4/nexthop.c).
   */
  record NextHopDelete(long id) implements RtRequest {}

  /** Adds a neighbour, or replaces the one with the same device and address. */
  record NeighbourReplace(Neighbour neighbour) implements RtRequest {
    /** Refuses null. */
    public NeighbourReplace {
      Objects.requireNonNull(neighbour, "neighbour");
    }
  }

  /** Removes a neighbour; {@code ENOENT} when there is none such. */
  record NeighbourDelete(int linkIndex, IpAddress address) implements RtRequest {
    /** Refuses null. */
    public NeighbourDelete {
      Objects.requireNonNull(address, "address");
    }
  }

  /** Adds an FDB entry, or replaces the VTEP of the one with the same device and MAC. */
  record FdbReplace(FdbEntry entry) implements RtRequest {
    /** Refuses null. */
    public FdbReplace {
      Objects.requireNonNull(entry, "entry");
    }
  }

  /** Removes an FDB entry; {@code ENOENT} when there is none such. */
  record FdbDelete(FdbEntry entry) implements RtRequest {
    /** Refuses null. */
    public FdbDelete {
      Objects.requireNonNull(entry, "entry");
    }
  }

  private static void requireWritable(Route route) {
    if (!route.multipath().isEmpty() && route.nextHopId() == 0) {
      throw new IllegalArgumentException("multipath routes cannot be written: " + route);
    }
  }

  private static void requireWritable(RoutingRule rule) {
    if (!rule.otherSelectors().isEmpty()) {
      throw new IllegalArgumentException(
          "a rule with " + rule.otherSelectors() + " cannot be written: " + rule);
    }
    rule.inputDevice().ifPresent(LinkName::requireValid);
    rule.outputDevice().ifPresent(LinkName::requireValid);
  }

  private static void requireMtu(int mtu) {
    if (mtu < 68 || mtu > 65535) { // RFC 791 minimum; UDP tunnels cannot carry more
      throw new IllegalArgumentException("an MTU is 68..65535 bytes, not " + mtu);
    }
  }

  private static void requireOwnable(MacAddress mac) {
    if (mac.isMulticast() || mac.isZero()) {
      throw new IllegalArgumentException(
          "a device cannot have the multicast or zero address "
              + mac
              + "; clear the lowest bit of its first byte");
    }
  }
}
