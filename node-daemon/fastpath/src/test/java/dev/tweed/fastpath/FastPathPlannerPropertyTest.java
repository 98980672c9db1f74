package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.FastPathOff.AddressTwice;
import dev.tweed.fastpath.FastPathOff.ForeignProgram;
import dev.tweed.fastpath.FastPathOff.KernelTooOld;
import dev.tweed.fastpath.FastPathOff.NoPlainTunnel;
import dev.tweed.fastpath.FastPathOff.NotTunnelled;
import dev.tweed.fastpath.FastPathOff.RightsMissing;
import dev.tweed.fastpath.FastPathOff.Shaped;
import dev.tweed.fastpath.FastPathOff.SwitchedOff;
import dev.tweed.fastpath.FastPathOff.WindowTrackingStrict;
import dev.tweed.fastpath.NodeView.Peer;
import dev.tweed.fastpath.NodeView.Pod;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FastPathPlannerPropertyTest {
  private static final Set<Integer> RIGHTS = Set.of(12, 38, 39);
  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:09");
  private static final NodeView.Tunnel TUNNEL =
      new NodeView.Tunnel(3, "tweed.1", MAC, 1, 8472, 2, true);

  private static final NodeView.Tunnel LEARNING =
      new NodeView.Tunnel(3, "tweed.1", MAC, 1, 8472, 2, false);
  private static final NodeView.Wire WIRE = new NodeView.Wire(2, 4);

  @Provide
  Arbitrary<NodeView.Peer> peers() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 40), Arbitraries.integers().between(0, 2))
        .as(
            (number, way) ->
                peer(
                    number,
                    List.of(tunnelled(number), new NodeView.Way.Plain(), new NodeView.Way.Other())
                        .get(way)));
  }

  private static NodeView.Way tunnelled(int number) {
    return new NodeView.Way.Tunnelled(
        new MacAddress(0x020000000000L + number),
        IpAddress.parse(number % 3 == 0 ? "2001:db8::" + number : "192.0.2." + number));
  }

  private static NodeView.Peer peer(int number, NodeView.Way way) {
    return new NodeView.Peer(
        "n" + number,
        List.of(
            IpPrefix.parse("10.77." + number + ".0/24"),
            IpPrefix.parse("fd77:" + number + "::/64")),
        1400 + number,
        way);
  }

  @Provide
  Arbitrary<NodeView.Pod> pods() {
    return Combinators.combine(
            Arbitraries.integers().between(10, 40),
            Arbitraries.integers().between(2, 30),
            Arbitraries.of("noqueue", "noqueue", "noqueue", "tbf"),
            Arbitraries.of(false, false, false, true))
        .as(
            (device, host, qdisc, foreign) ->
                new NodeView.Pod(
                    device,
                    new MacAddress(0x020000000000L + device),
                    MAC,
                    List.of(
                        IpAddress.parse("10.77.99." + host), IpAddress.parse("fd77:99::" + host)),
                    qdisc,
                    foreign,
                    false));
  }

  private static NodeView node(List<NodeView.Peer> peers, List<NodeView.Pod> pods) {
    return new NodeView(
        true,
        "6.12.48+deb13-amd64",
        RIGHTS,
        true,
        Optional.of(TUNNEL),
        Optional.empty(),
        Optional.of(new NodeView.Encapsulation(2, (Ipv4Address) IpAddress.parse("192.0.2.99"))),
        Optional.of(WIRE),
        peers,
        pods);
  }

  @Property
  void onlyAPodThatIsAloneUnshapedAndUnwatchedIsInThePlan(@ForAll List<@From("pods") Pod> pods) {
    FastPathPlan.On plan = on(node(List.of(), pods));
    for (NodeView.Pod pod : pods) {
      boolean alone =
          pods.stream()
              .noneMatch(
                  other ->
                      other.device() != pod.device()
                          && !Collections.disjoint(other.addresses(), pod.addresses()));
      for (IpAddress address : pod.addresses()) {
        boolean planned =
            plan.pods().containsKey(address)
                && plan.pods().get(address).device() == pod.device()
                && plan.pods().get(address).mac().equals(pod.mac());
        if (alone && pod.qdisc().equals("noqueue") && !pod.foreignProgram()) {
          assertThat(planned).isTrue();
        }
        if (!alone) {
          assertThat(plan.pods()).doesNotContainKey(address);
        }
      }
      assertThat(
              plan.podsOff().containsKey(pod.device())
                  || plan.pods().values().stream().anyMatch(it -> it.device() == pod.device()))
          .as("a pod is in the plan or has a reason")
          .isTrue();
    }
    plan.podsOff()
        .values()
        .forEach(
            why ->
                assertThat(why)
                    .isInstanceOfAny(Shaped.class, ForeignProgram.class, AddressTwice.class));
  }

  @Property
  void aPeerIsInThePlanByTheWayThatPacketsGo(@ForAll List<@From("peers") Peer> seen) {
    List<NodeView.Peer> peers = distinct(seen);
    FastPathPlan.On plan = on(node(peers, List.of()));
    for (NodeView.Peer peer : peers) {
      for (IpPrefix block : peer.blocks()) {
        assertThat(Optional.ofNullable(plan.peers().get(block)))
            .isEqualTo(
                switch (peer.way()) {
                  case NodeView.Way.Tunnelled(MacAddress mac, IpAddress underlay) ->
                      Optional.of(
                          new FastPathPlan.Tunnelled(
                              mac,
                              MAC,
                              peer.mtu(),
                              Optional.of(underlay)
                                  .filter(Ipv4Address.class::isInstance)
                                  .map(Ipv4Address.class::cast)));
                  case NodeView.Way.Plain _ ->
                      Optional.of(new FastPathPlan.Routed(WIRE.device(), peer.mtu()));
                  case NodeView.Way.Other _ -> Optional.empty();
                });
      }
      assertThat(plan.peersOff().get(peer.name()) instanceof NotTunnelled)
          .isEqualTo(peer.way() instanceof NodeView.Way.Other);
    }
    assertThat(plan.wire().isPresent())
        .as("asked of every packet of the host, so only if it is needed")
        .isEqualTo(peers.stream().anyMatch(peer -> peer.way() instanceof NodeView.Way.Plain));
  }

  @Property
  void orderDoesNotMatter(
      @ForAll List<@From("peers") Peer> seen,
      @ForAll List<@From("pods") Pod> pods,
      @ForAll Random random) {
    List<NodeView.Peer> peers = distinct(seen);
    List<NodeView.Pod> alone = new ArrayList<>();
    for (NodeView.Pod pod : pods) {
      if (alone.stream().noneMatch(other -> other.device() == pod.device())) {
        alone.add(pod);
      }
    }
    FastPathPlan plan = FastPathPlanner.plan(node(peers, alone));
    List<NodeView.Peer> otherPeers = new ArrayList<>(peers);
    List<NodeView.Pod> otherPods = new ArrayList<>(alone);
    Collections.shuffle(otherPeers, random);
    Collections.shuffle(otherPods, random);
    assertThat(FastPathPlanner.plan(node(otherPeers, otherPods))).isEqualTo(plan);
  }

  @Property
  void everyKeyAndValueHasTheSizeOfItsStruct(
      @ForAll List<@From("peers") Peer> peers, @ForAll List<@From("pods") Pod> pods) {
    FastPathPlan.On plan = on(node(peers, pods));
    plan.peers()
        .forEach(
            (block, entry) -> {
              assertThat(EntryEncoder.peerKey(block)).hasSize(EntryEncoder.PEER_KEY);
              assertThat(EntryEncoder.peer(entry)).hasSize(EntryEncoder.PEER);
            });
    plan.pods()
        .forEach(
            (address, entry) -> {
              assertThat(EntryEncoder.address(address)).hasSize(EntryEncoder.ADDRESS);
              assertThat(EntryEncoder.pod(entry)).hasSize(EntryEncoder.POD);
            });
  }

  @Example
  void whatTheWholeNodeLacksIsSaid() {
    NodeView good = node(List.of(), List.of());
    assertThat(FastPathPlanner.plan(good)).isInstanceOf(FastPathPlan.On.class);
    assertThat(off(with(good, false, "6.12.0", RIGHTS, true, Optional.of(TUNNEL))))
        .isEqualTo(new SwitchedOff());
    for (String release : List.of("6.5.13", "5.15.0-139-generic", "", "x", "6")) {
      assertThat(off(with(good, true, release, RIGHTS, true, Optional.of(TUNNEL))))
          .isEqualTo(new KernelTooOld(release, "6.6"));
    }
    assertThat(off(with(good, true, "7.0.0-rc1", Set.of(12), true, Optional.of(TUNNEL))))
        .isEqualTo(new RightsMissing(List.of("BPF", "PERFMON")));
    assertThat(off(with(good, true, "10.1", Set.of(21), true, Optional.of(TUNNEL))))
        .isEqualTo(new RightsMissing(List.of("NET_ADMIN")));
    assertThat(off(with(good, true, "6.6", RIGHTS, false, Optional.of(TUNNEL))))
        .isEqualTo(new WindowTrackingStrict());
    NodeView tunnelled = node(List.of(peer(1, tunnelled(1))), List.of());
    assertThat(off(with(tunnelled, true, "6.6", RIGHTS, true, Optional.empty())))
        .isInstanceOf(NoPlainTunnel.class);
    assertThat(off(with(good, true, "6.6", RIGHTS, true, Optional.of(LEARNING))))
        .isInstanceOf(NoPlainTunnel.class);
  }

  @Example
  void whereNoPeerIsTunnelledNoTunnelIsNeeded() {
    NodeView routed = node(List.of(peer(1, new NodeView.Way.Plain())), List.of());
    FastPathPlan plan =
        FastPathPlanner.plan(with(routed, true, "6.6", RIGHTS, true, Optional.empty()));
    assertThat(plan).isInstanceOf(FastPathPlan.On.class);
    assertThat(((FastPathPlan.On) plan).peers()).hasSize(2);
    assertThat(((FastPathPlan.On) plan).encapsulation()).isEmpty();
  }

  static NodeView withCapabilities(Set<Integer> capabilities) {
    return with(
        node(List.of(), List.of()), true, "6.12.0", capabilities, true, Optional.of(TUNNEL));
  }

  private static NodeView with(
      NodeView node,
      boolean wanted,
      String release,
      Set<Integer> rights,
      boolean liberal,
      Optional<NodeView.Tunnel> tunnel) {
    return new NodeView(
        wanted,
        release,
        rights,
        liberal,
        tunnel,
        node.occupied(),
        node.encapsulation(),
        node.wire(),
        node.peers(),
        node.pods());
  }

  private static FastPathOff off(NodeView node) {
    return ((FastPathPlan.Off) FastPathPlanner.plan(node)).why();
  }

  private static FastPathPlan.On on(NodeView node) {
    return (FastPathPlan.On) FastPathPlanner.plan(node);
  }

  private static List<NodeView.Peer> distinct(List<NodeView.Peer> peers) {
    List<NodeView.Peer> distinct = new ArrayList<>();
    for (NodeView.Peer peer : peers) {
      if (distinct.stream().noneMatch(other -> other.name().equals(peer.name()))) {
        distinct.add(peer);
      }
    }
    return distinct;
  }
}
