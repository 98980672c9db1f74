package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdditionPlannerTest {

  private final Machine machine = machine();
  private final Example example =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2), Example.peer(3));

  private static Machine machine() {
    return Machine.with("192.0.2.1/24", "2001:db8::1/64");
  }

  private List<StateChange> remembered(Example what) {
    return machine.diff(machine.plan(what.remembered()).desired());
  }

  private Optional<String> contradiction(Example what) {
    return StateDiff.between(
            machine.plan(what.remembered()).desired(), machine.actual(), Machine.MARKS)
        .contradiction();
  }

  @Test
  void afterARebootAllIsAdded() {
    List<StateChange> all = machine.diff(machine.plan(example.snapshot()).desired());

    assertThat(remembered(example)).isEqualTo(all).isNotEmpty();
  }

  @Test
  void aDeletedDeviceComesBackWithAllItCarried() {
    machine.sync(example.snapshot());
    machine.apply(
        new StateChange.DeleteLink(machine.link("tweed.1").index(), "tweed.1", "by hand"));

    machine.sync(example.remembered());

    assertThat(machine.diff(machine.plan(example.snapshot()).desired())).isEmpty();
  }

  @Test
  void whatIsNotRememberedStaysAndWhatIsIsAddedBesideIt() {
    // Given a kernel with a peer that came after, and another that is gone from it
    machine.sync(example.with(Example.peer(2), Example.peer(4)).snapshot());

    // When memory knows the peers of before
    List<StateChange> steps = remembered(example.with(Example.peer(2), Example.peer(3)));

    // Then one comes, and none goes
    assertThat(steps)
        .isNotEmpty()
        .allSatisfy(step -> assertThat(step.action()).isEqualTo(Change.Action.ADDED))
        .noneMatch(step -> step.object().contains("10.244.4.0"))
        .anyMatch(step -> step.object().equals("10.244.3.0/24"));
  }

  @Test
  void aPeerThatIsAnotherByNowStaysAsItIs() {
    Peer now = new Peer("n9", Example.block(2), List.of(Example.ip(9)), Example.mac(9));
    machine.sync(example.with(now).snapshot());

    assertThat(remembered(example.with(Example.peer(2))))
        .noneMatch(step -> step instanceof StateChange.PutRoute)
        .noneMatch(step -> step instanceof StateChange.PutNeighbour);
  }

  @Test
  void noRouteTakesPacketsFromOneThatIsThere() {
    Peer now =
        new Peer("n9", IpPrefix.parse("10.244.2.0/23"), List.of(Example.ip(9)), Example.mac(9));
    machine.sync(example.with(now).snapshot());

    assertThat(remembered(example.with(Example.peer(2))))
        .noneMatch(step -> step instanceof StateChange.PutRoute);
  }

  @Test
  void anotherBlockInTheKernelStands() {
    machine.sync(example.snapshot());
    Example other =
        example.with(
            new OwnNode(
                "n1",
                List.of(Example.block(7), Example.block6(1)),
                List.of(Example.ip(1), Example.ip6(1)),
                Example.mac(1)));

    assertThat(remembered(other)).isEmpty();
    assertThat(contradiction(other).orElseThrow())
        .contains("10.244.1.0/32", "remembered is 10.244.7.0/32");
    assertThat(contradiction(example)).isEmpty();
  }

  @Test
  void anotherDeviceInTheKernelStands() {
    machine.sync(example.snapshot());
    Example other = example.with(new Backend.Vxlan(7, 8472, false));

    assertThat(remembered(other)).isEmpty();
    assertThat(contradiction(other)).hasValueSatisfying(why -> why.contains("tweed.1"));
  }

  @Test
  void rulesAndAttributesStayAsTheyAre() {
    machine.sync(example.snapshot());

    assertThat(remembered(example.withMtu(1300).with(new Masquerade(false, List.of(), false))))
        .isEmpty();
    assertThat(remembered(example.withoutProbes())).isEmpty();
  }

  @Test
  void aProbeDeviceThatIsHalfThereWaitsForTheApiServer() {
    machine.sync(example.snapshot());
    machine.links.remove(machine.link(ProbeDevice.PORT));

    assertThat(remembered(example)).isEmpty();
    assertThat(contradiction(example)).isEmpty();
  }

  @Test
  void aGatewayThatWasFlushedComesBack() {
    machine.sync(example.snapshot());
    int bridge = machine.link("tweed-br0").index();
    machine.addresses.removeIf(address -> address.linkIndex() == bridge);

    assertThat(remembered(example))
        .contains(new StateChange.AddAddress("tweed-br0", IpPrefix.parse("10.244.1.1/24")));
  }
}
