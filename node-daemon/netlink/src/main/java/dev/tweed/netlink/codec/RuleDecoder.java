package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RuleAction;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** RTM_NEWRULE and RTM_DELRULE to values. */
public final class RuleDecoder {
  private static final int NONE = -1; // how the kernel says that a suppressor is not set

  private RuleDecoder() {}

  /** The rule of a message; empty for other families (multicast routing). */
  public static Optional<RoutingRule> rule(Message message) {
    return ObjectDecoder.family(message).map(family -> rule(message, family));
  }

  private static RoutingRule rule(Message message, AddressFamily family) {
    AttributeReader attributes = message.attributesAfter(Rt.FIB_RULE_HDR_BYTES);
    IpAddress source = IpPrefix.any(family).address();
    IpAddress destination = source;
    Optional<String> inputDevice = Optional.empty();
    Optional<String> outputDevice = Optional.empty();
    long preference = 0;
    long mark = 0;
    long markMask = 0;
    long table = message.u8(4);
    RouteProtocol protocol = RouteProtocol.UNSPECIFIED;
    Set<String> others = new HashSet<>();
    if (message.u8(3) != 0) {
      others.add("tos");
    }
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rt.FRA_DST -> destination = attributes.ip(family);
        case Rt.FRA_SRC -> source = attributes.ip(family);
        case Rt.FRA_IIFNAME -> inputDevice = Optional.of(attributes.text());
        case Rt.FRA_OIFNAME -> outputDevice = Optional.of(attributes.text());
        case Rt.FRA_PRIORITY -> preference = attributes.u32();
        case Rt.FRA_FWMARK -> mark = attributes.u32();
        case Rt.FRA_FWMASK -> markMask = attributes.u32();
        case Rt.FRA_TABLE -> table = attributes.u32();
        case Rt.FRA_PROTOCOL -> protocol = new RouteProtocol(attributes.u8());
        case Rt.FRA_SUPPRESS_PREFIXLEN -> {
          if (attributes.s32() != NONE) {
            others.add("suppress_prefixlength");
          }
        }
        case Rt.FRA_SUPPRESS_IFGROUP -> {
          if (attributes.s32() != NONE) {
            others.add("suppress_ifgroup");
          }
        }
        case Rt.FRA_GOTO -> others.add("goto " + attributes.u32());
        case Rt.FRA_FLOW, Rt.FRA_PAD -> {} // realms mark the packet, and do not select it
        default -> others.add(selector(attributes.type()));
      }
    }
    return new RoutingRule(
        family,
        preference,
        Optional.of(ObjectDecoder.prefix(source, message.u8(2))),
        Optional.of(ObjectDecoder.prefix(destination, message.u8(1))),
        inputDevice,
        outputDevice,
        mark,
        markMask,
        (message.s32(8) & Rt.FIB_RULE_INVERT) != 0,
        RuleAction.of(message.u8(7)),
        table,
        protocol,
        others);
  }

  /** The name {@code ip rule} has for what an attribute says. */
  private static String selector(int attribute) {
    return switch (attribute) {
      case Rt.FRA_TUN_ID -> "tun_id";
      case Rt.FRA_L3MDEV -> "l3mdev";
      case Rt.FRA_UID_RANGE -> "uidrange";
      case Rt.FRA_IP_PROTO -> "ipproto";
      case Rt.FRA_SPORT_RANGE, Rt.FRA_SPORT_MASK -> "sport";
      case Rt.FRA_DPORT_RANGE, Rt.FRA_DPORT_MASK -> "dport";
      case Rt.FRA_DSCP, Rt.FRA_DSCP_MASK -> "dscp";
      case Rt.FRA_FLOWLABEL, Rt.FRA_FLOWLABEL_MASK -> "flowlabel";
      default -> "attribute " + attribute;
    };
  }
}
