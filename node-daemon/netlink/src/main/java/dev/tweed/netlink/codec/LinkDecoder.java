package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.BridgeInfo;
import dev.tweed.netlink.BridgePortInfo;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.VxlanInfo;
import java.util.Optional;

/** RTM_NEWLINK and RTM_DELLINK to values. */
public final class LinkDecoder {
  /** ETH_MAX_MTU: that of a veth, but for XDP. */
  private static final int ANY_MTU = 65535;

  private String name = "";
  private Optional<MacAddress> mac = Optional.empty();
  private int mtu;
  private OperState operState = OperState.UNKNOWN;
  private int txQueueLength;
  private Optional<String> alias = Optional.empty();
  private int master;
  private int lower;
  private int group;
  private Optional<String> kind = Optional.empty();
  private Optional<VxlanInfo> vxlan = Optional.empty();
  private Optional<BridgeInfo> bridge = Optional.empty();
  private String masterKind = "";
  private int promiscuity; // that of a port is 1 by its bridge: br_manage_promisc()
  private Optional<Boolean> hairpin = Optional.empty();
  private boolean xdp;
  private int maxMtu = ANY_MTU;

  private LinkDecoder() {}

  /**
   * The link of a message. Empty when it is about something else: bridges send RTM_NEWLINK and
   * RTM_DELLINK of family AF_BRIDGE about their ports, and taking such a DELLINK for the end of the
   * device would be wrong.
   */
  public static Optional<Link> link(Message message) {
    if (message.u8(0) != Rt.AF_UNSPEC) {
      return Optional.empty();
    }
    LinkDecoder decoder = new LinkDecoder();
    decoder.read(message.attributesAfter(Rt.IFINFOMSG_BYTES));
    return Optional.of(
        new Link(
            message.s32(4),
            decoder.name,
            decoder.mac,
            decoder.mtu,
            message.s32(8),
            decoder.operState,
            decoder.txQueueLength,
            decoder.alias,
            decoder.kind,
            decoder.master,
            decoder.lower,
            decoder.group,
            decoder.vxlan,
            decoder.bridge,
            decoder.hairpin.map(
                hairpin -> new BridgePortInfo(hairpin, Math.max(0, decoder.promiscuity - 1))),
            decoder.xdp || decoder.kind.equals(Optional.of("veth")) && decoder.maxMtu != ANY_MTU));
  }

  private void read(AttributeReader attributes) {
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.IFLA_IFNAME -> name = attributes.text();
        case Rt.IFLA_ADDRESS -> mac = attributes.mac();
        case Rt.IFLA_MTU -> mtu = attributes.s32();
        case Rt.IFLA_OPERSTATE -> operState = OperState.of(attributes.u8());
        case Rt.IFLA_TXQLEN -> txQueueLength = attributes.s32();
        case Rt.IFLA_IFALIAS -> alias = Optional.of(attributes.text());
        case Rt.IFLA_MASTER -> master = attributes.s32();
        case Rt.IFLA_LINK -> lower = attributes.s32();
        case Rt.IFLA_GROUP -> group = attributes.s32();
        case Rt.IFLA_PROMISCUITY -> promiscuity = attributes.s32();
        case Rt.IFLA_LINKINFO -> readInfo(attributes.nested());
        case Rt.IFLA_XDP -> xdp = isAttached(attributes.nested());
        case Rt.IFLA_MAX_MTU -> maxMtu = attributes.s32();
        default -> {}
      }
    }
  }

  private static boolean isAttached(AttributeReader attributes) {
    boolean attached = false;
    while (attributes.next()) {
      if (attributes.type() == Rt.IFLA_XDP_ATTACHED) {
        attached = attributes.u8() != 0;
      }
    }
    return attached;
  }

  /** The kind comes before its data in every kernel; data of an unknown kind is not looked into. */
  private void readInfo(AttributeReader attributes) {
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.IFLA_INFO_KIND -> kind = Optional.of(attributes.text());
        case Rt.IFLA_INFO_DATA -> {
          switch (kind.orElse("")) {
            case "vxlan" -> vxlan = Optional.of(vxlan(attributes.nested()));
            case "bridge" -> bridge = Optional.of(bridge(attributes.nested()));
            default -> {}
          }
        }
        case Rt.IFLA_INFO_SLAVE_KIND -> masterKind = attributes.text();
        case Rt.IFLA_INFO_SLAVE_DATA -> {
          if (masterKind.equals("bridge")) {
            hairpin = Optional.of(hairpin(attributes.nested()));
          }
        }
        default -> {}
      }
    }
  }

  private static VxlanInfo vxlan(AttributeReader attributes) {
    int vni = 0;
    int port = 0;
    Optional<IpAddress> local = Optional.empty();
    Optional<IpAddress> remote = Optional.empty();
    int lower = 0;
    boolean learning = false;
    boolean external = false;
    boolean proxy = false;
    boolean l2miss = false;
    boolean l3miss = false;
    boolean gbp = false;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.IFLA_VXLAN_ID -> vni = attributes.s32();
        case Rt.IFLA_VXLAN_PORT -> port = attributes.u16NetworkOrder();
        case Rt.IFLA_VXLAN_LOCAL -> local = Optional.of(attributes.ip(AddressFamily.IPV4));
        case Rt.IFLA_VXLAN_LOCAL6 -> local = Optional.of(attributes.ip(AddressFamily.IPV6));
        case Rt.IFLA_VXLAN_GROUP -> remote = Optional.of(attributes.ip(AddressFamily.IPV4));
        case Rt.IFLA_VXLAN_GROUP6 -> remote = Optional.of(attributes.ip(AddressFamily.IPV6));
        case Rt.IFLA_VXLAN_LINK -> lower = attributes.s32();
        case Rt.IFLA_VXLAN_LEARNING -> learning = attributes.flag();
        case Rt.IFLA_VXLAN_COLLECT_METADATA -> external = attributes.flag();
        case Rt.IFLA_VXLAN_PROXY -> proxy = attributes.flag();
        case Rt.IFLA_VXLAN_L2MISS -> l2miss = attributes.flag();
        case Rt.IFLA_VXLAN_L3MISS -> l3miss = attributes.flag();
        case Rt.IFLA_VXLAN_GBP -> gbp = true; // a flag: its presence is its value
        default -> {}
      }
    }
    return new VxlanInfo(
        vni, port, local, remote, lower, learning, external, proxy, l2miss, l3miss, gbp);
  }

  private static BridgeInfo bridge(AttributeReader attributes) {
    boolean stp = false;
    boolean vlanFiltering = false;
    boolean snooping = false;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.IFLA_BR_STP_STATE -> stp = attributes.s32() != 0;
        case Rt.IFLA_BR_VLAN_FILTERING -> vlanFiltering = attributes.flag();
        case Rt.IFLA_BR_MCAST_SNOOPING -> snooping = attributes.flag();
        default -> {}
      }
    }
    return new BridgeInfo(stp, vlanFiltering, snooping);
  }

  private static boolean hairpin(AttributeReader attributes) {
    boolean hairpin = false;
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.IFLA_BRPORT_MODE -> hairpin = attributes.flag();
        default -> {}
      }
    }
    return hairpin;
  }
}
