package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.command.TweedNode;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.ip.IpPrefix;
import java.io.PrintWriter;
import java.io.StringWriter;
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
    // Given a configuration directory without a free byte
    mounts.run("mount", "-t", "tmpfs", "-o", "size=16k", "none", conf.toString());
    mounts.run("sh", "-c", "cat /dev/zero > " + conf + "/ballast 2>/dev/null || true");

    // When the configuration is due
    Optional<NodeFinding> finding = mounts.call(() -> writer().write(NETWORK));

    // Then that is said, and nothing half-written is there
    assertThat(finding).map(NodeFinding::reason).hasValue("DiskFull");
    assertThat(mounts.call(() -> conf.toFile().list())).containsExactly("ballast");

    // When there is space again
    mounts.run("rm", conf + "/ballast");
    assertThat(mounts.call(() -> writer().write(NETWORK))).isEmpty();

    // Then the configuration is in place
    assertThat(mounts.call(() -> new CniConfigFile(run, conf).present())).isTrue();
  }

  @Test
  void aReadOnlyConfigurationDirectoryIsAFindingThatNamesIt() throws Exception {
    mounts.run("mount", "-t", "tmpfs", "-o", "ro", "none", conf.toString());

    Optional<NodeFinding> finding = mounts.call(() -> writer().write(NETWORK));

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

  /** The daemon of a pod has a read-only mount of it, and did not try itself. */
  @Test
  void whyAnInitContainerCouldNotInstallIsTold() throws Exception {
    // Given a directory that is read-only on the host too
    Path source = CniPluginInstallerTest.plugins(directory.resolve("source"), "v1.9.1");
    CniPluginReader reader = new CniPluginReader(conf, run, "n1");
    mounts.tmpfs(conf, "");
    mounts.readOnly(conf, true);
    assertThat(mounts.call(reader::missing))
        .extracting(NodeFinding::message)
        .contains("the CNI plugin portmap is missing; the daemon itself may not write there");

    // When the init container has tried
    assertThat(installCni(source))
        .contains("the CNI plugin portmap cannot be written", "the CNI plugin tweed: ");

    // Then the daemon tells why it could not
    assertThat(mounts.call(reader::missing))
        .hasSize(4)
        .allSatisfy(
            f -> {
              assertThat(f.reason()).isEqualTo("CNIPluginMissing");
              assertThat(f.message())
                  .startsWith(
                      "the CNI plugin "
                          + Path.of(f.object()).getFileName()
                          + " cannot be written: Read-only file system");
              assertThat(f.remedy()).contains("logs POD -c cni-plugins", "spec.nodeName=n1'");
            });

    // And no more when another one has done it, whatever becomes of the plugins later
    mounts.readOnly(conf, false);
    assertThat(installCni(source)).isEmpty();
    assertThat(mounts.call(reader::missing)).isEmpty();
    mounts.run("rm", conf + "/portmap");
    assertThat(mounts.call(reader::missing))
        .singleElement()
        .satisfies(f -> assertThat(f.message()).contains("portmap is missing"));
  }

  private CniConfigWriter writer() {
    return CniConfigWriterTest.writer(run, conf, directory.resolve("none"), directory);
  }

  private String installCni(Path source) throws Exception {
    StringWriter out = new StringWriter();
    String[] arguments = {
      "install-cni",
      "--cni-plugins-dir=" + source,
      "--cni-bin-dir=" + conf,
      "--cni-conf-dir=" + directory,
      "--run-dir=" + run
    };
    assertThat(mounts.call(() -> TweedNode.execute(new PrintWriter(out), arguments))).isZero();
    return out.toString();
  }
}
