package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SysctlPlannerTest {

  private static SysctlPlanner.NodeSettings ask(boolean ipv6, String name) {
    SysctlPlanner planner = new SysctlPlanner();
    return planner.node(
        ipv6,
        new SysctlPlanner.HostDevices(List.of("eth0", "eth1"), List.of("eth0"), List.of()),
        3,
        Map.of(name, "1"),
        planner.device("tweed.1", ipv6),
        false);
  }

  /** Two that want different values of one file would write it for ever. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "net.ipv4.ip_forward",
        "net.ipv4.conf.all.forwarding",
        "net.ipv4.conf.tweed/1.rp_filter",
        "net/ipv4/conf/tweed.1/rp_filter",
        "net.ipv6.conf.all.disable_ipv6",
        "net.ipv6.conf.tweed/1.accept_ra",
        "net.ipv6.conf.eth0.accept_ra",
        "net.ipv4.conf.eth1.forwarding",
        "net.bridge.bridge-nf-call-iptables"
      })
  void whatChangesANeededSettingIsRefused(String name) {
    SysctlPlanner.NodeSettings settings = ask(true, name);

    assertThat(settings.findings())
        .extracting(Finding::reason)
        .containsExactly(Reason.SysctlRefused);
    assertThat(settings.settings()).noneMatch(s -> s.need() == SysctlSetting.Need.ASKED);
  }

  /** Or each node that joins is written for on each other node. */
  @ParameterizedTest
  @CsvSource({"257, 512", "512, 512", "513, 1024", "5000, 8192"})
  void thresholdsOfNeighboursGrowByPowersOfTwo(int peers, long least) {
    List<SysctlSetting> settings =
        new SysctlPlanner()
            .node(
                false,
                new SysctlPlanner.HostDevices(List.of(), List.of(), List.of()),
                peers,
                Map.of(),
                List.of(),
                false)
            .settings();

    assertThat(settings)
        .filteredOn(setting -> setting.path().contains("gc_thresh"))
        .extracting(SysctlSetting::rule)
        .containsExactly(
            new SysctlSetting.Rule.AtLeast(least),
            new SysctlSetting.Rule.AtLeast(2 * least),
            new SysctlSetting.Rule.AtLeast(4 * least));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void windowsAreNotJudgedWhereConnectionTrackingMissesPackets(boolean fastPath) {
    SysctlPlanner.NodeSettings planned =
        new SysctlPlanner()
            .node(
                false,
                new SysctlPlanner.HostDevices(List.of(), List.of(), List.of()),
                1,
                Map.of("net.netfilter.nf_conntrack_tcp_be_liberal", "0"),
                List.of(),
                fastPath);

    assertThat(planned.settings())
        .filteredOn(setting -> setting.path().startsWith("netfilter/"))
        .extracting(SysctlSetting::rule)
        .containsExactly(new SysctlSetting.Rule.Exactly(fastPath ? "1" : "0"));
    assertThat(planned.findings()).hasSize(fastPath ? 1 : 0);
  }

  @Test
  void whatIsAskedForAsItIsNeededIsNoFault() {
    SysctlPlanner.NodeSettings planned =
        new SysctlPlanner()
            .node(
                false,
                new SysctlPlanner.HostDevices(List.of(), List.of(), List.of()),
                1,
                Map.of("net.netfilter.nf_conntrack_tcp_be_liberal", "1"),
                List.of(),
                true);

    assertThat(planned.findings()).isEmpty();
    assertThat(planned.settings())
        .filteredOn(setting -> setting.path().startsWith("netfilter/"))
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "net.core.somaxconn",
        "net.ipv4.conf.all.rp_filter",
        "net.ipv4.conf.eth9.forwarding",
        "net.ipv6.conf.all.disable_ipv6"
      })
  void whatIsNotNeededMayBeAskedFor(String name) {
    SysctlPlanner.NodeSettings settings = ask(false, name);

    assertThat(settings.findings()).isEmpty();
    assertThat(settings.settings()).anyMatch(s -> s.need() == SysctlSetting.Need.ASKED);
  }
}
