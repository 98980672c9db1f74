package dev.tweed.firewall.ufw;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/**
 * ufw's own lock, /run/ufw.lock: an fcntl(2) lock, which Java's file locks are on Linux, too. ufw
 * reads its files before it takes the lock, so one of its commands that was started just before us
 * may still write what it read and lose our rules; the next run puts them back.
 */
final class UfwLock implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(20);

  private final FileChannel channel;

  private UfwLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits for the lock; empty if somebody holds it for longer. */
  static Optional<UfwLock> acquire(Path file, Duration patience) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (true) {
        if (tryLock(channel).isPresent()) {
          return Optional.of(new UfwLock(channel));
        }
        if (System.nanoTime() - deadline >= 0) {
          channel.close();
          return Optional.empty();
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      channel.close();
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static Optional<FileLock> tryLock(FileChannel channel) throws IOException {
    try {
      return Optional.ofNullable(channel.tryLock());
    } catch (OverlappingFileLockException e) {
      return Optional.empty(); // another thread of ours
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
