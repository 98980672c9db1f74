package dev.tweed.firewall.ufw;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** A file that is replaced as a whole: whoever reads it finds the old or the new one. */
class UfwFile {

  /** No rule file of a person is near this size. */
  private static final long MAX_BYTES = 32 << 20;

  private final Path path;
  private final Path next;

  UfwFile(Path path) {
    this.path = path;
    this.next = path.resolveSibling("." + path.getFileName() + ".tweed");
  }

  String read() throws IOException {
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException(path + " is larger than " + MAX_BYTES + " bytes");
    }
    return Files.readString(path, StandardCharsets.ISO_8859_1);
  }

  /** Writes the text beside the file, with its owner and mode, and waits until the disk has it. */
  void prepare(String text) throws IOException {
    PosixFileAttributes old =
        Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    discard(); // left by a crash
    Files.createFile(next, PosixFilePermissions.asFileAttribute(old.permissions()));
    PosixFileAttributeView view = Files.getFileAttributeView(next, PosixFileAttributeView.class);
    // Only what differs: without CAP_CHOWN there is little that may be changed.
    if (!view.getOwner().equals(old.owner())) {
      view.setOwner(old.owner());
    }
    if (!view.readAttributes().group().equals(old.group())) {
      view.setGroup(old.group());
    }
    view.setPermissions(old.permissions()); // the umask may have taken some
    try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /** Puts the prepared text in place. */
  void commit() throws IOException {
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel directory = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /** Removes what was prepared, if anything was. */
  void discard() throws IOException {
    // Asked first: on a read-only disk even removing nothing is an error.
    if (Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(next);
    }
  }

  boolean isPlain() {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  boolean exists() {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
