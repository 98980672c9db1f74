package dev.tweed.e2e.bed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One cluster of a name on a machine at a time: two would have the same addresses, and each start
 * would sweep the other away. Held by the process; a killed one holds nothing.
 */
final class BedLock implements AutoCloseable {
  private final FileChannel file;

  private BedLock(FileChannel file) {
    this.file = file;
  }

  /** Waits as long as it takes, and says so once. */
  static BedLock acquire(Path cache, String clusterName) {
    try {
      Path path = Files.createDirectories(cache.resolve("locks")).resolve(clusterName);
      FileChannel file =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (file.tryLock() == null) {
        System.err.println(
            "Another run uses the cluster "
                + clusterName
                + " of the test bed; waiting for its end");
        file.lock();
      }
      return new BedLock(file);
    } catch (IOException e) {
      throw new BedException("no lock for cluster " + clusterName, e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new BedException("lock cannot be given back", e);
    }
  }
}
