package dev.tweed.agent.memory;

import dev.tweed.host.AtomicFile;
import dev.tweed.netlink.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of the state directory, which outlives a reboot. It is written atomically, for its owner
 * only, and is read as hostile input: what is not to the last bit what {@link #write} left, under
 * the same binding and version, is as good as absent.
 *
 * <p>Layout: eight bytes of mark, the version of the content, SHA-256 of the binding, SHA-256 of
 * all before it and of the content, the content. The sums find damage, not forgery: who can write
 * the file is root.
 */
public final class StateFile {

  private static final Logger LOG = LoggerFactory.getLogger(StateFile.class);
  private static final byte[] MARK = "TWEEDMEM".getBytes(StandardCharsets.US_ASCII);
  private static final int BOUND = MARK.length + Integer.BYTES;
  private static final int SUMMED = BOUND + Sha256.BYTES;
  private static final int HEADER = SUMMED + Sha256.BYTES;
  private static final String PERMISSIONS = "rw-------";
  private static final Set<PosixFilePermission> OTHERS_WRITE =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private final Path directory;
  private final Path file;
  private final int version;
  private final int maxBytes;
  private final Binding.Source binding;
  private final int owner;
  private String told = "";

  /**
   * @param directory made with the first write
   * @param name within the directory
   * @param version of the content; that of another one is not read
   * @param maxBytes longest content
   * @param binding asked with each use
   */
  public StateFile(Path directory, String name, int version, int maxBytes, Binding.Source binding) {
    this(directory, name, version, maxBytes, binding, processOwner());
  }

  StateFile(
      Path directory, String name, int version, int maxBytes, Binding.Source binding, int owner) {
    this.directory = directory;
    this.file = directory.resolve(name);
    this.version = version;
    this.maxBytes = maxBytes;
    this.binding = binding;
    this.owner = owner;
  }

  /** What is not read, and why. */
  private static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String why) {
      super(why, null, false, false);
    }
  }

  /**
   * The content; empty if there is none, or it is not ours or not usable in whatever way. Why is
   * logged, once.
   */
  public synchronized Optional<byte[]> read() {
    try {
      byte[] content = content();
      told = "";
      return Optional.of(content);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (Unusable | IOException | RuntimeException e) {
      String why = e instanceof Unusable ? e.getMessage() : e.toString();
      if (!why.equals(told)) {
        told = why;
        LOG.warn("{} is not used: {}", file, why);
      }
      return Optional.empty();
    }
  }

  /**
   * Replaces the content, durably; writes nothing if it is there already.
   *
   * @throws IOException if it cannot be written, or is longer than it may be; the file is then as
   *     it was
   */
  public synchronized void write(byte[] content) throws IOException {
    if (content.length > maxBytes) {
      throw new IOException(
          "%s would take %d bytes, more than %d".formatted(file, content.length, maxBytes));
    }
    if (holds(content)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    AtomicFile.write(file, sealed(content), PERMISSIONS);
  }

  /** Removes the file. */
  public synchronized void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  private boolean holds(byte[] content) {
    try {
      return Arrays.equals(content, content());
    } catch (Unusable | IOException | RuntimeException e) {
      return false;
    }
  }

  private byte[] sealed(byte[] content) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(HEADER + content.length);
    all.put(MARK).putInt(version).put(Sha256.begin().digest(binding.read().bytes()));
    all.position(HEADER);
    all.put(content);
    all.put(SUMMED, sum(all.array()));
    return all.array();
  }

  private byte[] content() throws IOException, Unusable {
    byte[] all = bytes();
    if (all.length < HEADER || !Arrays.equals(MARK, Arrays.copyOf(all, MARK.length))) {
      throw new Unusable("it is no state file");
    }
    if (!Arrays.equals(sum(all), Arrays.copyOfRange(all, SUMMED, HEADER))) {
      throw new Unusable("it is damaged");
    }
    int written = ByteBuffer.wrap(all).getInt(MARK.length);
    if (written != version) {
      throw new Unusable(
          "its content is of version %d, this daemon's is %d".formatted(written, version));
    }
    byte[] bound = Sha256.begin().digest(binding.read().bytes());
    if (!Arrays.equals(bound, Arrays.copyOfRange(all, BOUND, SUMMED))) {
      throw new Unusable("it is of another node, machine or API server");
    }
    return Arrays.copyOfRange(all, HEADER, all.length);
  }

  private byte[] bytes() throws IOException, Unusable {
    // The directory is looked at too: who may write there may exchange the file.
    owned("unix:uid,isDirectory,permissions", directory, "isDirectory", "directory");
    Map<String, Object> seen =
        owned("unix:uid,isRegularFile,permissions,size", file, "isRegularFile", "plain file");
    long size = (long) seen.get("size");
    if (size > HEADER + maxBytes) {
      throw new Unusable("it is larger than it may be");
    }
    ByteBuffer read = ByteBuffer.allocate((int) size);
    try (SeekableByteChannel in =
        Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      while (read.hasRemaining() && in.read(read) >= 0) {
        // Goes on.
      }
    }
    return Arrays.copyOf(read.array(), read.position());
  }

  private Map<String, Object> owned(String wanted, Path path, String kind, String name)
      throws IOException, Unusable {
    Map<String, Object> seen = Files.readAttributes(path, wanted, LinkOption.NOFOLLOW_LINKS);
    if (!(boolean) seen.get(kind)) {
      throw new Unusable(path + " is no " + name);
    }
    if ((int) seen.get("uid") != owner) {
      throw new Unusable(path + " belongs to uid " + seen.get("uid"));
    }
    if (((Set<?>) seen.get("permissions")).stream().anyMatch(OTHERS_WRITE::contains)) {
      throw new Unusable("others may write " + path);
    }
    return seen;
  }

  private static byte[] sum(byte[] all) {
    MessageDigest sum = Sha256.begin();
    sum.update(all, 0, SUMMED);
    sum.update(all, HEADER, all.length - HEADER);
    return sum.digest();
  }

  private static int processOwner() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new IllegalStateException("/proc is not there: " + e, e);
    }
  }
}
