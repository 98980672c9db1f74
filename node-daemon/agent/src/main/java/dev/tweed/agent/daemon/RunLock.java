package dev.tweed.agent.daemon;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** At most one daemon, or one cleanup, per node: a lock on a file that dies with the process. */
public final class RunLock implements AutoCloseable {

  /** Name of the file in the run directory. */
  public static final String FILE = "lock";

  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock; empty if another process has it.
   *
   * @param runDir created if it does not exist
   */
  public static Optional<RunLock> tryTake(Path runDir) throws IOException {
    Files.createDirectories(runDir);
    FileChannel channel =
        FileChannel.open(runDir.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return Optional.of(new RunLock(channel));
      }
    } catch (OverlappingFileLockException e) {
      // This very process has it: the same answer.
    }
    channel.close();
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
