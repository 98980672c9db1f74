package dev.tweed.firewall.ufw;

import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** A file that is replaced as a whole: whoever reads it finds the old or the new one. */
class UfwFile {

  /** No rule file of a person is near this size. */
  private static final long MAX_BYTES = 32 << 20;

  private final Path path;

  UfwFile(Path path) {
    this.path = path;
  }

  String read() throws IOException {
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException(path + " is larger than " + MAX_BYTES + " bytes");
    }
    return Files.readString(path, StandardCharsets.ISO_8859_1);
  }

  /** Writes the text beside the file, with its owner and mode, and waits until the disk has it. */
  void prepare(String text) throws IOException {
    AtomicFile.prepare(path, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Puts the prepared text in place. */
  void commit() throws IOException {
    AtomicFile.commit(path);
  }

  /** Removes what was prepared, if anything was. */
  void discard() throws IOException {
    AtomicFile.discard(path);
  }

  boolean isPlain() {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  boolean exists() {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
