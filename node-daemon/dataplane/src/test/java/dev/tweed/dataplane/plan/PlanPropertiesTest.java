package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Peer;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Ipv4Address;
import dev.tweed.netlink.MacAddress;
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
      @ForAll("vnis") int vni) {
    Machine machine = machine();
    machine.sync(Example.vxlan().dualStack().with(before).snapshot());

    DesiredState desired =
        machine.sync(
            Example.vxlan()
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

  @Property(tries = 200)
  void afterRemovalOnlyForeignThingsAreLeft(@ForAll("anyPeers") List<Peer> peers) {
    Machine machine = machine();
    machine.sync(Example.vxlan().dualStack().with(peers).snapshot());

    machine.diff(DesiredState.NOTHING).forEach(machine::apply);

    assertThat(machine.links).extracting(link -> link.name()).containsExactly("lo", "eth0");
    assertThat(machine.routes).isEmpty();
    assertThat(machine.rules).isInstanceOf(NftListing.Absent.class);
  }

  @Property(tries = 300)
  void blocksOfAPoolHaveDistinctMetrics(@ForAll("lengths") int length, @ForAll Random random) {
    Set<Long> metrics = new HashSet<>();
    Set<IpPrefix> blocks = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      int number = random.nextInt(1 << Math.min(length - 8, 20));
      blocks.add(new IpPrefix(new Ipv4Address(0x0a000000 | number << 32 - length), length));
    }

    blocks.forEach(block -> metrics.add(PlannedPeer.metric(block)));

    assertThat(metrics).hasSameSizeAs(blocks).allMatch(metric -> metric > 0);
    assertThat(blocks).allMatch(block -> block.family() == AddressFamily.IPV4);
  }

  @Provide
  Arbitrary<Integer> lengths() {
    return Arbitraries.integers().between(16, 28);
  }
}
