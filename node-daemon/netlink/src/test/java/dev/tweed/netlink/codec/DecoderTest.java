package dev.tweed.netlink.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.BridgeInfo;
import dev.tweed.netlink.BridgePortInfo;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NextHop;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RuleAction;
import dev.tweed.netlink.Scope;
import dev.tweed.netlink.VxlanInfo;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Against datagrams recorded from a kernel; the files say what ip printed for the same state. */
class DecoderTest {

  @Test
  void vxlanLink() {
    Message message = Bytes.messages(Bytes.recorded("link-vxlan.hex")).getFirst();

    assertThat(LinkDecoder.link(message))
        .contains(
            new Link(
                4,
                "tweed.1",
                Optional.of(MacAddress.parse("02:00:00:00:00:01")),
                1450,
                0x11043, // UP BROADCAST RUNNING MULTICAST LOWER_UP
                OperState.UNKNOWN,
                0,
                Optional.of("tweed:default"),
                Optional.of("vxlan"),
                0,
                0,
                0,
                Optional.of(
                    new VxlanInfo(
                        1,
                        8472,
                        Optional.of(IpAddress.parse("192.0.2.1")),
                        Optional.empty(),
                        3,
                        false,
                        false,
                        false,
                        false,
                        false,
                        false)),
                Optional.empty(),
                Optional.empty(),
                false));
  }

  @Test
  void bridgeLink() {
    Message message = Bytes.messages(Bytes.recorded("link-bridge.hex")).getFirst();

    Link link = LinkDecoder.link(message).orElseThrow();

    assertThat(link.name()).isEqualTo("tweed-br0");
    assertThat(link.kind()).contains("bridge");
    assertThat(link.isUp()).isFalse();
    assertThat(link.bridge()).contains(new BridgeInfo(false, false, true));
  }

  @Test
  void bridgePortLink() {
    Message message = Bytes.messages(Bytes.recorded("link-bridge-port.hex")).getFirst();

    Link link = LinkDecoder.link(message).orElseThrow();

    assertThat(link.name()).isEqualTo("veth10");
    assertThat(link.kind()).contains("veth");
    assertThat(link.bridge()).isEmpty();
    assertThat(link.bridgePort()).contains(new BridgePortInfo(true, 0));
  }

  @Test
  void portOfAnotherMasterIsNoBridgePort() {
    // IFLA_LINKINFO { IFLA_INFO_SLAVE_KIND "bond", IFLA_INFO_SLAVE_DATA { 4: u32 } }; attribute 4
    // means something else there
    Message message =
        Bytes.messages(
                Bytes.hex(
                    """
                    3c000000 1000 0000 00000000 00000000  00000000 04000000 00000000 00000000
                    1c00 1200  0900 0400 626f6e64 00 000000  0c00 0500 0800 0400 01000000
                    """))
            .getFirst();

    assertThat(LinkDecoder.link(message).orElseThrow().bridgePort()).isEmpty();
  }

  @Test
  void addresses() {
    assertThat(Bytes.messages(Bytes.recorded("dump-addresses.hex")))
        .extracting(message -> ObjectDecoder.address(message).orElseThrow())
        .contains(
            new Address(1, IpPrefix.parse("127.0.0.1/8"), Address.PERMANENT, Scope.HOST),
            new Address(4, IpPrefix.parse("10.244.0.0/32"), Address.PERMANENT, Scope.UNIVERSE),
            new Address(
                3,
                IpPrefix.parse("2001:db8::1/64"),
                Address.PERMANENT | Address.NO_DAD,
                Scope.UNIVERSE))
        .hasSize(8);
  }

  @Test
  void neighbours() {
    assertThat(Bytes.messages(Bytes.recorded("dump-neighbours.hex")))
        .filteredOn(message -> message.type() == Rt.RTM_NEWNEIGH)
        .extracting(message -> ObjectDecoder.neighbour(message).orElseThrow())
        .contains(
            Neighbour.permanent(
                4, IpAddress.parse("10.244.1.0"), MacAddress.parse("02:00:00:00:00:03")));
  }

  @Test
  void fdbEntries() {
    assertThat(Bytes.messages(Bytes.recorded("dump-fdb.hex")))
        .extracting(message -> ObjectDecoder.fdb(message).orElseThrow())
        .containsExactly(
            new FdbEntry(
                4,
                MacAddress.parse("02:00:00:00:00:03"),
                Optional.of(IpAddress.parse("192.0.2.3")),
                new NeighbourState(0xc0), // bridge(8) sets NUD_NOARP too
                FdbEntry.SELF,
                0,
                0,
                0,
                0,
                0));
  }

  @Test
  void routes() {
    assertThat(Bytes.messages(Bytes.recorded("dump-routes.hex")))
        .extracting(message -> RouteDecoder.route(message).orElseThrow())
        .satisfiesExactly(
            route ->
                assertThat(route)
                    .isEqualTo(
                        Route.via(
                                IpPrefix.parse("10.244.1.0/24"),
                                IpAddress.parse("10.244.1.0"),
                                4,
                                new RouteProtocol(116))
                            .withMetric(77)
                            .withOnlink()),
            route ->
                assertThat(route)
                    .isEqualTo(
                        Route.through(IpPrefix.parse("192.0.2.0/24"), 3, RouteProtocol.KERNEL)
                            .withPreferredSource(IpAddress.parse("192.0.2.1"))),
            route ->
                assertThat(route.multipath())
                    .containsExactly(
                        new NextHop(3, Optional.of(IpAddress.parse("192.0.2.2")), 1, 0),
                        new NextHop(3, Optional.of(IpAddress.parse("192.0.2.3")), 3, 0)));
  }

  @Test
  void rules() {
    var rules =
        Bytes.messages(Bytes.recorded("dump-rules.hex")).stream()
            .map(message -> RuleDecoder.rule(message).orElseThrow())
            .toList();

    assertThat(rules)
        .contains(
            RoutingRule.lookup(AddressFamily.IPV4, 0, Route.LOCAL_TABLE, RouteProtocol.KERNEL),
            RoutingRule.lookup(AddressFamily.IPV6, 32766, Route.MAIN_TABLE, RouteProtocol.KERNEL),
            RoutingRule.lookup(AddressFamily.IPV6, 108, 200, RouteProtocol.UNSPECIFIED)
                .withSource(IpPrefix.parse("fd00::/16")),
            new RoutingRule(
                AddressFamily.IPV4,
                100,
                Optional.of(IpPrefix.parse("10.244.0.0/16")),
                Optional.of(IpPrefix.parse("10.9.0.0/16")),
                Optional.of("v0"),
                Optional.of("v1"),
                0x4000,
                0xf000,
                true,
                RuleAction.LOOKUP,
                4321,
                new RouteProtocol(116),
                Set.of()))
        .hasSize(14);
    assertThat(rules)
        .extracting(RoutingRule::preference, RoutingRule::action, RoutingRule::otherSelectors)
        .contains(
            tuple(101L, RuleAction.GOTO, Set.of("tos", "goto 32766")),
            tuple(
                102L,
                RuleAction.LOOKUP,
                Set.of("ipproto", "sport", "dport", "uidrange", "tun_id", "l3mdev")),
            tuple(103L, RuleAction.LOOKUP, Set.of("suppress_prefixlength", "suppress_ifgroup")),
            tuple(104L, RuleAction.PROHIBIT, Set.of()),
            tuple(105L, RuleAction.BLACKHOLE, Set.of()),
            tuple(106L, RuleAction.NOP, Set.of()),
            tuple(107L, RuleAction.UNREACHABLE, Set.of()));
  }

  @Test
  void selectorOfTheFutureIsToldByItsNumber() {
    // A rule with attribute 0x63 and action 0x63, which the kernel of today takes for a blackhole
    Message message =
        Bytes.messages(
                Bytes.hex(
                    """
                    24000000 2000 0000 00000000 00000000
                    02000000 00000063 00000000  0800 6300 01000000
                    """))
            .getFirst();

    assertThat(RuleDecoder.rule(message).orElseThrow())
        .satisfies(
            rule -> assertThat(rule.otherSelectors()).containsExactly("attribute 99"),
            rule -> assertThat(rule.action()).isEqualTo(RuleAction.BLACKHOLE));
  }

  @Test
  void nextHopObjects() {
    RouteProtocol unspecified = RouteProtocol.UNSPECIFIED;

    assertThat(Bytes.messages(Bytes.recorded("dump-nexthops.hex")))
        .extracting(message -> RouteDecoder.nextHopObject(message).orElseThrow())
        .containsExactly(
            NextHopObject.via(7, IpAddress.parse("192.0.2.3"), 3, new RouteProtocol(116))
                .withOnlink(),
            NextHopObject.through(8, AddressFamily.IPV4, 3, unspecified),
            NextHopObject.via(9, IpAddress.parse("2001:db8::9"), 3, unspecified),
            new NextHopObject(20, Optional.empty(), Optional.empty(), 0, false, unspecified, true),
            new NextHopObject(
                21,
                Optional.of(AddressFamily.IPV4),
                Optional.empty(),
                0,
                false,
                unspecified,
                true));
  }

  @Test
  void refusalWithText() {
    // The end of a dump of table 999: NLMSG_DONE with ENOENT and an extended ack.
    Message done =
        Bytes.messages(
                Bytes.hex(
                    """
                    38000000 0300 2202 01000000 99570000 feffffff
                    2300 0100 697076343a20464942207461626c6520646f6573206e6f7420657869737400 00
                    """))
            .getFirst();

    assertThat(Acknowledgement.decode(done).error())
        .contains(new NetlinkError(2, "ipv4: FIB table does not exist"));
  }

  @Test
  void refusalWithTextAfterTheEchoedRequest() {
    // Without NETLINK_CAP_ACK the whole request comes back before the text.
    Message error =
        Bytes.messages(
                Bytes.hex(
                    """
                    38000000 0200 0002 07000000 01000000 eaffffff
                    18000000 1000 0500 07000000 00000000  0102030405060708
                    0900 0100 6f6f707300 000000
                    """))
            .getFirst();

    assertThat(Acknowledgement.decode(error).error()).contains(new NetlinkError(22, "oops"));
  }

  @Test
  void acknowledgementIsNoError() {
    Message ack =
        Bytes.messages(
                Bytes.hex(
                    "24000000 0200 0001 01000000 99570000 00000000"
                        + "34000000 1200 0500 01000000 00000000"))
            .getFirst();

    assertThat(Acknowledgement.decode(ack).error()).isEmpty();
  }

  @Test
  void unknownAttributesAreSkipped() {
    // An fdb entry with an attribute 0x3ffe of the future between the known ones.
    Message message =
        Bytes.messages(
                Bytes.hex(
                    """
                    38000000 1c00 0000 00000000 00000000
                    07000000 04000000 8000 02 01
                    0600 feff abcd 0000
                    0a00 0200 020000000003 0000
                    0800 0100 c0000203
                    """))
            .getFirst();

    assertThat(ObjectDecoder.fdb(message))
        .contains(
            FdbEntry.permanent(
                4, MacAddress.parse("02:00:00:00:00:03"), IpAddress.parse("192.0.2.3")));
  }

  @Test
  void bridgePortMessageIsNotTakenForTheEndOfTheDevice() {
    // RTM_DELLINK of family AF_BRIDGE: port 4 left its bridge.
    Message message =
        Bytes.messages(
                Bytes.hex(
                    "20000000 1100 0000 00000000 00000000" + "07000000 04000000 00000000 00000000"))
            .getFirst();

    assertThat(new EventDecoder().routeEvent(message)).isEmpty();
  }

  @Test
  void nftablesTransactionIsOneEventWithItsPlaces() {
    EventDecoder decoder = new EventDecoder();
    // NFT_MSG_NEWRULE in chain "pod" of table "tweed", then NFT_MSG_NEWGEN by process 5 named nft
    var messages =
        Bytes.messages(
            Bytes.hex(
                """
                28000000 060a 0000 00000000 00000000  01000000  0a00 0100 747765656400 0000
                0800 0200 706f6400
                2c000000 0f0a 0000 00000000 00000000  00000000
                0800 0100 00000002  0800 0200 00000005  0800 0300 6e667400
                """));

    assertThat(decoder.netfilterEvent(messages.get(0))).isEmpty();
    assertThat(decoder.netfilterEvent(messages.get(1)))
        .contains(
            new NetlinkEvent.NftablesChanged(
                Set.of(new NetlinkEvent.NftPlace("tweed", "pod")), 5, "nft", 0));
    assertThat(decoder.netfilterEvent(messages.get(1)))
        .contains(new NetlinkEvent.NftablesChanged(Set.of(), 5, "nft", 0));
  }

  @Test
  void chainsBeyondThoseWorthNamingAreToldByTheirTable() {
    EventDecoder decoder = new EventDecoder();
    for (int i = 0; i < 1000; i++) {
      // NFT_MSG_NEWRULE of table "tweed", chain of four digits
      String chain = HexFormat.of().formatHex("%04d".formatted(i).getBytes(US_ASCII));
      decoder.netfilterEvent(
          Bytes.messages(
                  Bytes.hex(
                      "2c000000 060a 0000 00000000 00000000  01000000"
                          + " 0a00 0100 747765656400 0000  0900 0200 "
                          + chain
                          + "00 000000"))
              .getFirst());
    }

    NetlinkEvent event =
        decoder
            .netfilterEvent(
                Bytes.messages(Bytes.hex("14000000 0f0a 0000 00000000 00000000  00000000"))
                    .getFirst())
            .orElseThrow();

    assertThat(event)
        .isInstanceOfSatisfying(
            NetlinkEvent.NftablesChanged.class,
            changed ->
                assertThat(changed.places())
                    .hasSize(257)
                    .contains(
                        new NetlinkEvent.NftPlace("tweed", "0000"),
                        new NetlinkEvent.NftPlace("tweed", "")));
  }
}
