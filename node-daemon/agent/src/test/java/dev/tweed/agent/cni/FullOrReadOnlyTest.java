package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.netlink.IpPrefix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real file systems that are full or read-only. */
@Tag("kernel")
class FullOrReadOnlyTest {

  private static final CniNetwork NETWORK =
      ConflistRendererTest.network(IpPrefix.parse("10.244.1.0/24"));

  @TempDir Path directory;
  private Path run;
  private Path conf;
  @AutoClose private Mounts mounts;

  @BeforeEach
  void start() throws Exception {
    run = Files.createDirectory(directory.resolve("run"));
    conf = Files.createDirectory(directory.resolve("conf"));
    mounts = new Mounts();
  }

  @Test
  void aFullDiskIsAFindingAndHealsByItself() throws Exception {
    // Given a run directory without a free byte
    mounts.run("mount", "-t", "tmpfs", "-o", "size=16k", "none", run.toString());
    mounts.run("sh", "-c", "cat /dev/zero > " + run + "/ballast 2>/dev/null || true");

    // When the configuration is due
    Optional<NodeFinding> finding =
        mounts.call(() -> new CniConfigWriter(run, conf).write(NETWORK));

    // Then that is said, nothing half-written is there, and no link leads to it
    assertThat(finding).map(NodeFinding::reason).hasValue("DiskFull");
    assertThat(mounts.call(() -> run.toFile().list())).containsExactly("ballast");
    assertThat(conf).isEmptyDirectory();

    // When there is space again
    mounts.run("rm", run + "/ballast");
    assertThat(mounts.call(() -> new CniConfigWriter(run, conf).write(NETWORK))).isEmpty();

    // Then the configuration is in place
    assertThat(mounts.call(() -> new CniConfigWriter(run, conf).present())).isTrue();
  }

  @Test
  void aReadOnlyConfigurationDirectoryIsAFindingThatNamesIt() throws Exception {
    mounts.run("mount", "-t", "tmpfs", "-o", "ro", "none", conf.toString());

    Optional<NodeFinding> finding =
        mounts.call(() -> new CniConfigWriter(run, conf).write(NETWORK));

    assertThat(finding)
        .hasValueSatisfying(
            f -> {
              assertThat(f.reason()).isEqualTo("CNIConfigFailed");
              assertThat(f.message()).contains("Read-only file system");
              assertThat(f.remedy()).contains(conf.toString());
            });
  }

  @Test
  void aReadOnlyPluginDirectoryIsAFindingOnlyForWhatIsMissing() throws Exception {
    // Given a read-only directory with two of the plugins
    Path source = CniPluginInstallerTest.plugins(directory.resolve("source"), "v1.9.1");
    mounts.run("mount", "-t", "tmpfs", "none", conf.toString());
    mounts.run("cp", source + "/bridge", source + "/host-local", conf.toString());
    mounts.run("mount", "-o", "remount,ro", conf.toString());

    assertThat(mounts.call(() -> new CniPluginInstaller(source, conf).install()))
        .extracting(NodeFinding::object)
        .containsExactly(conf + "/portmap", conf + "/loopback");
  }
}
