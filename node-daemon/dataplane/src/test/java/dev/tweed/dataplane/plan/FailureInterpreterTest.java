package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FailureInterpreterTest {
  private final FailureInterpreter interpreter = new FailureInterpreter();
  private final TunnelDevice tunnel =
      Machine.with("192.0.2.1/24").plan(Example.vxlan().snapshot()).desired().tunnels().getFirst();

  private Finding only(StateChange change, ChangeFailure.Cause cause) {
    List<Finding> findings = interpreter.interpret(List.of(new ChangeFailure(change, cause)));
    assertThat(findings).hasSize(1);
    return findings.getFirst();
  }

  private static ChangeFailure.Cause refused(int errno, String text) {
    return new ChangeFailure.Cause.Refused(new NetlinkError(errno, text));
  }

  @Test
  void withoutTheVxlanModuleThePackageOfARaspberryPiIsNamed() {
    Finding finding =
        only(
            new StateChange.CreateTunnel(tunnel), refused(Errno.EOPNOTSUPP, "Unknown device type"));

    assertThat(finding.reason()).isEqualTo(Reason.ModuleMissing);
    assertThat(finding.message()).contains("EOPNOTSUPP: Unknown device type");
    assertThat(finding.remedy())
        .contains("modprobe vxlan")
        .contains("apt install linux-modules-extra-raspi");
  }

  @Test
  void aKernelWithoutNexthopObjectsIsNamed() {
    PlannedRoute route =
        new PlannedRoute(
            Example.block(2), Example.block(2).address(), "tweed.1", /* onlink= */ true, 0);

    Finding finding =
        only(new StateChange.PutRoute(route, 7, false), refused(Errno.EOPNOTSUPP, ""));

    assertThat(finding.message()).endsWith("this kernel knows no nexthop objects");
    assertThat(finding.remedy()).contains("Linux 5.3");
  }

  @Test
  void aVniTakenBetweenPlanAndCreation() {
    Finding finding =
        only(
            new StateChange.CreateTunnel(tunnel),
            refused(Errno.EEXIST, "A VXLAN device with the specified VNI already exists"));

    assertThat(finding.reason()).isEqualTo(Reason.VniInUse);
  }

  @Test
  void aPortTakenByAnotherProgram() {
    Finding finding = only(new StateChange.SetUp("tweed.1"), refused(Errno.EADDRINUSE, ""));

    assertThat(finding.reason()).isEqualTo(Reason.PortInUse);
    assertThat(finding.remedy()).contains("ss -lunp");
  }

  @Test
  void withoutBridgeNetfilterTheModuleIsNamed() {
    SysctlSetting setting =
        new SysctlSetting(
            "bridge/bridge-nf-call-iptables",
            new SysctlSetting.Rule.Exactly("1"),
            SysctlSetting.Absence.BRIDGE_NETFILTER_MISSING,
            SysctlSetting.Need.REQUIRED);

    Finding finding =
        only(
            new StateChange.EnsureSysctl(setting, Optional.empty()),
            new ChangeFailure.Cause.NoSuchSysctl());

    assertThat(finding.reason()).isEqualTo(Reason.ModuleMissing);
    assertThat(finding.object()).isEqualTo("br_netfilter");
    assertThat(finding.remedy()).contains("modprobe br_netfilter");
  }

  @Test
  void aRefusedRouteIsToldWithItsErrnoAndTheKernelsWords() {
    StateChange change =
        new StateChange.PutRoute(
            new PlannedRoute(Example.block(2), Example.ip(2), "eth0", false, 0), 0, false);

    Finding finding = only(change, refused(Errno.ENETUNREACH, "Nexthop has invalid gateway"));

    assertThat(finding.reason()).isEqualTo(Reason.ProgrammingFailed);
    assertThat(finding.isBlocking()).isFalse();
    assertThat(finding.message())
        .isEqualTo(
            "cannot set route (via 192.0.2.2 dev eth0) 10.244.2.0/24: ENETUNREACH: Nexthop has"
                + " invalid gateway");
  }

  @Test
  void whatADeviceFailedToBeIsToldOnce() {
    List<Finding> findings =
        interpreter.interpret(
            List.of(
                new ChangeFailure(
                    new StateChange.CreateTunnel(tunnel), refused(Errno.EOPNOTSUPP, "")),
                new ChangeFailure(
                    new StateChange.SetUp("tweed.1"), new ChangeFailure.Cause.NoDevice()),
                new ChangeFailure(
                    new StateChange.PutFdb("tweed.1", Example.mac(2), Example.ip(2)),
                    new ChangeFailure.Cause.NoDevice())));

    assertThat(findings).singleElement().extracting(Finding::object).isEqualTo("vxlan");
  }

  @Test
  void fiveThousandFailuresAreSummedUp() {
    List<ChangeFailure> failures =
        IntStream.range(0, 5000)
            .mapToObj(
                i ->
                    new ChangeFailure(
                        new StateChange.PutFdb("tweed.1", Example.mac(i + 10), Example.ip(2)),
                        refused(Errno.ENOMEM, "")))
            .toList();

    List<Finding> findings = interpreter.interpret(failures);

    assertThat(findings).hasSize(21);
    assertThat(findings.getLast().message()).contains("4980 more");
  }
}
