package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.host.AtomicFile;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CNI configuration where the runtime looks: a regular file, so that what has a mount of that
 * directory only (Istio, Linkerd, Multus) can read it. A marker in the run directory, which a boot
 * empties, tells whether it is of this boot.
 */
public final class CniConfigFile {

  /** Sorts before 10-bridge.conf and 10-flannel.conflist: the first name wins. */
  public static final String NAME = "05-tweed.conflist";

  /** In the run directory. */
  static final String MARKER = "cni-config-of-this-boot";

  private static final Logger LOG = LoggerFactory.getLogger(CniConfigFile.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Larger files are no CNI configurations; nothing reads them into memory here. */
  private static final long MAX_BYTES = 1 << 18;

  private final Path file;
  private final Path marker;

  /** What earlier versions left: the file itself was in the run directory, and a link led to it. */
  private final List<Path> ofEarlierVersions;

  /**
   * @param runDir the run directory
   * @param confDir the runtime's configuration directory as seen from this process
   */
  public CniConfigFile(Path runDir, Path confDir) {
    this.file = confDir.resolve(NAME);
    this.marker = runDir.resolve(MARKER);
    this.ofEarlierVersions = List.of(runDir.resolve(NAME), runDir.resolve("conflist-linked"));
  }

  /** Where it is. */
  Path path() {
    return file;
  }

  /** Where the marker is. */
  Path marker() {
    return marker;
  }

  /** Whether one of this boot is in place, whatever its content. */
  public boolean present() {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.exists(marker);
  }

  /** What is there, of whatever boot; empty if nothing can be read. */
  Optional<byte[]> read() {
    try {
      return Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES
          ? Optional.of(Files.readAllBytes(file))
          : Optional.empty();
    } catch (IOException e) {
      LOG.debug("the CNI configuration is not read: {}", e.toString());
      return Optional.empty();
    }
  }

  /** Tells that what comes to be there is of this boot. */
  void mark() throws IOException {
    if (Files.exists(marker)) {
      AtomicFile.forgetAttempt(marker);
    } else {
      Files.createDirectories(marker.getParent());
      AtomicFile.write(marker, new byte[0], "rw-------");
    }
  }

  /** Puts it in place; touches nothing if it is there as it should be. */
  void write(byte[] content) throws IOException {
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Arrays.equals(Files.readAllBytes(file), content)) {
      AtomicFile.forgetAttempt(file);
    } else {
      writeAnew(content);
    }
    for (Path old : ofEarlierVersions) {
      Files.deleteIfExists(old);
    }
  }

  /** As {@link #write}, and the runtime gets to see another file in any case. */
  void writeAnew(byte[] content) throws IOException {
    AtomicFile.write(file, content, "rw-------");
  }

  /**
   * Removes a configuration that an earlier boot left, since a runtime takes it for a network that
   * works; true if there was one.
   */
  public boolean removeOfAnotherBoot() throws IOException {
    boolean ofThisBoot = Files.isSymbolicLink(file) ? Files.exists(file) : Files.exists(marker);
    // Asked first: on a read-only disk even removing nothing is an error.
    return !ofThisBoot
        && Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && Files.deleteIfExists(file);
  }

  /** From which blocks pods get their addresses; empty if there is no file that tells. */
  public Set<IpPrefix> blocks() {
    return present() ? read().map(CniConfigFile::blocksOf).orElse(Set.of()) : Set.of();
  }

  private static Set<IpPrefix> blocksOf(byte[] content) {
    Set<IpPrefix> blocks = new HashSet<>();
    try {
      for (JsonNode plugin : JSON.readTree(content).path("plugins")) {
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

  /** Removes file and marker; true if any was there. */
  public boolean remove() throws IOException {
    boolean removed = Files.deleteIfExists(file);
    for (Path old : ofEarlierVersions) {
      removed |= Files.deleteIfExists(old);
    }
    Files.deleteIfExists(marker);
    List.of(file, marker).forEach(AtomicFile::forgetAttempt);
    return removed;
  }
}
