package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.VxlanInfo;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices that somebody else made, in the way of ours or beside them. */
class OtherDevicesPlanTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");

  private static VxlanInfo vxlan(int vni, int port, String local, boolean external) {
    return new VxlanInfo(
        vni,
        port,
        local.isEmpty() ? Optional.empty() : Optional.of(IpAddress.parse(local)),
        Optional.empty(),
        0,
        false,
        external,
        false,
        false,
        false,
        false);
  }

  @Test
  void anotherDeviceHasTheVni() {
    machine.addVxlan("flannel.1", vxlan(1, 8472, "192.0.2.1", false), Optional.empty());

    Plan plan = machine.plan(Example.vxlan().with(Example.peer(2)).snapshot());

    assertThat(plan.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.VniInUse);
              assertThat(finding.object()).isEqualTo("flannel.1");
              assertThat(finding.isBlocking()).isTrue();
            });
    assertThat(plan.desired().tunnels()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2/8472/192.0.2.1", "1/4789/192.0.2.1", "1/8472/2001:db8::1"})
  void otherTunnelsBesideOursAreNoConflict(String other) {
    String[] parts = other.split("/");
    machine.addVxlan(
        "other",
        vxlan(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), parts[2], false),
        Optional.empty());

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).isEmpty();
  }

  @Test
  void anExternalVxlanDeviceHasThePort() {
    machine.addVxlan("cilium_vxlan", vxlan(0, 8472, "", true), Optional.empty());

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.PortInUse);
    assertThat(plan.findings().getFirst().object()).isEqualTo("cilium_vxlan");
  }

  @Test
  void aDeviceOfOursNotYetMarkedIsTakenOver() {
    machine.addVxlan("tweed.1", vxlan(1, 8472, "192.0.2.1", false), Optional.empty());

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).isEmpty();
    assertThat(plan.desired().tunnels()).hasSize(1);
  }

  @Test
  void aDeviceOfTheTunnelsNameThatIsNotOursIsLeftAlone() {
    machine.add("tweed.1", Optional.of("dummy"), 1500, 1);

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.ForeignDevice);
    assertThat(machine.diff(plan.desired()))
        .noneMatch(change -> change.device().equals(Optional.of("tweed.1")))
        .noneMatch(StateChange.DeleteLink.class::isInstance);
  }

  @Test
  void aBridgeTheCniPluginMadeIsTakenOver() {
    Link bridge = machine.add("tweed-br0", Optional.of("bridge"), 1500, 1);
    machine.addresses.add(Address.global(bridge.index(), IpPrefix.parse("10.244.7.1/24")));

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).isEmpty();
    assertThat(machine.diff(plan.desired()))
        .anyMatch(
            change ->
                change instanceof StateChange.RemoveAddress remove
                    && remove.address().prefix().equals(IpPrefix.parse("10.244.7.1/24")));
  }

  @Test
  void aBridgeOfSomebodyElseIsReportedAndNotTouched() {
    Link bridge = machine.add("tweed-br0", Optional.of("bridge"), 1500, 1);
    machine.addresses.add(Address.global(bridge.index(), IpPrefix.parse("172.17.0.1/16")));

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.ForeignDevice);
    assertThat(plan.findings().getFirst().message()).contains("172.17.0.1");
    assertThat(machine.diff(plan.desired()))
        .noneMatch(change -> change.object().contains("tweed-br0"));
  }
}
