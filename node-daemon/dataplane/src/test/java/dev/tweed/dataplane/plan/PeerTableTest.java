package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.plan.PeerTable.Arrival;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.NextHopObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.UniqueElements;
import org.junit.jupiter.api.Test;

/** What the table says of one peer is what the plan of all of them says. */
class PeerTableTest {

  /** Sound ones, and such as collide with them in any way. */
  @Provide
  Arbitrary<Peer> peer() {
    Arbitrary<Peer> sound =
        Arbitraries.oneOf(
            Arbitraries.integers().between(2, 60).map(Example::peer),
            Arbitraries.integers().between(2, 60).map(Example::peer6));
    Arbitrary<IpAddress> addresses =
        Arbitraries.oneOf(
            Arbitraries.integers().between(1, 60).map(Example::ip),
            Arbitraries.integers().between(1, 60).map(Example::ip6),
            Arbitraries.of("127.0.0.1", "ff02::1", "10.244.1.7", "fe80::1").map(IpAddress::parse));
    Arbitrary<IpPrefix> blocks =
        Combinators.combine(
                Arbitraries.integers().between(0x0af40000, 0x0af43c00),
                Arbitraries.frequency(net.jqwik.api.Tuple.of(6, 24), net.jqwik.api.Tuple.of(1, 22)))
            .as((value, length) -> new IpPrefix(new Ipv4Address(value), length).network());
    Arbitrary<MacAddress> macs = Arbitraries.integers().between(1, 60).map(Example::mac);
    Arbitrary<Peer> any =
        Combinators.combine(
                Arbitraries.integers().between(1, 60).map(i -> "n" + i),
                blocks,
                addresses.list().ofMinSize(1).ofMaxSize(3),
                macs,
                Arbitraries.of(0, 1280, 1400, 9000))
            .as(Peer::new);
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(3, sound), net.jqwik.api.Tuple.of(2, any));
  }

  private static final class BlockOf implements Function<Peer, Object> {
    @Override
    public Object apply(Peer peer) {
      return peer.block();
    }
  }

  @Provide
  Arbitrary<List<Peer>> peers() {
    return peer().list().ofMaxSize(20);
  }

  private static Machine machine() {
    return Machine.with("192.0.2.1/24", "2001:db8::1/64");
  }

  private static ClusterSnapshot snapshot(boolean dualStack, List<Peer> peers) {
    Example example = dualStack ? Example.vxlan().dualStack() : Example.vxlan();
    return example.with(peers).snapshot();
  }

  private static Optional<PeerTable> table(Machine machine, ClusterSnapshot snapshot) {
    Plan plan = machine.plan(snapshot);
    return PeerTable.of(
        snapshot, machine.facts(), plan, machine.actual(), machine.diff(plan.desired()));
  }

  @Property(tries = 1500)
  void oneMorePeerGetsWhatThePlanOfAllGivesIt(
      @ForAll("peers") List<Peer> before,
      @ForAll("peer") Peer arriving,
      @ForAll("peer") Peer next,
      @ForAll boolean dualStack,
      @ForAll @IntRange(min = 0, max = 20) int age) {
    // Given a kernel that holds the plan of some peers
    Machine machine = machine();
    machine.sync(snapshot(dualStack, before));
    Optional<PeerTable> table = table(machine, snapshot(dualStack, before));
    assertThat(table).isPresent();

    // When two come, whatever their age
    List<Peer> after = new ArrayList<>(before);
    for (Peer peer : List.of(arriving, next)) {
      Optional<PeerTable.Arrival> arrival = table.get().add(peer);
      if (arrival.isEmpty()) {
        return; // left to the plan of all
      }
      arrival.get().steps().forEach(machine::apply);
      after.add(Math.min(age, after.size()), peer);

      // Then they have what they would have had, and nothing is left to do for peers
      Plan whole = machine.plan(snapshot(dualStack, after));
      assertThat(whole.desired().peers()).contains(arrival.get().peer());
      assertThat(machine.diff(whole.desired())).noneMatch(StateChange::concernsPeer);
      assertThat(table.get().knows(peer)).isTrue();
      assertThat(new HashSet<>(arrival.get().steps())).hasSize(arrival.get().steps().size());
    }
  }

  @Property(tries = 300)
  void soundPeersThatClaimNothingOfOthersAreTakenIn(
      @ForAll @IntRange(min = 0, max = 30) int there,
      @ForAll @IntRange(min = 100, max = 200) int arriving) {
    List<Peer> before = new ArrayList<>();
    for (int i = 2; i < 2 + there; i++) {
      before.add(Example.peer(i));
    }
    Machine machine = machine();
    machine.sync(snapshot(true, before));

    PeerTable table = table(machine, snapshot(true, before)).orElseThrow();

    // Of a node with a block of each family the second adds no more than its neighbour and route
    assertThat(table.add(Example.peer(arriving)).orElseThrow().steps()).hasSize(4);
    assertThat(table.add(Example.peer6(arriving)).orElseThrow().steps()).hasSize(2);
  }

  /**
   * What comes while others are planned, read and compared: each part of the kernel may have been
   * read before or after each of them.
   */
  @Property(tries = 1000)
  void peersThatComeDuringAComparisonAreLeftAloneByIt(
      @ForAll("peers") @UniqueElements(by = BlockOf.class) List<Peer> before,
      @ForAll("peers") List<Peer> coming,
      @ForAll("peer") Peer next,
      @ForAll boolean dualStack,
      @ForAll boolean damaged,
      @ForAll Random random) {
    // Given a kernel that holds the plan of some peers, perhaps not all of it any more
    Machine machine = machine();
    ClusterSnapshot asked = snapshot(dualStack, before);
    machine.sync(asked);
    PeerTable table = table(machine, asked).orElseThrow();
    if (damaged) {
      machine.fdb.removeIf(entry -> random.nextInt(4) == 0);
      machine.neighbours.removeIf(neighbour -> random.nextInt(4) == 0);
      machine.routes.removeIf(route -> Machine.MARKS.owns(route) && random.nextInt(4) == 0);
    }
    Plan plan = machine.plan(asked);

    // When others come while it is read
    List<Arrival> arrivals = new ArrayList<>();
    List<Peer> all = new ArrayList<>(before);
    List<ActualState> readings = new ArrayList<>(List.of(machine.actual()));
    for (Peer peer : coming) {
      table
          .add(peer)
          .ifPresent(
              arrival -> {
                arrival.steps().forEach(machine::apply);
                arrivals.add(arrival);
                all.add(peer);
                readings.add(machine.actual());
              });
    }
    Supplier<ActualState> any = () -> readings.get(random.nextInt(readings.size()));
    ActualState read =
        new ActualState(
            machine.links,
            machine.addresses,
            any.get().fdb(),
            any.get().neighbours(),
            any.get().routes(),
            any.get().nextHops(),
            any.get().probe(),
            machine.sysctls,
            machine.rules,
            any.get().tunnelFilter());
    List<StateChange> steps =
        ArrivalFilter.without(
            arrivals, StateDiff.between(plan.desired(), read, Machine.MARKS).changes());
    steps.forEach(machine::apply);

    // Then all have what the plan of all gives them, and the table is of all
    Plan whole = machine.plan(snapshot(dualStack, all));
    assertThat(machine.diff(whole.desired())).noneMatch(StateChange::concernsPeer);
    assertThat(damaged || PeerTable.areOfOthers(steps)).isTrue();
    assertThat(table.isOf(asked, arrivals)).isTrue();
    assertThat(table.isOf(snapshot(dualStack, all), List.of())).isTrue();
    if (!damaged) {
      assertThat(table.stands(machine.facts(), plan, machine.actual())).isTrue();
      assertThat(table.add(next))
          .isEqualTo(table(machine, snapshot(dualStack, all)).orElseThrow().add(next));
    }
  }

  @Test
  void aFilterThatIsMadeAnewHasThoseThatCame() {
    Arrival arrival =
        new Arrival(
            new PlannedPeer(
                "n5", Example.block(5), new PlannedPeer.Path.Direct("eth0", Example.ip(5)), 0),
            Set.of(Example.ip(5)),
            List.of(new StateChange.AddTunnelPeers(Set.of(Example.ip(5)))));
    StateChange gone = new StateChange.RemoveTunnelPeers(Set.of(Example.ip(5), Example.ip(6)));
    StateChange put =
        new StateChange.PutTunnelFilter(
            new TunnelFilter(8472, 1, Set.of(Example.ip(2))), Change.Action.CHANGED);

    assertThat(ArrivalFilter.without(List.of(arrival), List.of(gone, put)))
        .containsExactly(
            new StateChange.RemoveTunnelPeers(Set.of(Example.ip(6))),
            new StateChange.PutTunnelFilter(
                new TunnelFilter(8472, 1, Set.of(Example.ip(2), Example.ip(5))),
                Change.Action.CHANGED));
    assertThat(
            ArrivalFilter.without(
                List.of(arrival),
                List.of(new StateChange.RemoveTunnelPeers(Set.of(Example.ip(5))))))
        .isEmpty();
  }

  @Test
  void aTableIsOfItsPeersOnly() {
    Peer second = Example.peer(2);
    ClusterSnapshot two = snapshot(false, List.of(second, Example.peer(3)));
    Machine machine = machine();
    machine.sync(two);
    PeerTable table = table(machine, two).orElseThrow();

    assertThat(table.isOf(two, List.of())).isTrue();
    // One that goes, comes, or moves
    assertThat(table.isOf(snapshot(false, List.of(second)), List.of())).isFalse();
    assertThat(
            table.isOf(
                snapshot(false, List.of(second, Example.peer(3), Example.peer(4))), List.of()))
        .isFalse();
    assertThat(
            table.isOf(
                snapshot(
                    false,
                    List.of(
                        second,
                        new Peer("n3", Example.block(3), List.of(Example.ip(33)), Example.mac(3)))),
                List.of()))
        .isFalse();
    assertThat(table.isOf(snapshot(true, List.of(second, Example.peer(3))), List.of())).isFalse();
    // An address of this host that another may claim, or a nexthop object that is in the way
    Plan plan = machine.plan(two);
    assertThat(table.stands(machine.facts(), plan, machine.actual())).isTrue();
    machine.nextHops.add(
        NextHopObject.via(7, Example.ip(9), 1, new dev.tweed.netlink.RouteProtocol(4)));
    assertThat(table.stands(machine.facts(), plan, machine.actual())).isFalse();
    machine.nextHops.removeLast();
    machine.addresses.add(Address.global(2, IpPrefix.parse("198.51.100.1/24")));
    assertThat(table.stands(machine.facts(), plan, machine.actual())).isFalse();
  }

  /**
   * The plan gives a node's blocks one way, so one that is reached now brings the others with it.
   */
  @Test
  void aBlockOfANodeThatWasNotReachedIsLeftToThePlan() {
    Peer unreached =
        new Peer(
            "n30", IpPrefix.parse("10.244.7.0/24"), List.of(Example.ip6(30)), Example.mac(30), 0);
    ClusterSnapshot before = snapshot(false, List.of(unreached));
    Machine machine = machine();
    machine.sync(before);

    assertThat(table(machine, before).orElseThrow().add(Example.peer(30))).isEmpty();
  }

  @Test
  void whereMoreThanPeersIsToBeDoneThereIsNoTable() {
    ClusterSnapshot some = snapshot(false, List.of(Example.peer(2)));
    Machine machine = machine();
    machine.sync(some);
    machine.links.removeIf(link -> link.name().equals("tweed.1"));

    assertThat(table(machine, some)).isEmpty();
  }

  @Test
  void plainRoutesAndMemoryAreNoBusinessOfATable() {
    ClusterSnapshot plain =
        Example.vxlan().with(new Backend.Vxlan(1, 8472, true)).with(Example.peer(2)).snapshot();
    Machine machine = machine();
    machine.sync(plain);
    assertThat(table(machine, plain)).isEmpty();

    ClusterSnapshot now = snapshot(false, List.of(Example.peer(2)));
    machine.sync(now);
    assertThat(table(machine, now)).isPresent();
    assertThat(table(machine, new ClusterSnapshot(now.network(), now.self(), now.peers(), true)))
        .isEmpty();
  }
}
