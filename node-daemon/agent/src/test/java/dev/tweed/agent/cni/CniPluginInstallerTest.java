package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class CniPluginInstallerTest {

  @TempDir Path directory;
  private Path source;
  private Path target;

  @BeforeEach
  void plugins() throws IOException {
    source = plugins(directory.resolve("source"), "v1.9.1");
    target = Files.createDirectory(directory.resolve("target"));
  }

  @Test
  void installsWhatIsMissingExecutableForAll() throws IOException {
    assertThat(new CniPluginInstaller(source, target).install()).isEmpty();

    for (String plugin : CniPluginInstaller.PLUGINS) {
      assertThat(target.resolve(plugin)).hasSameBinaryContentAs(source.resolve(plugin));
      assertThat(Files.getAttribute(target.resolve(plugin), "unix:mode")).isEqualTo(0100755);
    }
  }

  @Test
  void replacesAnOlderOneAndLeavesANewerOne() throws IOException {
    plugin(target, "bridge", "v1.8.0");
    plugin(target, "portmap", "v1.10.0");

    new CniPluginInstaller(source, target).install();

    assertThat(target.resolve("bridge")).content().contains("v1.9.1");
    assertThat(target.resolve("portmap")).content().contains("v1.10.0");
    assertThat(new CniPluginReader(target, directory, "n1").installedVersion()).isEqualTo("v1.9.1");
  }

  @Test
  void leavesABuildThatDoesNotTellItsVersion() throws IOException {
    plugin(target, "bridge", "version unknown");

    new CniPluginInstaller(source, target).install();

    assertThat(target.resolve("bridge")).content().contains("version unknown");
  }

  @Test
  void neverKeepsASetUidBit() throws IOException {
    plugin(target, "bridge", "v1.0.0");
    Files.setAttribute(target.resolve("bridge"), "unix:mode", 04755);

    new CniPluginInstaller(source, target).install();

    assertThat(Files.getAttribute(target.resolve("bridge"), "unix:mode")).isEqualTo(0100755);
  }

  @Test
  void withoutASourceOnlyMissingPluginsMatter() throws IOException {
    plugin(target, "bridge", "v1.0.0");

    assertThat(new CniPluginInstaller(directory.resolve("none"), target).install())
        .extracting(NodeFinding::reason)
        .containsExactly("CNIPluginMissing", "CNIPluginMissing", "CNIPluginMissing");
  }

  @Test
  void uninstallRemovesWhatItAddedAndNothingElse() throws IOException {
    // Given a directory with an older bridge and an administrator's own plugin
    plugin(target, "bridge", "v1.8.0");
    plugin(target, "macvlan", "v1.9.1");
    new CniPluginInstaller(source, target).install();
    // and one of ours that somebody has replaced since
    plugin(target, "loopback", "v2.0.0");

    assertThat(new CniPluginInstaller(source, target).uninstall())
        .containsExactly("host-local", "portmap");

    assertThat(target.toFile().list()).containsExactlyInAnyOrder("bridge", "macvlan", "loopback");
  }

  /** A directory with the four plugins as scripts that tell this version. */
  public static Path plugins(Path directory, String version) throws IOException {
    Files.createDirectories(directory);
    for (String name : CniPluginInstaller.PLUGINS) {
      plugin(directory, name, version);
    }
    return directory;
  }

  private static void plugin(Path directory, String name, String version) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, "#!/bin/sh\necho CNI " + name + " plugin " + version + " >&2\n");
    Files.setAttribute(file, "unix:mode", 0755);
  }
}
