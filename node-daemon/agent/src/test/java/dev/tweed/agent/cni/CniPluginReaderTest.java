package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Links whose target only the runtime sees, since the daemon has a mount of the directory alone.
 */
class CniPluginReaderTest {

  @TempDir Path root;
  private Path directory;
  private Path plugin;

  @BeforeEach
  void plugins() throws IOException {
    directory = CniPluginInstallerTest.plugins(root.resolve("bin"), "v1.9.1");
    plugin = directory.resolve("bridge");
    Files.delete(plugin);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nix/store/none/bin/bridge", "../data/none/bridge", "sub/../../none"})
  void aLinkOutOfTheDirectoryIsThere(String target) throws IOException {
    Files.createSymbolicLink(plugin, Path.of(target));

    assertThat(missing()).isEmpty();
    // Nor is anything installed in its place
    Path source = CniPluginInstallerTest.plugins(root.resolve("source"), "v9.9.9");
    assertThat(new CniPluginInstaller(source, directory).install()).isEmpty();
    assertThat(plugin).isSymbolicLink();
  }

  @Test
  void soIsOneThatLeadsThereByOthers() throws IOException {
    Files.createSymbolicLink(plugin, Path.of("cni"));
    Files.createSymbolicLink(directory.resolve("cni"), Path.of("/var/lib/none/cni"));

    assertThat(missing()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "./none", "bridge", "sub/../none"})
  void aLinkToNothingInTheDirectoryIsNot(String target) throws IOException {
    Files.createSymbolicLink(plugin, Path.of(target));

    assertThat(missing()).containsExactly(plugin.toString());
  }

  private List<String> missing() {
    return new CniPluginReader(directory, root, "n1")
        .missing().stream().map(NodeFinding::object).toList();
  }
}
