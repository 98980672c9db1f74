package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PlanPropertiesTest {

  @Provide
  Arbitrary<List<Peer>> soundPeers() {
    return Arbitraries.integers()
        .between(2, 200)
        .set()
        .ofMaxSize(20)
        .map(numbers -> numbers.stream().map(Example::peer).toList());
  }

  /** Anything the wire format can say, close enough to the sound ones to collide with them. */
  @Provide
  Arbitrary<List<Peer>> anyPeers() {
    Arbitrary<String> nodes = Arbitraries.integers().between(0, 6).map(i -> "n" + i);
    Arbitrary<IpAddress> addresses =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 8).map(Example::ip),
            Arbitraries.integers().between(0, 8).map(Example::ip6),
            Arbitraries.integers().map(Ipv4Address::new),
            Arbitraries.of("127.0.0.1", "0.0.0.0", "::", "::1", "ff02::1", "10.244.1.7", "fe80::1")
                .map(IpAddress::parse));
    Arbitrary<IpPrefix> blocks =
        Combinators.combine(
                Arbitraries.integers().between(0x0af40000, 0x0af40900),
                Arbitraries.integers().between(8, 32))
            .as((value, length) -> new IpPrefix(new Ipv4Address(value), length))
            .flatMap(prefix -> Arbitraries.of(prefix, prefix.network()));
    Arbitrary<MacAddress> macs =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 8).map(Example::mac),
            Arbitraries.longs().between(0, 0xffff_ffff_ffffL).map(MacAddress::new));
    return Combinators.combine(nodes, blocks, addresses.list().ofMaxSize(3), macs)
        .as(Peer::new)
        .list()
        .ofMaxSize(12);
  }

  private static Machine machine() {
    return Machine.with("192.0.2.1/24", "2001:db8::1/64");
  }

  @Property(tries = 300)
  void theOrderOfSoundPeersMeansNothing(
      @ForAll("soundPeers") List<Peer> peers, @ForAll Random random) {
    List<Peer> shuffled = new ArrayList<>(peers);
    java.util.Collections.shuffle(shuffled, random);

    Plan one = machine().plan(Example.vxlan().with(peers).snapshot());
    Plan other = machine().plan(Example.vxlan().with(shuffled).snapshot());

    assertThat(new HashSet<>(other.desired().peers()))
        .isEqualTo(new HashSet<>(one.desired().peers()));
    assertThat(one.findings()).isEmpty();
    assertThat(one.desired().peers()).hasSize(peers.size());
  }

  @Property(tries = 500)
  void laterPeersNeverChangeWhatEarlierOnesGet(
      @ForAll("soundPeers") List<Peer> sound, @ForAll("anyPeers") List<Peer> hostile) {
    List<Peer> all = new ArrayList<>(sound);
    all.addAll(hostile);

    Plan alone = machine().plan(Example.vxlan().dualStack().with(sound).snapshot());
    Plan together = machine().plan(Example.vxlan().dualStack().with(all).snapshot());

    assertThat(together.desired().peers().subList(0, sound.size()))
        .isEqualTo(alone.desired().peers());
    assertThat(together.desired().tunnels()).containsAll(alone.desired().tunnels());
    assertThat(together.podMtu()).isEqualTo(alone.podMtu());
    assertThat(together.desired().bridge()).isEqualTo(alone.desired().bridge());
  }

  @Property(tries = 500)
  void whateverPeersSayThePlanIsSound(@ForAll("anyPeers") List<Peer> peers) {
    Plan plan = machine().plan(Example.vxlan().dualStack().with(peers).snapshot());

    List<IpPrefix> blocks = new ArrayList<>(Example.vxlan().dualStack().self().blocks());
    Set<Object> vteps = new HashSet<>();
    for (PlannedPeer peer : plan.desired().peers()) {
      assertThat(blocks).noneMatch(block -> block.overlaps(peer.block()));
      blocks.add(peer.block());
      assertThat(Example.vxlan().dualStack().podCidrs())
          .anyMatch(pool -> pool.contains(peer.block()));
      PlannedPeer.Path.Tunnelled path = (PlannedPeer.Path.Tunnelled) peer.path();
      assertThat(path.mac()).isNotEqualTo(Example.mac(1));
      assertThat(path.mac().isMulticast() || path.mac().isZero()).isFalse();
      assertThat(path.vtep())
          .isNotIn(Example.ip(1), Example.ip6(1))
          .matches(address -> !address.isLoopback() && !address.isMulticast());
      vteps.add(List.of(peer.node(), path.mac()));
    }
    assertThat(plan.desired().peers().size() + plan.findings().size()).isEqualTo(peers.size());
    assertThat(vteps).hasSizeLessThanOrEqualTo(plan.desired().peers().size());
  }

  @Property(tries = 300)
  void afterTheStepsNothingIsLeftToDo(
      @ForAll("anyPeers") List<Peer> before,
      @ForAll("anyPeers") List<Peer> after,
      @ForAll boolean direct,
      @ForAll boolean probes,
      @ForAll("vnis") int vni) {
    Machine machine = machine();
    machine.sync(Example.vxlan().with(before).snapshot());

    DesiredState desired =
        machine.sync(
            (probes ? Example.vxlan() : Example.vxlan().withoutProbes())
                .dualStack()
                .with(new Backend.Vxlan(vni, 8472, direct))
                .with(after)
                .snapshot());

    assertThat(machine.diff(desired)).isEmpty();
  }

  @Provide
  Arbitrary<Integer> vnis() {
    return Arbitraries.of(1, 7);
  }

  /** Routes and objects as an older version, a killed one or somebody else left them. */
  @Property(tries = 300)
  void whateverRoutesThereAreNoPeerLosesItsRoute(
      @ForAll("soundPeers") List<Peer> peers,
      @ForAll("leftovers") List<Integer> leftovers,
      @ForAll boolean direct) {
    Machine machine = machine();
    Example example = Example.vxlan().dualStack().with(new Backend.Vxlan(1, 8472, direct));
    machine.sync(example.snapshot());
    List<Peer> all = new ArrayList<>(peers);
    peers.forEach(peer -> all.add(Example.peer6(number(peer))));
    for (Peer peer : all) {
      peer.nodeIps()
          .forEach(
              ip ->
                  machine.routesTo.put(
                      ip,
                      Route.through(
                          IpPrefix.host(ip),
                          machine.link("eth0").index(),
                          RouteProtocol.UNSPECIFIED)));
    }
    for (int kind : all.isEmpty() ? List.<Integer>of() : leftovers) {
      leave(machine, all.get(kind % all.size()), kind >> 4);
    }
    List<Route> foreign =
        machine.routes.stream().filter(route -> !Machine.MARKS.owns(route)).toList();
    List<NextHopObject> foreignObjects =
        machine.nextHops.stream().filter(object -> !Machine.MARKS.owns(object)).toList();
    DesiredState desired = machine.plan(example.with(all).snapshot()).desired();
    Set<IpPrefix> covered = new HashSet<>();

    for (StateChange change : machine.diff(desired)) {
      machine.routes.stream()
          .filter(Machine.MARKS::owns)
          .forEach(route -> covered.add(route.destination()));
      machine.apply(change);
      for (PlannedPeer peer : desired.peers()) {
        if (covered.contains(peer.block()) && !direct) {
          assertThat(machine.routes)
              .as("after %s", change)
              .anyMatch(r -> Machine.MARKS.owns(r) && r.destination().equals(peer.block()));
        }
      }
    }

    assertThat(machine.diff(desired)).isEmpty();
    assertThat(machine.routes.stream().filter(route -> !Machine.MARKS.owns(route)))
        .containsExactlyElementsOf(foreign);
    assertThat(machine.nextHops).containsAll(foreignObjects);
    for (PlannedPeer peer : desired.peers()) {
      assertThat(machine.routes.stream().filter(r -> r.destination().equals(peer.block())))
          .filteredOn(r -> r.metric() == peer.route().metric())
          .first()
          .matches(Machine.MARKS::owns);
    }
  }

  private static int number(Peer peer) {
    return Integer.parseInt(peer.node().substring(1));
  }

  @Provide
  Arbitrary<List<Integer>> leftovers() {
    return Arbitraries.integers().between(0, 1 << 12).list().ofMaxSize(12);
  }

  private static void leave(Machine machine, Peer peer, int kind) {
    int tunnel = machine.link("tweed.1").index();
    int eth0 = machine.link("eth0").index();
    IpPrefix block = peer.block();
    boolean ipv4 = block.family() == AddressFamily.IPV4;
    IpAddress gateway = (kind & 1) == 0 ? block.address() : ipv4 ? Example.ip(99) : Example.ip6(99);
    RouteProtocol ours = Machine.MARKS.routeProtocol();
    PlannedRoute planned = new PlannedRoute(block, block.address(), "tweed.1", true, 0);
    long id = planned.preferredNextHop() + (kind >> 3);
    boolean isFree = machine.nextHops.stream().noneMatch(object -> object.id() == id);
    Route plain = Route.via(block, gateway, (kind & 2) == 0 ? tunnel : eth0, ours).withOnlink();
    switch (kind & 7) {
      // An older version's; both families had metrics of this kind.
      case 0, 1 -> addOnce(machine, plain.withMetric(1024 + (kind >> 3)));
      case 2, 3 -> addOnce(machine, plain.withMetric(planned.metric()));
      case 4, 5 -> {
        if (ipv4 && isFree) {
          machine.nextHops.add(NextHopObject.via(id, gateway, tunnel, ours).withOnlink());
          addOnce(machine, Route.via(block, gateway, tunnel, ours).withOnlink().withNextHop(id));
        }
      }
      case 6 -> {
        if (isFree) {
          machine.nextHops.add(NextHopObject.via(id, Example.ip(9), eth0, RouteProtocol.STATIC));
        }
      }
      default ->
          addOnce(
              machine,
              Route.via(block, Example.ip(9), eth0, RouteProtocol.STATIC)
                  .withMetric(ipv4 ? 0 : 1024));
    }
  }

  private static void addOnce(Machine machine, Route route) {
    boolean isThere =
        machine.routes.stream()
            .anyMatch(
                r ->
                    r.destination().equals(route.destination())
                        && r.metric() == route.metric()
                        && (r.equals(route) || route.destination().family() == AddressFamily.IPV6));
    if (isThere) {
      return;
    }
    if (route.nextHopId() != 0) {
      machine.routes.addFirst(route); // that ours may be behind somebody's, RouteContest knows
    } else {
      machine.routes.add(route);
    }
  }

  @Property(tries = 200)
  void afterRemovalOnlyForeignThingsAreLeft(@ForAll("anyPeers") List<Peer> peers) {
    Machine machine = machine();
    machine.sync(Example.vxlan().dualStack().with(peers).snapshot());

    machine.diff(DesiredState.NOTHING).forEach(machine::apply);

    assertThat(machine.links).extracting(link -> link.name()).containsExactly("lo", "eth0");
    assertThat(machine.routes).isEmpty();
    assertThat(machine.nextHops).isEmpty();
    assertThat(machine.routingRules).isEmpty();
    assertThat(machine.rules).isInstanceOf(NftListing.Absent.class);
  }

  @Property(tries = 300)
  void blocksOfAPoolPreferDistinctNextHops(@ForAll("lengths") int length, @ForAll Random random) {
    Set<Long> ids = new HashSet<>();
    Set<IpPrefix> blocks = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      int number = random.nextInt(1 << Math.min(length - 8, 20));
      blocks.add(new IpPrefix(new Ipv4Address(0x0a000000 | number << 32 - length), length));
    }

    for (IpPrefix block : blocks) {
      ids.add(new PlannedRoute(block, block.address(), "tweed.1", true, 0).preferredNextHop());
    }

    assertThat(ids).hasSameSizeAs(blocks).allMatch(PlannedRoute::mayUse);
    assertThat(blocks).allMatch(block -> block.family() == AddressFamily.IPV4);
  }

  @Provide
  Arbitrary<Integer> lengths() {
    return Arbitraries.integers().between(16, 28);
  }
}
