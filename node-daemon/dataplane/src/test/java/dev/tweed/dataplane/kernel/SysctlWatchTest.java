package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.plan.SysctlSetting;
import dev.tweed.dataplane.plan.SysctlSetting.Absence;
import dev.tweed.dataplane.plan.SysctlSetting.Need;
import dev.tweed.dataplane.plan.SysctlSetting.Rule;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a look at the sysctls of a real kernel tells. */
@Tag("kernel")
class SysctlWatchTest {

  private static final List<SysctlSetting> SETTINGS =
      List.of(
          exactly("ipv4/ip_forward", "1"),
          exactly("ipv4/conf/one/proxy_arp", "1"),
          new SysctlSetting(
              "ipv4/conf/one/rp_filter",
              new Rule.NotStrict("ipv4/conf/all/rp_filter"),
              Absence.FINE,
              Need.REQUIRED));

  @AutoClose private final SysctlWatch watch = new SysctlWatch(Path.of("/proc/sys/net"));
  @AutoClose private final Netns netns = Netns.open();

  @BeforeEach
  void setUp() {
    netns.sh("ip link add one type bridge");
    netns.sh(
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.one.proxy_arp=1"
            + " net.ipv4.conf.one.rp_filter=0 net.ipv4.conf.all.rp_filter=0");
  }

  @Test
  void whatIsRightIsNoDrift() {
    assertThat(drifted()).isFalse();
    assertThat(drifted()).isFalse();
  }

  @Test
  void aChangeIsToldUntilItIsMended() {
    drifted();
    netns.sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.one.proxy_arp=1");

    assertThat(drifted()).isTrue();
    assertThat(drifted()).isTrue();

    netns.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.one.proxy_arp=1");

    assertThat(drifted()).isFalse();
  }

  @Test
  void aSettingIsJudgedByAnother() {
    drifted();
    netns.sh("sysctl -qw net.ipv4.conf.all.rp_filter=1");

    assertThat(drifted()).isTrue();
  }

  @Test
  void theFileOfADeviceThatCameBackIsAnother() {
    drifted();
    netns.sh("ip link del one && ip link add one type bridge");

    assertThat(drifted()).isTrue();

    netns.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.one.proxy_arp=1");

    assertThat(drifted()).isFalse();
  }

  @Test
  void otherSettingsAreJudgedAnew() {
    drifted();

    assertThat(netns.call(() -> watch.drifted(List.of(exactly("ipv4/ip_forward", "0"))))).isTrue();
  }

  private boolean drifted() {
    return netns.call(() -> watch.drifted(SETTINGS));
  }

  private static SysctlSetting exactly(String path, String value) {
    return new SysctlSetting(path, new Rule.Exactly(value), Absence.FINE, Need.REQUIRED);
  }
}
