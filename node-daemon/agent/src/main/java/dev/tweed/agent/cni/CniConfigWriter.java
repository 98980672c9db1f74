package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.host.AtomicFile;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the CNI configuration in place: the file in the run directory, which a reboot empties, and a
 * link to it in the runtime's directory. A plain file there would make the kubelet report the node
 * Ready after a reboot before pods can work; a dangling link does not.
 *
 * <p>Runtimes reload on events in their own directory only, so the link is put anew whenever the
 * file was written. A marker in the run directory tells that this happened, in case the daemon ends
 * between the two.
 *
 * <p>Call it only when the data path is verified. Never withdraws: a later fault must not make a
 * node with running pods NotReady.
 */
public final class CniConfigWriter {

  private static final Logger LOG = LoggerFactory.getLogger(CniConfigWriter.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Sorts before 10-bridge.conf and 10-flannel.conflist: the first name wins. */
  public static final String FILE = "05-tweed.conflist";

  /** Tells that runtimes have seen the link since the file was last written. */
  static final String MARKER = "conflist-linked";

  private final Path file;
  private final Path marker;
  private final Path link;

  /**
   * @param runDir the run directory; the same path on the host, since the link names it
   * @param confDir the runtime's configuration directory as seen from this process
   */
  public CniConfigWriter(Path runDir, Path confDir) {
    this.file = runDir.resolve(FILE);
    this.marker = runDir.resolve(MARKER);
    this.link = confDir.resolve(FILE);
  }

  /** Makes file and link as they should be; touches nothing if they are. Empty if they are now. */
  public Optional<NodeFinding> write(CniNetwork network) {
    byte[] content = ConflistRenderer.render(network).getBytes(StandardCharsets.UTF_8);
    Path at = file;
    try {
      Files.createDirectories(file.getParent());
      if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), content)) {
        AtomicFile.forgetAttempt(file);
      } else {
        at = marker;
        Files.deleteIfExists(marker);
        at = file;
        AtomicFile.write(file, content, "rw-------");
      }
      if (linked() && Files.exists(marker)) {
        AtomicFile.forgetAttempt(link);
        AtomicFile.forgetAttempt(marker);
      } else {
        at = link;
        AtomicFile.link(link, file);
        at = marker;
        AtomicFile.write(marker, new byte[0], "rw-------");
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          FileFailure.of(AgentReason.CNIConfigFailed, "the CNI configuration", at, e));
    }
  }

  /**
   * Puts the link anew, though it is right: a runtime that missed it, or failed at it, looks again
   * at the next event only (containerd/containerd#8419, cri-o/cri-o#4276).
   */
  public Optional<NodeFinding> showAnew() {
    try {
      AtomicFile.link(link, file);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          FileFailure.of(AgentReason.CNIConfigFailed, "the CNI configuration", link, e));
    }
  }

  /** Whether the configuration is in place, whatever its content. */
  public boolean present() {
    return linked() && Files.isRegularFile(file);
  }

  /** From which blocks pods get their addresses; empty if there is no file that tells. */
  public Set<IpPrefix> blocks() {
    Set<IpPrefix> blocks = new HashSet<>();
    try {
      for (JsonNode plugin : JSON.readTree(Files.readAllBytes(file)).path("plugins")) {
        for (JsonNode ranges : plugin.path("ipam").path("ranges")) {
          for (JsonNode range : ranges) {
            IpPrefix.tryParse(range.path("subnet").asText()).ifPresent(blocks::add);
          }
        }
      }
    } catch (IOException e) {
      LOG.debug("no CNI configuration: {}", e.toString());
    }
    return blocks;
  }

  /** Removes link, file and marker; true if any was there. */
  public boolean remove() throws IOException {
    // The link first: a runtime that reads it afterwards would find it dangling.
    boolean removed = Files.deleteIfExists(link);
    removed |= Files.deleteIfExists(file);
    Files.deleteIfExists(marker);
    List.of(link, file, marker).forEach(AtomicFile::forgetAttempt);
    return removed;
  }

  private boolean linked() {
    try {
      return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(file);
    } catch (IOException e) {
      return false;
    }
  }
}
