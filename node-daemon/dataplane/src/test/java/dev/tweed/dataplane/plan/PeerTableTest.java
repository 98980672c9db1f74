package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
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
