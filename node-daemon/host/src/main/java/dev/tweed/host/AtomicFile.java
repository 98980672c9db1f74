package dev.tweed.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

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
    replace(file, permissions, out -> writeAll(out, content));
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
      discard(file);
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

  /**
   * Writes what is to replace a file that is there beside it, with its owner and permissions, and
   * waits until the disk has it. Until {@link #commit}, the file is as it was.
   */
  public static void prepare(Path file, byte[] content) throws IOException {
    PosixFileAttributes old =
        Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    create(
        file,
        old.permissions(),
        out -> {
          PosixFileAttributeView view =
              Files.getFileAttributeView(temporary(file), PosixFileAttributeView.class);
          // Only what differs: without CAP_CHOWN there is little that may be changed.
          if (!view.getOwner().equals(old.owner())) {
            view.setOwner(old.owner());
          }
          if (!view.readAttributes().group().equals(old.group())) {
            view.setGroup(old.group());
          }
          writeAll(out, content);
        });
  }

  /** Puts what was prepared in place. */
  public static void commit(Path file) throws IOException {
    Files.move(temporary(file), file, StandardCopyOption.ATOMIC_MOVE);
    flush(file.getParent());
  }

  /** Removes what was prepared, if anything was. */
  public static void discard(Path file) throws IOException {
    // Asked first: on a read-only disk even removing nothing is an error.
    if (Files.exists(temporary(file), LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(temporary(file));
    }
  }

  /** Removes a file, if it is there; the disk knows when it returns. */
  public static void delete(Path file) throws IOException {
    if (Files.deleteIfExists(file)) {
      flush(file.getParent());
    }
  }

  private interface Content {
    void writeTo(FileChannel out) throws IOException;
  }

  private static void writeAll(FileChannel out, byte[] content) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static void replace(Path file, String permissions, Content content) throws IOException {
    try {
      create(file, PosixFilePermissions.fromString(permissions), content);
      commit(file);
    } catch (IOException e) {
      discard(temporary(file), e);
      throw e;
    }
  }

  private static void create(Path file, Set<PosixFilePermission> permissions, Content content)
      throws IOException {
    Path temporary = temporary(file);
    discard(file); // left by a crash
    try (FileChannel out =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(permissions))) {
      content.writeTo(out);
      Files.setPosixFilePermissions(temporary, permissions); // the umask may have taken some
      out.force(true);
    }
  }

  /** Puts a symbolic link in the place of whatever is there; watchers see a rename. */
  public static void link(Path link, Path target) throws IOException {
    Path temporary = temporary(link);
    try {
      Files.deleteIfExists(temporary);
      Files.createSymbolicLink(temporary, target);
      commit(link);
    } catch (IOException e) {
      discard(temporary, e);
      throw e;
    }
  }

  /**
   * Where it is written first. Hidden and with an ending of its own: nobody reads it as another.
   */
  public static Path temporary(Path file) {
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
