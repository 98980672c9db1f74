package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.CleanupReport;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.SyncReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sysctls get back what they were, on a real kernel. */
@Tag("kernel")
class SysctlRestoreTest {
  private static final Example EXAMPLE = Example.vxlan().dualStack().with(Example.peer(2));
  private static final String SOMAXCONN = "net.core.somaxconn";

  @TempDir Path run;
  private DataPathOptions options;
  @AutoClose private TestNode node;

  @BeforeEach
  void node() {
    options = DataPathOptions.defaults().withRunDir(run);
    node = TestNode.alone(options);
    node.sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0");
  }

  private String sysctl(String name) {
    return node.sh("sysctl -n " + name).strip();
  }

  /** As {@code tweed-node cleanup} does it: another process, that has only the file. */
  private CleanupReport cleanup() {
    return node.in(
        () -> {
          try (DataPath other = DataPath.open(options)) {
            return other.cleanup();
          }
        });
  }

  private static List<String> sysctls(List<Change> changes) {
    return changes.stream()
        .filter(change -> change.kind() == Change.Kind.SYSCTL)
        .map(change -> change.object() + ": " + change.detail())
        .toList();
  }

  @Test
  void cleanupPutsBackWhatWasFound() {
    node.sync(EXAMPLE);
    assertThat(sysctl("net.ipv4.ip_forward")).isEqualTo("1");

    CleanupReport report = cleanup();

    assertThat(sysctl("net.ipv4.ip_forward")).isEqualTo("0");
    assertThat(sysctl("net.ipv6.conf.all.forwarding")).isEqualTo("0");
    assertThat(sysctls(report.removed()))
        .contains("net/ipv4/ip_forward: 1 -> 0", "net/ipv6/conf/all/forwarding: 1 -> 0");
    assertThat(report.remaining()).isEmpty();
    assertThat(options.sysctlNotes()).doesNotExist();
  }

  @Test
  void advertisementsOfTheUnderlayAreTakenAgainAfterwards() {
    node.sh("sysctl -qw net.ipv6.conf.eth0.accept_ra=1");
    node.sync(EXAMPLE);
    assertThat(sysctl("net.ipv6.conf.eth0.accept_ra")).isEqualTo("2");

    cleanup();

    assertThat(sysctl("net.ipv6.conf.eth0.accept_ra")).isEqualTo("1");
  }

  @Test
  void whatWasRightWhenWeCameStays() {
    node.sh("sysctl -qw net.ipv4.ip_forward=1");
    node.sync(EXAMPLE);

    CleanupReport report = cleanup();

    assertThat(sysctl("net.ipv4.ip_forward")).isEqualTo("1");
    assertThat(sysctls(report.removed())).noneMatch(change -> change.contains("ipv4/ip_forward"));
  }

  /** What something else makes of it while we run is not what it was when we came. */
  @Test
  void repairedDriftIsNoValueToGoBackTo() {
    node.sh("sysctl -qw net.ipv4.ip_forward=1");
    node.sync(EXAMPLE);
    node.sh("sysctl -qw net.ipv4.ip_forward=0");
    node.sync(EXAMPLE);

    cleanup();

    assertThat(sysctl("net.ipv4.ip_forward")).isEqualTo("1");
  }

  @Test
  void whatIsNoLongerOursIsLeftAlone() {
    node.sync(EXAMPLE.withSysctls(Map.of(SOMAXCONN, "1000")));
    node.sh("sysctl -qw %s=2000".formatted(SOMAXCONN));

    cleanup();

    assertThat(sysctl(SOMAXCONN)).isEqualTo("2000");
  }

  @Test
  void firstValueIsRememberedOverARestart() {
    node.sync(EXAMPLE);
    node.in(
        () -> {
          try (DataPath next = DataPath.open(options)) {
            return next.sync(EXAMPLE.snapshot());
          }
        });

    cleanup();

    assertThat(sysctl("net.ipv4.ip_forward")).isEqualTo("0");
  }

  @Test
  void settingTakenOutOfThePodNetworkComesBack() {
    String before = sysctl(SOMAXCONN);
    node.sync(EXAMPLE.withSysctls(Map.of(SOMAXCONN, "1000")));
    node.sync(EXAMPLE.withSysctls(Map.of(SOMAXCONN, "1001")));
    assertThat(sysctl(SOMAXCONN)).isEqualTo("1001");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(sysctl(SOMAXCONN)).isEqualTo(before);
    assertThat(sysctls(report.applied())).containsExactly("net/core/somaxconn: 1001 -> " + before);
    assertThat(sysctl("net.ipv4.ip_forward")).as("still needed").isEqualTo("1");
    assertThat(node.sync(EXAMPLE).applied()).isEmpty();
  }

  /** The kernel gives a number in one read(2) or not at all. */
  @Test
  void settingOfManyDigitsIsRight() {
    Example asked = EXAMPLE.withSysctls(Map.of(SOMAXCONN, "1000", "net.ipv4.tcp_rmem", "1 2 3"));
    node.sync(asked);

    SyncReport report = node.sync(asked);

    assertThat(report.applied()).isEmpty();
    assertThat(report.sysctls())
        .containsEntry("net/core/somaxconn", "1000")
        .containsEntry("net/ipv4/tcp_rmem", "1 2 3");
  }

  @Test
  void withoutAPlaceForNotesTheNetworkWorks(@TempDir Path dir) throws Exception {
    Path file = Files.createFile(dir.resolve("file"));
    node.close();
    node = TestNode.alone(DataPathOptions.defaults().withRunDir(file));

    assertThat(node.sync(EXAMPLE).verified()).isTrue();
  }

  @Test
  void damagedNotesAreNoValueToGoBackTo() throws Exception {
    node.sync(EXAMPLE);
    Files.writeString(
        options.sysctlNotes(),
        "ipv4/ip_forward\t0\n../kernel/hostname\tx\ty\tasked\n\u0000\t\t\t\n");

    CleanupReport report = cleanup();

    assertThat(report.remaining()).isEmpty();
    assertThat(sysctl("net.ipv4.ip_forward")).isEqualTo("1");
  }
}
