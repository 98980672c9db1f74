package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SysctlContradictionPlannerTest {

  private static final List<SysctlSetting> SETTINGS = settings(Map.of());

  private static List<SysctlSetting> settings(Map<String, String> asked) {
    SysctlPlanner planner = new SysctlPlanner();
    List<SysctlSetting> devices = planner.device("tweed.1", true);
    List<SysctlSetting> all =
        new ArrayList<>(
            planner
                .node(
                    true,
                    new SysctlPlanner.HostDevices(List.of("eth0"), List.of("eth0"), List.of()),
                    3,
                    asked,
                    devices,
                    false)
                .settings());
    all.addAll(devices);
    return all;
  }

  private static List<Finding> plan(HostSysctls host) {
    return plan(SETTINGS, host);
  }

  private static List<Finding> plan(List<SysctlSetting> settings, HostSysctls host) {
    return SysctlContradictionPlanner.plan(settings, host, path -> Optional.of("0"));
  }

  private static HostSysctls boot(String text) {
    return new HostSysctls(SysctlLine.parse("/etc/sysctl.d/10-site.conf", text), List.of());
  }

  @Test
  void lineIsNamedWithWhatToType() {
    List<Finding> findings = plan(boot("# site\nnet.ipv4.ip_forward = 0\n"));

    assertThat(findings)
        .containsExactly(
            new Finding(
                Reason.SysctlContradicted,
                "/etc/sysctl.d/10-site.conf:2",
                "/etc/sysctl.d/10-site.conf:2 sets net.ipv4.ip_forward to 0; Tweed keeps it at 1"
                    + " while it runs, but not from a start of the machine until Tweed is up",
                "sed -i '2 s/^/#/' /etc/sysctl.d/10-site.conf"));
  }

  @Test
  void ufwCountsForItself() {
    List<Finding> findings =
        plan(
            new HostSysctls(
                SysctlLine.parse("/etc/sysctl.conf", "net.ipv4.ip_forward = 1"),
                SysctlLine.parse("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=0")));

    assertThat(findings)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.object()).isEqualTo("/etc/ufw/sysctl.conf:1");
              assertThat(finding.message()).contains("a start of ufw");
            });
  }

  @Test
  void lastLineDecides() {
    assertThat(plan(boot("net.ipv4.ip_forward=0\nnet.ipv4.ip_forward=1"))).isEmpty();
    assertThat(plan(boot("net.ipv4.ip_forward=1\nnet.ipv4.conf.all.forwarding=0"))).hasSize(1);
  }

  @Test
  void oneLineIsToldOnceForAllItSets() {
    assertThat(plan(boot("net.ipv6.conf.all.forwarding=0"))).hasSize(1);
  }

  @Test
  void ipv6SwitchedOffForAllIsOffForOurDevices() {
    assertThat(plan(boot("net.ipv6.conf.all.disable_ipv6=1")))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.message()).contains("net.ipv6.conf.tweed/1.disable_ipv6"));
  }

  @Test
  void patternThatHitsOurDeviceIsTold() {
    List<Finding> findings =
        plan(
            new HostSysctls(
                SysctlLine.parse(
                    "/usr/lib/sysctl.d/50-default.conf", "net.ipv4.conf.*.rp_filter = 1"),
                List.of()));

    assertThat(findings)
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.remedy())
                    .isEqualTo(
                        "echo 'net.ipv4.conf.tweed/1.rp_filter = 2' >>/etc/sysctl.d/zz-tweed.conf"));
  }

  @Test
  void nameWinsOverPatternWhereverItStands() {
    assertThat(plan(boot("net.ipv4.conf.tweed/1.rp_filter=2\nnet.ipv4.conf.*.rp_filter=1")))
        .isEmpty();
    assertThat(plan(boot("net.ipv4.conf.*.rp_filter=1\n-net.ipv4.conf.tweed/1.rp_filter")))
        .isEmpty();
  }

  @Test
  void strictFilterForAllIsNoMatterWhereOurDeviceIsLoose() {
    assertThat(plan(boot("net.ipv4.conf.all.rp_filter=1\nnet.ipv4.conf.default.rp_filter=1")))
        .isEmpty();
  }

  @Test
  void advertisementsForARouterAreTold() {
    assertThat(plan(boot("net.ipv6.conf.eth0.accept_ra=1")))
        .singleElement()
        .satisfies(finding -> assertThat(finding.message()).contains("keeps it at 2"));
    assertThat(plan(boot("net.ipv6.conf.eth0.accept_ra=0"))).isEmpty();
  }

  @Test
  void settingOfThePodNetworkIsComparedToo() {
    assertThat(
            plan(settings(Map.of("net.core.somaxconn", "1000")), boot("net.core.somaxconn = 128")))
        .hasSize(1);
  }

  @Test
  void fileWithAnOddNameIsNotPutIntoACommand() {
    List<Finding> findings =
        plan(
            new HostSysctls(
                SysctlLine.parse("/etc/sysctl.d/a';reboot;'.conf", "net.ipv4.ip_forward=0"),
                List.of()));

    assertThat(findings.getFirst().remedy()).startsWith("put a # before line 1 of");
  }

  @Test
  void filesCountByNameAndTheFirstDirectoryWins() {
    assertThat(
            SysctlFileOrder.of(
                Map.of(
                    "/etc/sysctl.d", List.of("50-b.conf", "README"),
                    "/run/sysctl.d", List.of("60-run.conf"),
                    "/usr/lib/sysctl.d", List.of("50-b.conf", "10-a.conf", "99-z.conf"))))
        .containsExactly(
            "/usr/lib/sysctl.d/10-a.conf",
            "/etc/sysctl.d/50-b.conf",
            "/run/sysctl.d/60-run.conf",
            "/usr/lib/sysctl.d/99-z.conf",
            "/etc/sysctl.conf");
  }
}
