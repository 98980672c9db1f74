package dev.tweed.agent.cni;

import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * What runtimes start for a pod first: in their plugin directory a link into the run directory, and
 * there one to the bridge plugin. The second is gone after a boot, so until the daemon has verified
 * the data path and {@link #open opened} it, no pod gets a network, whatever configuration is left
 * (libcni finds no such plugin). The run directory holds a link and no program, since many hosts
 * mount {@code /run} noexec.
 */
public final class CniEntry {

  /** The plugin's name in the configuration. */
  static final String TYPE = "tweed";

  /** In the run directory. */
  static final String OPENED = "cni-bridge";

  private final Path entry;
  private final Path opened;
  private final Path program;
  private final Path programHere;

  /**
   * @param runDir the run directory; the same path on the host
   * @param binDir the runtime's plugin directory as seen from this process
   * @param binDirOnHost the same as seen by the runtime
   */
  public CniEntry(Path runDir, Path binDir, Path binDirOnHost) {
    this.entry = binDir.resolve(TYPE);
    this.opened = runDir.resolve(OPENED);
    this.program = binDirOnHost.resolve("bridge");
    this.programHere = binDir.resolve("bridge");
  }

  /** Puts the first link in place; touches nothing if it is there. */
  public void install() throws IOException {
    keep(entry, opened);
  }

  /**
   * Whether the configuration may name it: the first link is in place, and leads to a program. A
   * link (k3s, NixOS) may lead to one that goes by the name it is called by.
   */
  boolean usable() {
    return leads(entry, opened) && Files.isRegularFile(programHere, LinkOption.NOFOLLOW_LINKS);
  }

  /** Puts the second link in place; touches nothing if it is there. */
  void open() throws IOException {
    Files.createDirectories(opened.getParent());
    keep(opened, program);
  }

  /** Removes the second link: nobody gets a network by it any more, nor is taken down. */
  public void close() throws IOException {
    Files.deleteIfExists(opened);
    AtomicFile.forgetAttempt(opened);
  }

  /** Where the second link is. */
  Path opened() {
    return opened;
  }

  /** Removes both; true if one was there. */
  public boolean remove() throws IOException {
    boolean removed = Files.exists(opened, LinkOption.NOFOLLOW_LINKS);
    close();
    if (Files.isSymbolicLink(entry)) {
      Files.delete(entry);
      removed = true;
    }
    AtomicFile.forgetAttempt(entry);
    return removed;
  }

  private static void keep(Path link, Path target) throws IOException {
    if (leads(link, target)) {
      AtomicFile.forgetAttempt(link);
    } else {
      AtomicFile.link(link, target);
    }
  }

  private static boolean leads(Path link, Path target) {
    try {
      return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target);
    } catch (IOException e) {
      return false; // it went meanwhile
    }
  }
}
