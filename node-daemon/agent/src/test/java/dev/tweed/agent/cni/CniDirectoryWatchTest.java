package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CniDirectoryWatchTest {

  @TempDir Path conf;

  @Test
  void tellsOfFilesThatComeAndGo() throws Exception {
    Semaphore changes = new Semaphore(0);
    try (CniDirectoryWatch watch = CniDirectoryWatch.start(conf, changes::release)) {
      // The registration is the thread's; until then nothing can be missed but this file.
      while (!changes.tryAcquire(100, TimeUnit.MILLISECONDS)) {
        Files.writeString(conf.resolve("00-first.conf"), "{}");
      }
      changes.tryAcquire(200, TimeUnit.MILLISECONDS);
      changes.drainPermits();

      Files.delete(conf.resolve("00-first.conf"));

      assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
