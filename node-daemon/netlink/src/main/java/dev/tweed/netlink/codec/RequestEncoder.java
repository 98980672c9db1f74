package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.LinkRef;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RtRequest;
import java.util.Optional;

/** Requests to bytes: exactly one message each. */
public final class RequestEncoder {

  /** No request needs more bytes than this (the longest is an alias of 255). */
  public static final int MAX_BYTES = 512;

  private static final int CREATE = Rt.NLM_F_REQUEST | Rt.NLM_F_CREATE | Rt.NLM_F_EXCL;
  private static final int PREPEND = Rt.NLM_F_REQUEST | Rt.NLM_F_CREATE;
  private static final int REPLACE = Rt.NLM_F_REQUEST | Rt.NLM_F_CREATE | Rt.NLM_F_REPLACE;

  private final MessageWriter out;

  /** Encodes to this writer. */
  public RequestEncoder(MessageWriter out) {
    this.out = out;
  }

  /** Writes one request; it asks for no acknowledgement ({@link MessageWriter#requestAck}). */
  public void encode(RtRequest request, int sequence) {
    switch (request) {
      case RtRequest.LinkCreateVxlan create -> createVxlan(create, sequence);
      case RtRequest.LinkCreateBridge create -> createBridge(create, sequence);
      case RtRequest.LinkCreateVeth create -> createVeth(create, sequence);
      case RtRequest.LinkSet set -> setLink(set, sequence);
      case RtRequest.BridgeReset reset -> {
        out.begin(Rt.RTM_NEWLINK, Rt.NLM_F_REQUEST, sequence);
        linkHeader(reset.link(), 0, 0);
        int info = out.beginNest(Rt.IFLA_LINKINFO);
        out.attributeText(Rt.IFLA_INFO_KIND, "bridge");
        int data = out.beginNest(Rt.IFLA_INFO_DATA);
        out.attribute32(Rt.IFLA_BR_STP_STATE, 0);
        if (reset.filters()) {
          out.attribute8(Rt.IFLA_BR_VLAN_FILTERING, 0);
        }
        out.endNest(data);
        out.endNest(info);
      }
      case RtRequest.LinkDelete delete -> {
        out.begin(Rt.RTM_DELLINK, Rt.NLM_F_REQUEST, sequence);
        linkHeader(delete.link(), 0, 0);
      }
      case RtRequest.AddressAdd add -> address(Rt.RTM_NEWADDR, CREATE, sequence, add.address());
      case RtRequest.AddressDelete delete ->
          address(Rt.RTM_DELADDR, Rt.NLM_F_REQUEST, sequence, delete.address());
      case RtRequest.RouteReplace replace ->
          route(Rt.RTM_NEWROUTE, REPLACE, sequence, replace.route());
      case RtRequest.RouteAdd add -> route(Rt.RTM_NEWROUTE, PREPEND, sequence, add.route());
      case RtRequest.RouteDelete delete ->
          route(Rt.RTM_DELROUTE, Rt.NLM_F_REQUEST, sequence, delete.route());
      case RtRequest.RuleAdd add -> rule(Rt.RTM_NEWRULE, CREATE, sequence, add.rule());
      case RtRequest.RuleDelete delete ->
          rule(Rt.RTM_DELRULE, Rt.NLM_F_REQUEST, sequence, delete.rule());
      case RtRequest.NextHopReplace replace -> nextHop(sequence, replace.object());
      case RtRequest.NextHopDelete delete -> {
        out.begin(Rt.RTM_DELNEXTHOP, Rt.NLM_F_REQUEST, sequence);
        out.u8(Rt.AF_UNSPEC).u8(0).u8(0).u8(0).u32(0);
        out.attribute32(Rt.NHA_ID, delete.id());
      }
      case RtRequest.NeighbourReplace replace ->
          neighbour(Rt.RTM_NEWNEIGH, REPLACE, sequence, replace.neighbour());
      case RtRequest.NeighbourDelete delete ->
          neighbour(
              Rt.RTM_DELNEIGH,
              Rt.NLM_F_REQUEST,
              sequence,
              new Neighbour(
                  delete.linkIndex(), delete.address(), Optional.empty(), NeighbourState.NONE, 0));
      case RtRequest.FdbReplace replace -> fdb(Rt.RTM_NEWNEIGH, REPLACE, sequence, replace.entry());
      case RtRequest.FdbDelete delete ->
          fdb(Rt.RTM_DELNEIGH, Rt.NLM_F_REQUEST, sequence, delete.entry());
    }
    out.end();
  }

  private void createVxlan(RtRequest.LinkCreateVxlan link, int sequence) {
    out.begin(Rt.RTM_NEWLINK, CREATE, sequence);
    linkHeader(LinkRef.of(link.name()), 0, 0);
    out.attributeMac(Rt.IFLA_ADDRESS, link.mac());
    out.attribute32(Rt.IFLA_MTU, link.mtu());
    out.attribute32(Rt.IFLA_TXQLEN, 0);
    group(link.group());
    int info = out.beginNest(Rt.IFLA_LINKINFO);
    out.attributeText(Rt.IFLA_INFO_KIND, "vxlan");
    int data = out.beginNest(Rt.IFLA_INFO_DATA);
    out.attribute32(Rt.IFLA_VXLAN_ID, link.vni());
    if (link.lowerIndex() != 0) {
      out.attribute32(Rt.IFLA_VXLAN_LINK, link.lowerIndex());
    }
    out.attributeIp(
        link.local().family() == AddressFamily.IPV4 ? Rt.IFLA_VXLAN_LOCAL : Rt.IFLA_VXLAN_LOCAL6,
        link.local());
    out.attribute8(Rt.IFLA_VXLAN_LEARNING, link.learning() ? 1 : 0);
    out.attribute16NetworkOrder(Rt.IFLA_VXLAN_PORT, link.port());
    out.endNest(data);
    out.endNest(info);
  }

  private void createBridge(RtRequest.LinkCreateBridge link, int sequence) {
    out.begin(Rt.RTM_NEWLINK, CREATE, sequence);
    linkHeader(LinkRef.of(link.name()), 0, 0);
    out.attributeMac(Rt.IFLA_ADDRESS, link.mac());
    out.attribute32(Rt.IFLA_MTU, link.mtu());
    group(link.group());
    int info = out.beginNest(Rt.IFLA_LINKINFO);
    out.attributeText(Rt.IFLA_INFO_KIND, "bridge");
    int data = out.beginNest(Rt.IFLA_INFO_DATA);
    out.attribute32(Rt.IFLA_BR_STP_STATE, 0);
    out.endNest(data);
    out.endNest(info);
  }

  private void createVeth(RtRequest.LinkCreateVeth link, int sequence) {
    out.begin(Rt.RTM_NEWLINK, CREATE, sequence);
    linkHeader(LinkRef.of(link.name()), 0, 0);
    out.attributeMac(Rt.IFLA_ADDRESS, link.mac());
    out.attribute32(Rt.IFLA_MTU, link.mtu());
    group(link.group());
    int info = out.beginNest(Rt.IFLA_LINKINFO);
    out.attributeText(Rt.IFLA_INFO_KIND, "veth");
    int data = out.beginNest(Rt.IFLA_INFO_DATA);
    int peer = out.beginNest(Rt.VETH_INFO_PEER);
    linkHeader(LinkRef.of(link.peerName()), 0, 0);
    out.attributeMac(Rt.IFLA_ADDRESS, link.peerMac());
    out.attribute32(Rt.IFLA_MTU, link.peerMtu());
    group(link.group());
    out.endNest(peer);
    out.endNest(data);
    out.endNest(info);
  }

  private void group(int group) {
    if (group != 0) {
      out.attribute32(Rt.IFLA_GROUP, group);
    }
  }

  private void setLink(RtRequest.LinkSet set, int sequence) {
    out.begin(Rt.RTM_NEWLINK, Rt.NLM_F_REQUEST, sequence);
    int flags = set.up().filter(up -> up).map(up -> Rt.IFF_UP).orElse(0);
    linkHeader(set.link(), flags, set.up().isPresent() ? Rt.IFF_UP : 0);
    set.mac().ifPresent(mac -> out.attributeMac(Rt.IFLA_ADDRESS, mac));
    set.mtu().ifPresent(mtu -> out.attribute32(Rt.IFLA_MTU, mtu));
    set.txQueueLength().ifPresent(length -> out.attribute32(Rt.IFLA_TXQLEN, length));
    set.alias().ifPresent(alias -> out.attributeTextUnterminated(Rt.IFLA_IFALIAS, alias));
    set.masterIndex().ifPresent(master -> out.attribute32(Rt.IFLA_MASTER, master));
    set.hairpin().ifPresent(this::hairpin);
  }

  private void hairpin(boolean on) {
    int info = out.beginNest(Rt.IFLA_LINKINFO);
    out.attributeText(Rt.IFLA_INFO_KIND, "bridge_slave");
    int data = out.beginNest(Rt.IFLA_INFO_SLAVE_DATA);
    out.attribute8(Rt.IFLA_BRPORT_MODE, on ? 1 : 0);
    out.endNest(data);
    out.endNest(info);
  }

  private void linkHeader(LinkRef link, int flags, int change) {
    int index =
        switch (link) {
          case LinkRef.ByIndex byIndex -> byIndex.index();
          case LinkRef.ByName byName -> 0;
        };
    out.u8(Rt.AF_UNSPEC).u8(0).u16(0).u32(index).u32(flags).u32(change);
    if (link instanceof LinkRef.ByName byName) {
      out.attributeText(Rt.IFLA_IFNAME, byName.name());
    }
  }

  private void address(int type, int flags, int sequence, Address address) {
    out.begin(type, flags, sequence);
    out.u8(address.prefix().family().number())
        .u8(address.prefix().length())
        .u8(address.flags())
        .u8(address.scope().number())
        .u32(address.linkIndex());
    out.attributeIp(Rt.IFA_LOCAL, address.prefix().address());
    out.attributeIp(Rt.IFA_ADDRESS, address.prefix().address());
    if ((address.flags() & ~0xff) != 0) { // the header has room for eight flags only
      out.attribute32(Rt.IFA_FLAGS, address.flags());
    }
  }

  private void route(int type, int flags, int sequence, Route route) {
    boolean wideTable = route.table() > 255;
    out.begin(type, flags, sequence);
    out.u8(route.destination().family().number())
        .u8(route.destination().length())
        .u8(route.source().map(IpPrefix::length).orElse(0))
        .u8(0)
        .u8(wideTable ? Rt.RT_TABLE_COMPAT : (int) route.table())
        .u8(route.protocol().number())
        .u8(route.scope().number())
        .u8(route.type().number())
        .u32(route.onlink() ? Rt.RTNH_F_ONLINK : 0);
    if (route.destination().length() > 0) {
      out.attributeIp(Rt.RTA_DST, route.destination().address());
    }
    route.source().ifPresent(from -> out.attributeIp(Rt.RTA_SRC, from.address()));
    boolean byNextHop = route.nextHopId() != 0; // stands for device and gateway
    if (byNextHop) {
      out.attribute32(Rt.RTA_NH_ID, route.nextHopId());
    } else {
      route.gateway().ifPresent(gateway -> gateway(route, gateway));
    }
    route.preferredSource().ifPresent(source -> out.attributeIp(Rt.RTA_PREFSRC, source));
    if (wideTable) {
      out.attribute32(Rt.RTA_TABLE, route.table());
    }
    if (route.metric() != 0) {
      out.attribute32(Rt.RTA_PRIORITY, route.metric());
    }
    if (route.mtu() != 0) {
      int metrics = out.beginNest(Rt.RTA_METRICS);
      out.attribute32(Rt.RTAX_MTU, route.mtu());
      out.endNest(metrics);
    }
    // The kernel reports unreachable and its kin on the loopback device for IPv6; a request that
    // names a device would be refused for them.
    if (route.linkIndex() != 0 && !byNextHop && !dropsPackets(route.type())) {
      out.attribute32(Rt.RTA_OIF, route.linkIndex());
    }
  }

  private static boolean dropsPackets(RouteType type) {
    return type.equals(RouteType.BLACKHOLE)
        || type.equals(RouteType.UNREACHABLE)
        || type.equals(RouteType.PROHIBIT);
  }

  private void gateway(Route route, IpAddress gateway) {
    if (gateway.family() == route.destination().family()) {
      out.attributeIp(Rt.RTA_GATEWAY, gateway);
    } else {
      out.attributeVia(Rt.RTA_VIA, gateway);
    }
  }

  private void rule(int type, int flags, int sequence, RoutingRule rule) {
    out.begin(type, flags, sequence);
    out.u8(rule.family().number())
        .u8(rule.destination().map(IpPrefix::length).orElse(0))
        .u8(rule.source().map(IpPrefix::length).orElse(0))
        .u8(0)
        .u8(0) // the attribute has room for all tables
        .u8(0)
        .u8(0)
        .u8(rule.action().number())
        .u32(rule.inverted() ? Rt.FIB_RULE_INVERT : 0);
    out.attribute32(Rt.FRA_PRIORITY, rule.preference());
    rule.source().ifPresent(source -> out.attributeIp(Rt.FRA_SRC, source.address()));
    rule.destination().ifPresent(to -> out.attributeIp(Rt.FRA_DST, to.address()));
    rule.inputDevice().ifPresent(name -> out.attributeText(Rt.FRA_IIFNAME, name));
    rule.outputDevice().ifPresent(name -> out.attributeText(Rt.FRA_OIFNAME, name));
    if (rule.mark() != 0 || rule.markMask() != 0) {
      out.attribute32(Rt.FRA_FWMARK, rule.mark());
      out.attribute32(Rt.FRA_FWMASK, rule.markMask()); // else a mark is compared in all bits
    }
    if (rule.table() != 0) {
      out.attribute32(Rt.FRA_TABLE, rule.table());
    }
    out.attribute8(Rt.FRA_PROTOCOL, rule.protocol().number());
  }

  private void nextHop(int sequence, NextHopObject object) {
    out.begin(Rt.RTM_NEWNEXTHOP, REPLACE, sequence);
    out.u8(object.family().map(AddressFamily::number).orElse(Rt.AF_UNSPEC))
        .u8(0) // the kernel works out the scope and refuses to be told (rtm_to_nh_config())
        .u8(object.protocol().number())
        .u8(0)
        .u32(object.onlink() ? Rt.RTNH_F_ONLINK : 0);
    out.attribute32(Rt.NHA_ID, object.id());
    object.gateway().ifPresent(gateway -> out.attributeIp(Rt.NHA_GATEWAY, gateway));
    out.attribute32(Rt.NHA_OIF, object.linkIndex());
  }

  private void neighbour(int type, int flags, int sequence, Neighbour neighbour) {
    out.begin(type, flags, sequence);
    neighbourHeader(
        neighbour.address().family().number(),
        neighbour.linkIndex(),
        neighbour.state().bits(),
        neighbour.flags());
    out.attributeIp(Rt.NDA_DST, neighbour.address());
    neighbour.mac().ifPresent(mac -> out.attributeMac(Rt.NDA_LLADDR, mac));
  }

  private void fdb(int type, int flags, int sequence, FdbEntry entry) {
    out.begin(type, flags, sequence);
    neighbourHeader(Rt.AF_BRIDGE, entry.linkIndex(), entry.state().bits(), entry.flags());
    out.attributeMac(Rt.NDA_LLADDR, entry.mac());
    entry.vtep().ifPresent(vtep -> out.attributeIp(Rt.NDA_DST, vtep));
    if (entry.vlan() != 0) {
      out.attribute16(Rt.NDA_VLAN, entry.vlan());
    }
    if (entry.port() != 0) {
      out.attribute16NetworkOrder(Rt.NDA_PORT, entry.port());
    }
    if (entry.vni() != 0) {
      out.attribute32(Rt.NDA_VNI, entry.vni());
    }
    if (entry.viaLinkIndex() != 0) {
      out.attribute32(Rt.NDA_IFINDEX, entry.viaLinkIndex());
    }
  }

  private void neighbourHeader(int family, int linkIndex, int state, int flags) {
    out.u8(family).u8(0).u16(0).u32(linkIndex).u16(state).u8(flags).u8(RouteType.UNICAST.number());
  }
}
