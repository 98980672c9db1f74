package dev.tweed.agent.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/**
 * Writes files that are either there in full or as they were before, also after a crash: temporary
 * file in the same directory, flushed to the disk, renamed over.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /**
   * Replaces a file.
   *
   * @param permissions as in {@code rw-r--r--}, whatever the umask
   * @throws IOException as the system gave it; the old file is then untouched and nothing new lies
   *     about
   */
  public static void write(Path file, byte[] content, String permissions) throws IOException {
    replace(
        file,
        permissions,
        out -> {
          ByteBuffer bytes = ByteBuffer.wrap(content);
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        });
  }

  /**
   * As {@link #write}, but touches nothing if the file has this content. Whatever it is that is in
   * its place, and whoever put it there, is looked at each time.
   */
  public static void keep(Path file, byte[] content, String permissions) throws IOException {
    if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), content)) {
      forgetAttempt(file);
    } else {
      write(file, content, permissions);
    }
  }

  /** Removes what a process left that ended while it wrote this file. */
  public static void forgetAttempt(Path file) {
    try {
      Files.deleteIfExists(temporary(file));
    } catch (IOException e) {
      // The file is as it should be; the next writing tries again, and tells.
    }
  }

  /** As {@link #write}, with the content of another file, which never is in memory as a whole. */
  public static void copy(Path source, Path file, String permissions) throws IOException {
    replace(
        file,
        permissions,
        out -> {
          try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ)) {
            long size = in.size();
            for (long done = 0; done < size; ) {
              long copied = in.transferTo(done, size - done, out);
              if (copied <= 0) {
                throw new IOException(source + " became shorter while it was copied");
              }
              done += copied;
            }
          }
        });
  }

  private interface Content {
    void writeTo(FileChannel out) throws IOException;
  }

  private static void replace(Path file, String permissions, Content content) throws IOException {
    Path temporary = temporary(file);
    try {
      Files.deleteIfExists(temporary);
      try (FileChannel out =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(out);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(permissions));
        out.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      flush(file.getParent());
    } catch (IOException e) {
      discard(temporary, e);
      throw e;
    }
  }

  /** Puts a symbolic link in the place of whatever is there; watchers see a rename. */
  public static void link(Path link, Path target) throws IOException {
    Path temporary = temporary(link);
    try {
      Files.deleteIfExists(temporary);
      Files.createSymbolicLink(temporary, target);
      Files.move(temporary, link, StandardCopyOption.ATOMIC_MOVE);
      flush(link.getParent());
    } catch (IOException e) {
      discard(temporary, e);
      throw e;
    }
  }

  /** Hidden and with an ending of its own: no runtime reads it as a configuration. */
  static Path temporary(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".tweed-tmp");
  }

  private static void flush(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void discard(Path temporary, IOException cause) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
