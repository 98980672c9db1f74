package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Example;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.BridgeInfo;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StateDiffTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");
  private final Example example =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2), Example.peer(3));

  @Test
  void fromNothing() {
    List<StateChange> changes = machine.diff(machine.plan(example.snapshot()).desired());

    Golden.assertMatches("diff-from-nothing.txt", PlanText.of(changes));
  }

  @Test
  void aPeerGoesAndAnotherComes() {
    machine.sync(example.snapshot());

    List<StateChange> changes =
        machine.diff(
            machine
                .plan(example.with(Example.peer(2), Example.peer6(2), Example.peer(4)).snapshot())
                .desired());

    Golden.assertMatches("diff-peer-replaced.txt", PlanText.of(changes));
  }

  /** A new port of it would wait for 30 s, or pass frames of no VLAN of its. */
  @Test
  void aBridgeThatIsTakenOverPassesAllAtOnce() {
    machine.add(
        new Link(
            9,
            "tweed-br0",
            Optional.empty(),
            1500,
            1,
            OperState.UNKNOWN,
            1000,
            Optional.empty(),
            Optional.of("bridge"),
            0,
            0,
            0,
            Optional.empty(),
            Optional.of(new BridgeInfo(true, true, true)),
            Optional.empty(),
            false));

    assertThat(machine.diff(machine.plan(example.snapshot()).desired()))
        .contains(new StateChange.ResetBridge("tweed-br0", true));
  }

  @Test
  void anotherVni() {
    machine.sync(example.snapshot());

    List<StateChange> changes =
        machine.diff(
            machine.plan(example.with(new Backend.Vxlan(7, 8472, false)).snapshot()).desired());

    Golden.assertMatches("diff-other-vni.txt", PlanText.of(changes));
  }

  /** As after an end between the creation of a device and its alias. */
  @Test
  void aDeviceWeMadeThatGotNoAliasGoes() {
    machine.add(inOurGroup("tweed.7", "vxlan"));

    assertThat(machine.diff(machine.plan(example.snapshot()).desired()))
        .contains(new StateChange.DeleteLink(77, "tweed.7", "no longer wanted"));
  }

  @Test
  void somebodysDeviceThatHasOurGroupByChanceStays() {
    machine.sync(example.snapshot());
    machine.add(inOurGroup("veth1", "veth"));

    assertThat(machine.diff(machine.plan(example.snapshot()).desired())).isEmpty();
  }

  private static Link inOurGroup(String name, String kind) {
    return new Link(
        77,
        name,
        Optional.of(Example.mac(1)),
        1450,
        0,
        OperState.DOWN,
        0,
        Optional.empty(),
        Optional.of(kind),
        0,
        0,
        Marks.LINK_GROUP,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  @Test
  void toNothing() {
    machine.sync(example.snapshot());

    Golden.assertMatches("diff-to-nothing.txt", PlanText.of(machine.diff(DesiredState.NOTHING)));
  }

  @Test
  void whatOthersMadeIsNotTouched() {
    DesiredState desired = machine.sync(example.snapshot());
    int eth0 = machine.link("eth0").index();
    int tunnel = machine.link("tweed.1").index();
    machine.routes.add(
        Route.via(Example.block(9), Example.ip(9), eth0, RouteProtocol.STATIC).withMetric(5));
    machine.add("other0", Optional.of("bridge"), 1500, 1);
    machine.neighbours.add(
        new Neighbour(
            tunnel,
            dev.tweed.ip.IpAddress.parse("10.244.77.1"),
            Optional.empty(),
            NeighbourState.FAILED,
            0));

    assertThat(machine.diff(desired)).isEmpty();
  }

  @Test
  void anFdbEntryWithASecondDestinationIsWrittenAnew() {
    DesiredState desired = machine.sync(example.snapshot());
    int tunnel = machine.link("tweed.1").index();
    machine.fdb.add(FdbEntry.permanent(tunnel, Example.mac(2), Example.ip(66)));

    List<StateChange> changes = machine.diff(desired);

    assertThat(changes)
        .containsExactly(new StateChange.PutFdb("tweed.1", Example.mac(2), Example.ip(2)));
  }

  @Test
  void aRouteOfOursToAnUnknownBlockGoes() {
    DesiredState desired = machine.sync(example.snapshot());
    Route stale =
        Route.via(
            IpPrefix.parse("10.244.99.0/24"),
            Example.ip(9),
            machine.link("eth0").index(),
            Machine.MARKS.routeProtocol());
    machine.routes.add(stale);

    assertThat(machine.diff(desired)).containsExactly(new StateChange.RemoveRoute(stale));
  }

  @Test
  void aMissingModuleIsTriedAgainEachTime() {
    machine.sysctls.remove("bridge/bridge-nf-call-iptables");

    DesiredState desired = machine.sync(example.snapshot());

    assertThat(machine.diff(desired))
        .singleElement()
        .extracting(StateChange::object)
        .isEqualTo("net/bridge/bridge-nf-call-iptables");
  }

  @Test
  void unreadableRulesAreLeftAlone() {
    machine.rules = new NftListing.Unreadable("no nft");

    assertThat(machine.diff(machine.plan(example.snapshot()).desired()))
        .noneMatch(change -> change.kind() == dev.tweed.dataplane.Change.Kind.NFT);
  }
}
