package dev.tweed.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.RuleAction;
import dev.tweed.netlink.Scope;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class CodecPropertiesTest {
  private static final List<String> RECORDED =
      List.of(
          "link-vxlan.hex",
          "link-bridge.hex",
          "link-bridge-port.hex",
          "dump-addresses.hex",
          "dump-neighbours.hex",
          "dump-fdb.hex",
          "dump-routes.hex",
          "dump-nexthops.hex",
          "dump-rules.hex",
          "nft-batch.hex",
          "nft-list.hex",
          "nft-refusal.hex");

  // What is written as a request is what the kernel would report: the formats are the same.

  @Property
  void routesRoundTrip(@ForAll("routes") Route route) {
    Message message = Bytes.messages(Bytes.encode(new RtRequest.RouteReplace(route), 1)).getFirst();

    assertThat(RouteDecoder.route(message)).contains(route);
  }

  @Property
  void rulesRoundTrip(
      @ForAll("routes") Route from,
      @ForAll("routes") Route to,
      @ForAll RuleAction action,
      @ForAll boolean inverted,
      @ForAll @LongRange(max = 0xffff_ffffL) long preference,
      @ForAll @LongRange(max = 0xffff_ffffL) long mark,
      @ForAll @LongRange(max = 0xffff_ffffL) long mask) {
    AddressFamily family = from.destination().family();
    RoutingRule rule =
        new RoutingRule(
            family,
            preference,
            Optional.of(from.destination()),
            Optional.of(to.destination()).filter(prefix -> prefix.family() == family),
            Optional.of("in").filter(name -> inverted),
            Optional.of("out").filter(name -> !inverted),
            mark,
            mask,
            inverted,
            action,
            Math.max(1, from.table()),
            from.protocol(),
            Set.of());
    Message message = Bytes.messages(Bytes.encode(new RtRequest.RuleAdd(rule), 1)).getFirst();

    assertThat(RuleDecoder.rule(message)).contains(rule);
  }

  @Property
  void nextHopObjectsRoundTrip(
      @ForAll("ips") IpAddress gateway,
      @ForAll @LongRange(min = 1, max = 0xffff_ffffL) long id,
      @ForAll @IntRange(min = 1) int link,
      @ForAll boolean viaGateway,
      @ForAll boolean onlink,
      @ForAll @IntRange(max = 255) int protocol) {
    NextHopObject object =
        new NextHopObject(
            id,
            Optional.of(gateway.family()),
            viaGateway ? Optional.of(gateway) : Optional.empty(),
            link,
            onlink,
            new RouteProtocol(protocol),
            false);
    Message message =
        Bytes.messages(Bytes.encode(new RtRequest.NextHopReplace(object), 1)).getFirst();

    assertThat(RouteDecoder.nextHopObject(message)).contains(object);
  }

  @Property
  void neighboursRoundTrip(
      @ForAll("ips") IpAddress ip,
      @ForAll("macs") MacAddress mac,
      @ForAll @IntRange(min = 1) int link,
      @ForAll @IntRange(max = 0xffff) int state,
      @ForAll @IntRange(max = 0xff) int flags) {
    Neighbour neighbour =
        new Neighbour(link, ip, Optional.of(mac), new NeighbourState(state), flags);
    Message message =
        Bytes.messages(Bytes.encode(new RtRequest.NeighbourReplace(neighbour), 1)).getFirst();

    assertThat(ObjectDecoder.neighbour(message)).contains(neighbour);
  }

  @Property
  void fdbEntriesRoundTrip(
      @ForAll("ips") IpAddress vtep,
      @ForAll("macs") MacAddress mac,
      @ForAll @IntRange(min = 1) int link,
      @ForAll @IntRange(max = 0xffff) int port,
      @ForAll @IntRange(max = 0xff_ffff) int vni,
      @ForAll @IntRange(max = 4094) int vlan,
      @ForAll @IntRange int via) {
    FdbEntry entry =
        new FdbEntry(
            link,
            mac,
            Optional.of(vtep),
            NeighbourState.PERMANENT,
            FdbEntry.SELF,
            0,
            vlan,
            port,
            vni,
            via);
    Message message = Bytes.messages(Bytes.encode(new RtRequest.FdbReplace(entry), 1)).getFirst();

    assertThat(ObjectDecoder.fdb(message)).contains(entry);
  }

  @Property
  void addressesRoundTrip(
      @ForAll("ips") IpAddress ip,
      @ForAll @IntRange(max = 32) int length,
      @ForAll @IntRange(min = 1) int link,
      @ForAll int flags,
      @ForAll @IntRange(max = 255) int scope) {
    Address address = new Address(link, new IpPrefix(ip, length), flags, new Scope(scope));
    Message message = Bytes.messages(Bytes.encode(new RtRequest.AddressAdd(address), 1)).getFirst();

    assertThat(ObjectDecoder.address(message)).contains(address);
  }

  // Whatever comes in, decoding ends, with a value or with the one typed exception.

  @Property(tries = 3000)
  void noBytesBreakTheDecoders(@ForAll @Size(max = 200) byte[] bytes) {
    decodeAll(bytes);
  }

  @Property(tries = 3000)
  void noBodyBreaksTheDecoders(
      @ForAll("types") int type,
      @ForAll @IntRange(max = 0xffff) int flags,
      @ForAll("families") byte family,
      @ForAll @Size(min = 1, max = 120) byte[] body) {
    body[0] = family;
    int length = Rt.NLMSG_HEADER_BYTES + body.length;
    ByteBuffer message = ByteBuffer.allocate(Rt.align(length));
    MessageWriter writer = new MessageWriter(message);
    writer.begin(type, flags, 1);
    message.put(body);
    writer.end();

    decodeAll(message.array());
  }

  @Property(tries = 3000)
  void noDamageToRealMessagesBreaksTheDecoders(
      @ForAll("recorded") byte[] bytes,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 4000) Integer> positions,
      @ForAll byte damage,
      @ForAll @IntRange(max = 4000) int cut) {
    byte[] damaged = cut < bytes.length ? java.util.Arrays.copyOf(bytes, cut) : bytes.clone();
    for (int position : positions) {
      if (position < damaged.length) {
        damaged[position] = damage;
      }
    }

    decodeAll(damaged);
  }

  private static void decodeAll(byte[] bytes) {
    EventDecoder events = new EventDecoder();
    List<Message> messages;
    try {
      messages = Bytes.messages(bytes);
    } catch (NetlinkException expected) {
      assertThat(expected.reason()).isEqualTo(NetlinkException.Reason.MALFORMED);
      return;
    }
    for (Message message : messages) {
      attempt(() -> LinkDecoder.link(message));
      attempt(() -> ObjectDecoder.address(message));
      attempt(() -> ObjectDecoder.neighbour(message));
      attempt(() -> ObjectDecoder.fdb(message));
      attempt(() -> RouteDecoder.route(message));
      attempt(() -> RouteDecoder.nextHopObject(message));
      attempt(() -> RuleDecoder.rule(message));
      attempt(() -> NfDecoder.table(message));
      attempt(() -> NfDecoder.chain(message));
      attempt(() -> NfDecoder.set(message));
      attempt(() -> NfDecoder.elements(message));
      attempt(() -> NfDecoder.rule(message));
      attempt(() -> Acknowledgement.decode(message));
      attempt(() -> events.routeEvent(message));
      attempt(() -> events.netfilterEvent(message));
    }
  }

  private static void attempt(Runnable decoding) {
    try {
      decoding.run();
    } catch (NetlinkException expected) {
      assertThat(expected.reason()).isEqualTo(NetlinkException.Reason.MALFORMED);
    }
  }

  @Provide
  Arbitrary<byte[]> recorded() {
    return Arbitraries.of(RECORDED).map(Bytes::recorded);
  }

  @Provide
  Arbitrary<Integer> types() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(0, 34),
        Arbitraries.integers().between(104, 106),
        Arbitraries.integers().between(0xa00, 0xa20));
  }

  @Provide
  Arbitrary<Byte> families() {
    return Arbitraries.of((byte) 0, (byte) 1, (byte) 2, (byte) 7, (byte) 10, (byte) 28);
  }

  @Provide
  Arbitrary<MacAddress> macs() {
    return Arbitraries.longs().between(0, (1L << 48) - 1).map(MacAddress::new);
  }

  @Provide
  Arbitrary<IpAddress> ips() {
    return Arbitraries.oneOf(v4(), v6());
  }

  private static Arbitrary<IpAddress> v4() {
    return Arbitraries.integers().map(Ipv4Address::new);
  }

  private static Arbitrary<IpAddress> v6() {
    return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
  }

  @Provide
  Arbitrary<Route> routes() {
    Arbitrary<Integer> bytes = Arbitraries.integers().between(0, 255);
    Arbitrary<Long> words = Arbitraries.longs().between(0, 0xffff_ffffL);
    return Arbitraries.of(AddressFamily.values())
        .flatMap(
            family -> {
              Arbitrary<IpAddress> own = family == AddressFamily.IPV4 ? v4() : v6();
              Arbitrary<IpPrefix> destinations =
                  Combinators.combine(own, Arbitraries.integers().between(0, family.bits()))
                      .as((address, length) -> new IpPrefix(address, length).network());
              return Combinators.combine(
                      destinations,
                      Arbitraries.oneOf(v4(), v6()).optional(),
                      Arbitraries.integers().greaterOrEqual(1),
                      words,
                      words,
                      bytes,
                      bytes,
                      own.optional())
                  .as(
                      (destination, gateway, link, metric, table, protocol, scope, source) ->
                          new Route(
                              destination,
                              Optional.empty(),
                              gateway,
                              link,
                              metric,
                              new RouteProtocol(protocol),
                              table,
                              new Scope(scope),
                              RouteType.UNICAST,
                              gateway.isPresent(),
                              source,
                              List.of(),
                              0,
                              link & 0xffff,
                              0));
            });
  }
}
