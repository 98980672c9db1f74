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

  /** In the run directory: what install-cni could not install and why, a plugin a line. */
  public static final String NOT_INSTALLED = "cni-not-installed";

  private final Path directory;
  private final Path notInstalled;
  private final String nodeName;

  /**
   * @param directory the runtime's plugin directory as seen from this process
   * @param runDir where install-cni says what it could not do
   * @param nodeName name of this node, for remedies
   */
  public CniPluginReader(Path directory, Path runDir, String nodeName) {
    this.directory = directory;
    this.notInstalled = runDir.resolve(NOT_INSTALLED);
    this.nodeName = nodeName;
  }

  /** Plugins that pods lack, where this process may not write, with the cause if one was said. */
  public List<NodeFinding> missing() {
    return CniPluginInstaller.PLUGINS.stream()
        .map(directory::resolve)
        .filter(plugin -> !isThere(plugin))
        .map(
            plugin ->
                NodeFinding.of(
                    AgentReason.CNIPluginMissing,
                    plugin.toString(),
                    cause("the CNI plugin " + plugin.getFileName() + " ")
                        + "; the daemon itself may not write there",
                    remedy()))
        .toList();
  }

  /** A line of install-cni's about the plugin. */
  private String cause(String plugin) {
    try {
      return Files.readAllLines(notInstalled).stream()
          .filter(line -> line.startsWith(plugin))
          .findFirst()
          .orElse(plugin + "is missing");
    } catch (IOException e) {
      return plugin + "is missing"; // nobody has tried, or can say so
    }
  }

  private String remedy() {
    return "%s has to exist, belong to root and be writable (chart value cni.binDir); in a pod, then"
            .formatted(directory)
        + " have the init container cni-plugins install it: 'kubectl delete pod -A"
        + " -l app.kubernetes.io/name=tweed,app.kubernetes.io/component=node --field-selector"
        + " spec.nodeName=%s' starts it anew, 'kubectl logs POD -c cni-plugins' is what it says"
            .formatted(nodeName);
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
