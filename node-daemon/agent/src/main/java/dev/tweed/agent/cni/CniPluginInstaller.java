package dev.tweed.agent.cni;

import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.host.AtomicFile;
import dev.tweed.netlink.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the CNI plugins Tweed's configuration names to where the runtime looks for them, if they
 * are missing there or provably older. Mode 0755 and never set-uid (CVE-2024-33522 was an installer
 * that kept the bit).
 *
 * <p>A hidden file beside them lists those that were not there before, with their SHA-256, so that
 * cleanup can take away what is ours and no more.
 */
public final class CniPluginInstaller {

  /** What the conflist names, and loopback, which runtimes call for every pod. */
  static final List<String> PLUGINS = List.of("bridge", "host-local", "portmap", "loopback");

  private static final int BUFFER = 8192;

  static final String MANIFEST = ".tweed-installed";

  private static final Logger LOG = LoggerFactory.getLogger(CniPluginInstaller.class);

  private final Path source;
  private final Path target;
  private boolean compared;

  /**
   * @param source directory with the plugins of the image; may not exist
   * @param target the runtime's plugin directory as seen from this process
   */
  public CniPluginInstaller(Path source, Path target) {
    this.source = source;
    this.target = target;
  }

  /**
   * Installs what is needed; a plugin that pods lack afterwards is a finding. Versions are compared
   * the first time only, since that runs programs; later calls look for missing ones.
   */
  public List<NodeFinding> install() {
    List<NodeFinding> findings = new ArrayList<>();
    for (String plugin : PLUGINS) {
      install(plugin).ifPresent(findings::add);
    }
    if (findings.isEmpty()) {
      AtomicFile.forgetAttempt(target.resolve(MANIFEST));
    }
    compared = true;
    return findings;
  }

  /** Removes the plugins this class added and nobody has changed since; returns their names. */
  public List<String> uninstall() throws IOException {
    List<String> removed = new ArrayList<>();
    for (Map.Entry<String, String> entry : manifest().entrySet()) {
      Path file = target.resolve(entry.getKey());
      if (Files.isRegularFile(file) && sha256(file).equals(entry.getValue())) {
        Files.delete(file);
        removed.add(entry.getKey());
      }
    }
    Files.deleteIfExists(target.resolve(MANIFEST));
    PLUGINS.forEach(plugin -> AtomicFile.forgetAttempt(target.resolve(plugin)));
    AtomicFile.forgetAttempt(target.resolve(MANIFEST));
    return removed;
  }

  private Optional<NodeFinding> install(String plugin) {
    Path from = source.resolve(plugin);
    Path to = target.resolve(plugin);
    boolean there = CniPluginReader.isThere(to);
    if (!Files.isRegularFile(from)) {
      return there
          ? Optional.empty()
          : Optional.of(
              NodeFinding.of(
                  AgentReason.CNIPluginMissing,
                  to.toString(),
                  "the CNI plugin " + plugin + " is missing and there is none to install",
                  "install the containernetworking plugins, or give --cni-plugins-dir"));
    }
    if (there && (compared || !older(to, from))) {
      AtomicFile.forgetAttempt(to);
      return Optional.empty();
    }
    try {
      if (there && !manifest().containsKey(plugin)) {
        LOG.info("replacing the older CNI plugin {}", to);
      } else {
        remember(plugin, sha256(from));
      }
      AtomicFile.copy(from, to, "rwxr-xr-x");
      if (Files.mismatch(from, to) >= 0) {
        throw new IOException("what was read back differs from what was written");
      }
      LOG.info("installed the CNI plugin {}", to);
      return Optional.empty();
    } catch (IOException e) {
      if (there) {
        LOG.warn("cannot replace the older CNI plugin {}: {}; it is used", to, e.toString());
        return Optional.empty();
      }
      Path manifest = target.resolve(MANIFEST);
      Path at = FileFailure.directoryAt(manifest).isPresent() ? manifest : to;
      return Optional.of(
          FileFailure.of(AgentReason.CNIPluginMissing, "the CNI plugin " + plugin, at, e));
    }
  }

  /** Only if both tell their version: a distribution's own build is left alone. */
  private static boolean older(Path installed, Path ours) {
    Optional<PluginVersion> theirs = PluginProgram.version(installed);
    Optional<PluginVersion> mine = PluginProgram.version(ours);
    return theirs.isPresent() && mine.isPresent() && theirs.get().compareTo(mine.get()) < 0;
  }

  private void remember(String plugin, String sum) throws IOException {
    Map<String, String> manifest = manifest();
    manifest.put(plugin, sum);
    StringBuilder text = new StringBuilder();
    manifest.forEach((name, s) -> text.append(s).append("  ").append(name).append('\n'));
    AtomicFile.write(
        target.resolve(MANIFEST), text.toString().getBytes(StandardCharsets.UTF_8), "rw-r--r--");
  }

  /** Name to SHA-256; lines as of sha256sum(1). What is not a plugin's name is passed over. */
  private Map<String, String> manifest() throws IOException {
    Map<String, String> sums = new TreeMap<>();
    Path file = target.resolve(MANIFEST);
    if (Files.exists(file)) {
      // Any bytes are text this way: what somebody made of it keeps no plugin from its place.
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        String[] parts = line.split("  ", 2);
        if (parts.length == 2 && PLUGINS.contains(parts[1])) {
          sums.put(parts[1], parts[0]);
        }
      }
    }
    return sums;
  }

  /** By a small buffer: plugins are megabytes, the daemon's heap is not much more. */
  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = Sha256.begin();
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    }
  }
}
