package dev.tweed.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.LinkRef;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.RuleAction;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Against the bytes that iproute2 6.1 sent for the same request (strace -e write=all), with the
 * sequence number replaced and NLM_F_ACK (the 4 in the flags) taken out.
 */
class RequestEncoderTest {
  private static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:03");
  private static final RouteProtocol TWEED = new RouteProtocol(116);

  private static void assertBytes(RtRequest request, String hex) {
    assertThat(Bytes.encode(request, 0x6b01af40)).isEqualTo(Bytes.hex(hex));
  }

  @Test
  void neighbour() {
    // ip neigh replace 10.244.1.0 lladdr 02:00:00:00:00:03 dev tweed.1 nud permanent
    assertBytes(
        new RtRequest.NeighbourReplace(
            Neighbour.permanent(4, IpAddress.parse("10.244.1.0"), PEER_MAC)),
        """
        30 00 00 00 1c 00 01 05  40 af 01 6b 00 00 00 00
        02 00 00 00 04 00 00 00  80 00 00 01 08 00 01 00
        0a f4 01 00 0a 00 02 00  02 00 00 00 00 03 00 00
        """);
  }

  @Test
  void fdbEntry() {
    // bridge fdb replace 02:00:00:00:00:03 dev tweed.1 dst 192.0.2.3 self permanent
    // (but for the state, where iproute2 adds NUD_NOARP, and the type, where it has 0)
    assertBytes(
        new RtRequest.FdbReplace(FdbEntry.permanent(4, PEER_MAC, IpAddress.parse("192.0.2.3"))),
        """
        30 00 00 00 1c 00 01 05  40 af 01 6b 00 00 00 00
        07 00 00 00 04 00 00 00  80 00 02 01 0a 00 02 00
        02 00 00 00 00 03 00 00  08 00 01 00 c0 00 02 03
        """);
  }

  @Test
  void ipv4RouteOnlinkWithMetric() {
    // ip route replace 10.244.1.0/24 via 10.244.1.0 dev tweed.1 onlink metric 77 proto 116
    assertBytes(
        new RtRequest.RouteReplace(
            Route.via(IpPrefix.parse("10.244.1.0/24"), IpAddress.parse("10.244.1.0"), 4, TWEED)
                .withMetric(77)
                .withOnlink()),
        """
        3c 00 00 00 18 00 01 05  40 af 01 6b 00 00 00 00
        02 18 00 00 fe 74 00 01  04 00 00 00 08 00 01 00
        0a f4 01 00 08 00 05 00  0a f4 01 00 08 00 06 00
        4d 00 00 00 08 00 04 00  04 00 00 00
        """);
  }

  @Test
  void ipv6RouteOnlinkWithMetric() {
    // ip -6 route replace fd00:1::/64 via fd00:1:: dev tweed.1 onlink metric 77 proto 116
    assertBytes(
        new RtRequest.RouteReplace(
            Route.via(IpPrefix.parse("fd00:1::/64"), IpAddress.parse("fd00:1::"), 4, TWEED)
                .withMetric(77)
                .withOnlink()),
        """
        54 00 00 00 18 00 01 05  40 af 01 6b 00 00 00 00
        0a 40 00 00 fe 74 00 01  04 00 00 00 14 00 01 00
        fd 00 00 01 00 00 00 00  00 00 00 00 00 00 00 00
        14 00 05 00 fd 00 00 01  00 00 00 00 00 00 00 00
        00 00 00 00 08 00 06 00  4d 00 00 00 08 00 04 00
        04 00 00 00
        """);
  }

  @Test
  void ipv4RouteBeforeItsEquals() {
    // ip route prepend 10.244.1.0/24 nhid 7 proto 116
    assertBytes(
        new RtRequest.RouteAdd(
            Route.via(IpPrefix.parse("10.244.1.0/24"), IpAddress.parse("192.0.2.3"), 4, TWEED)
                .withNextHop(7)),
        """
        2c 00 00 00 18 00 01 04  40 af 01 6b 00 00 00 00
        02 18 00 00 fe 74 00 01  00 00 00 00 08 00 01 00
        0a f4 01 00 08 00 1e 00  07 00 00 00
        """);
  }

  private static final RoutingRule RULE =
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
          TWEED,
          Set.of());

  @Test
  void rule() {
    // ip rule add pref 100 not from 10.244.0.0/16 to 10.9.0.0/16 iif v0 oif v1
    //   fwmark 0x4000/0xf000 lookup 4321 protocol 116
    assertBytes(
        new RtRequest.RuleAdd(RULE),
        """
        64 00 00 00 20 00 01 06  40 af 01 6b 00 00 00 00
        02 10 10 00 00 00 00 01  02 00 00 00 08 00 06 00
        64 00 00 00 08 00 02 00  0a f4 00 00 08 00 01 00
        0a 09 00 00 07 00 03 00  76 30 00 00 07 00 11 00
        76 31 00 00 08 00 0a 00  00 40 00 00 08 00 10 00
        00 f0 00 00 08 00 0f 00  e1 10 00 00 05 00 15 00
        74 00 00 00
        """);
  }

  @Test
  void ruleDeletion() {
    // The same with "del" (but for the action, which iproute2 leaves out)
    assertBytes(
        new RtRequest.RuleDelete(RULE),
        """
        64 00 00 00 21 00 01 00  40 af 01 6b 00 00 00 00
        02 10 10 00 00 00 00 01  02 00 00 00 08 00 06 00
        64 00 00 00 08 00 02 00  0a f4 00 00 08 00 01 00
        0a 09 00 00 07 00 03 00  76 30 00 00 07 00 11 00
        76 31 00 00 08 00 0a 00  00 40 00 00 08 00 10 00
        00 f0 00 00 08 00 0f 00  e1 10 00 00 05 00 15 00
        74 00 00 00
        """);
  }

  @Test
  void ruleThatCannotBeToldInFullIsNotWritten() {
    RoutingRule lookup = RoutingRule.lookup(AddressFamily.IPV4, 1, 0, TWEED);
    RoutingRule other =
        new RoutingRule(
            AddressFamily.IPV4,
            1,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0,
            0,
            false,
            RuleAction.GOTO,
            0,
            TWEED,
            Set.of("goto"));

    assertThatThrownBy(() -> new RtRequest.RuleAdd(lookup))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs a table");
    assertThatThrownBy(() -> new RtRequest.RuleAdd(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a rule with [goto] cannot be written");
    assertThatThrownBy(() -> new RtRequest.RuleDelete(other))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RtRequest.RuleDelete(lookup.withInputDevice("x".repeat(600))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nextHopObject() {
    // ip nexthop replace id 7 via 10.0.0.3 dev v0 onlink proto 116
    assertBytes(
        new RtRequest.NextHopReplace(
            NextHopObject.via(7, IpAddress.parse("10.0.0.3"), 3, TWEED).withOnlink()),
        """
        30 00 00 00 68 00 01 05  40 af 01 6b 00 00 00 00
        02 00 74 00 04 00 00 00  08 00 01 00 07 00 00 00
        08 00 06 00 0a 00 00 03  08 00 05 00 03 00 00 00
        """);
  }

  @Test
  void nextHopObjectDeletion() {
    // ip nexthop del id 7
    assertBytes(
        new RtRequest.NextHopDelete(7),
        """
        20 00 00 00 69 00 01 00  40 af 01 6b 00 00 00 00
        00 00 00 00 00 00 00 00  08 00 01 00 07 00 00 00
        """);
  }

  @Test
  void groupOfNextHopsIsNotWritten() {
    NextHopObject group =
        new NextHopObject(7, Optional.empty(), Optional.empty(), 0, false, TWEED, true);

    assertThatThrownBy(() -> new RtRequest.NextHopReplace(group))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only a gateway or device");
  }

  @Test
  void address() {
    // ip addr add 10.244.0.0/32 dev tweed.1
    assertBytes(
        new RtRequest.AddressAdd(Address.global(4, IpPrefix.parse("10.244.0.0/32"))),
        """
        28 00 00 00 14 00 01 06  40 af 01 6b 00 00 00 00
        02 20 00 00 04 00 00 00  08 00 02 00 0a f4 00 00
        08 00 01 00 0a f4 00 00
        """);
  }

  @Test
  void linkAlias() {
    // ip link set tweed.1 alias tweed:default
    assertBytes(
        RtRequest.LinkSet.of(4).withAlias("tweed:default"),
        """
        34 00 00 00 10 00 01 00  40 af 01 6b 00 00 00 00
        00 00 00 00 04 00 00 00  00 00 00 00 00 00 00 00
        11 00 14 00 74 77 65 65  64 3a 64 65 66 61 75 6c
        74 00 00 00
        """);
  }

  @Test
  void linkDown() {
    assertBytes(
        RtRequest.LinkSet.of(4).withUp(false),
        """
        20 00 00 00 10 00 01 00  40 af 01 6b 00 00 00 00
        00 00 00 00 04 00 00 00  00 00 00 00 01 00 00 00
        """);
  }

  @Test
  void bridgePortHairpin() {
    // ip link set dev v0 type bridge_slave hairpin on
    // (but for NLA_F_NESTED and the NUL of "bridge_slave", which iproute2 leaves out)
    assertBytes(
        RtRequest.LinkSet.of(3).withHairpin(true),
        """
        44 00 00 00 10 00 01 00  40 af 01 6b 00 00 00 00
        00 00 00 00 03 00 00 00  00 00 00 00 00 00 00 00
        24 00 12 80
          11 00 01 00 62 72 69 64  67 65 5f 73 6c 61 76 65
          00 00 00 00
          0c 00 05 80
            05 00 04 00 01 00 00 00
        """);
  }

  @Test
  void hairpinIsNoPartOfJoiningABridge() {
    RtRequest.LinkSet join = RtRequest.LinkSet.of(3).withMaster(7);

    assertThatThrownBy(() -> join.withHairpin(true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("set it by a later one");
  }

  @Test
  void linkDeletionByName() {
    assertBytes(
        new RtRequest.LinkDelete(LinkRef.of("tweed.1")),
        """
        2c 00 00 00 11 00 01 00  40 af 01 6b 00 00 00 00
        00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
        0c 00 03 00 74 77 65 65  64 2e 31 00
        """);
  }

  @Test
  void vxlanDevice() {
    // ip link add tweed.1 mtu 1450 address 02:00:00:00:00:01 txqueuelen 0
    //   type vxlan id 1 dev v0 local 192.0.2.1 nolearning dstport 8472
    // (other order of attributes, NLA_F_NESTED and the NUL of "vxlan", which iproute2 leaves out)
    assertBytes(
        new RtRequest.LinkCreateVxlan(
            "tweed.1",
            MacAddress.parse("02:00:00:00:00:01"),
            1450,
            1,
            8472,
            IpAddress.parse("192.0.2.1"),
            3),
        """
        84 00 00 00 10 00 01 06  40 af 01 6b 00 00 00 00
        00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
        0c 00 03 00 74 77 65 65  64 2e 31 00
        0a 00 01 00 02 00 00 00  00 01 00 00
        08 00 04 00 aa 05 00 00
        08 00 0d 00 00 00 00 00
        3c 00 12 80
          0a 00 01 00 76 78 6c 61  6e 00 00 00
          2c 00 02 80
            08 00 01 00 01 00 00 00
            08 00 03 00 03 00 00 00
            08 00 04 00 c0 00 02 01
            05 00 07 00 00 00 00 00
            06 00 0f 00 21 18 00 00
        """);
  }

  @Test
  void vethPair() {
    // ip link add ve0 mtu 1400 address 02:00:00:00:00:01
    //   type veth peer name ve1 mtu 1300 address 02:00:00:00:00:02
    // (other order of attributes, NLA_F_NESTED and the NUL of "veth", which iproute2 leaves out)
    assertBytes(
        new RtRequest.LinkCreateVeth(
            "ve0",
            MacAddress.parse("02:00:00:00:00:01"),
            1400,
            "ve1",
            MacAddress.parse("02:00:00:00:00:02"),
            1300),
        """
        80 00 00 00 10 00 01 06  40 af 01 6b 00 00 00 00
        00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
        08 00 03 00 76 65 30 00
        0a 00 01 00 02 00 00 00  00 01 00 00
        08 00 04 00 78 05 00 00
        44 00 12 80
          09 00 01 00 76 65 74 68  00 00 00 00
          34 00 02 80
            30 00 01 80
              00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
              08 00 03 00 76 65 31 00
              0a 00 01 00 02 00 00 00  00 02 00 00
              08 00 04 00 14 05 00 00
        """);
  }

  @Test
  void routeWithMtu() {
    // ip route replace 10.244.1.0/24 dev v0 mtu 1400 proto 116
    // (other order of attributes, and NLA_F_NESTED, which iproute2 leaves out)
    assertBytes(
        new RtRequest.RouteReplace(
            Route.through(IpPrefix.parse("10.244.1.0/24"), 3, TWEED).withMtu(1400)),
        """
        38 00 00 00 18 00 01 05  40 af 01 6b 00 00 00 00
        02 18 00 00 fe 74 fd 01  00 00 00 00 08 00 01 00
        0a f4 01 00
        0c 00 08 80
          08 00 02 00 78 05 00 00
        08 00 04 00 03 00 00 00
        """);
  }

  @Test
  void longestRequestFitsTheBound() {
    RtRequest longest =
        RtRequest.LinkSet.of("fifteen-letters")
            .withAlias("x".repeat(255))
            .withMac(PEER_MAC)
            .withMtu(1450)
            .withHairpin(true)
            .withTxQueueLength(9)
            .withUp(true);

    assertThat(Bytes.encode(longest, 1)).hasSizeLessThan(RequestEncoder.MAX_BYTES);
  }

  @Test
  void ackIsAskedOfTheLastMessageOnly() {
    var buffer = java.nio.ByteBuffer.allocate(2 * RequestEncoder.MAX_BYTES);
    MessageWriter writer = new MessageWriter(buffer);
    RequestEncoder encoder = new RequestEncoder(writer);

    encoder.encode(new RtRequest.LinkDelete(LinkRef.of(4)), 1);
    encoder.encode(new RtRequest.LinkDelete(LinkRef.of(5)), 2);
    writer.requestAck();

    assertThat(Message.split(buffer.flip()))
        .extracting(Message::sequence, message -> message.has(Rt.NLM_F_ACK))
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1, false),
            org.assertj.core.groups.Tuple.tuple(2, true));
  }
}
