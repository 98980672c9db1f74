package dev.tweed.agent.cni;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks for the CNI plugins Tweed's configuration names where the runtime does, and writes nothing:
 * the runtime runs as root what is there.
 */
public final class CniPluginReader {

  /** As of path_resolution(7). */
  private static final int LINKS_MAX = 40;

  private final Path directory;

  /**
   * @param directory the runtime's plugin directory as seen from this process
   */
  public CniPluginReader(Path directory) {
    this.directory = directory;
  }

  /**
   * Plugins that pods lack.
   *
   * @param remedy command that has them installed
   */
  public List<NodeFinding> missing(String remedy) {
    return CniPluginInstaller.PLUGINS.stream()
        .map(directory::resolve)
        .filter(plugin -> !isThere(plugin))
        .map(
            plugin ->
                NodeFinding.of(
                    AgentReason.CNIPluginMissing,
                    plugin.toString(),
                    "the CNI plugin %s is missing; plugins are installed before the daemon starts,"
                            .formatted(plugin.getFileName())
                        + " which cannot write there itself",
                    remedy))
        .toList();
  }

  /** Version of the installed bridge plugin, or empty if it does not say. */
  public String installedVersion() {
    return PluginProgram.version(directory.resolve("bridge")).map(Object::toString).orElse("");
  }

  static boolean isThere(Path plugin) {
    return Files.isRegularFile(plugin) && Files.isExecutable(plugin) || leadsOutside(plugin);
  }

  /**
   * Whether it is a symbolic link out of its directory, as distributions make them to where they
   * keep programs (NixOS, k3s). The runtime may see what it leads to; from a mount of the directory
   * alone nobody can tell.
   */
  private static boolean leadsOutside(Path plugin) {
    Path at = plugin;
    try {
      for (int i = 0; i < LINKS_MAX && Files.isSymbolicLink(at); i++) {
        at = at.resolveSibling(Files.readSymbolicLink(at)).normalize();
        if (!at.startsWith(plugin.getParent())) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // it went meanwhile
    }
  }
}
