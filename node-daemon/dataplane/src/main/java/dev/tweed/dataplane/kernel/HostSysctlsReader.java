package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.HostSysctls;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the host's files say about sysctls, as of a minute ago at most. Nothing, where they are not
 * to be seen. Used by one thread.
 */
public final class HostSysctlsReader {

  /** How long it may take until an edited file is told of or no more. */
  private static final Duration MAX_AGE = Duration.ofSeconds(60);

  private final Optional<SysctlFileReader> files;
  private Optional<HostSysctls> known = Optional.empty();
  private long readAt;

  /** Reads below the root directory of the host's files. */
  public HostSysctlsReader(Optional<Path> root) {
    this.files = root.map(SysctlFileReader::new);
  }

  /** What they say. */
  public HostSysctls read() {
    long now = System.nanoTime();
    if (known.isEmpty() || now - readAt >= MAX_AGE.toNanos()) {
      known = Optional.of(files.map(SysctlFileReader::read).orElse(HostSysctls.NOTHING));
      readAt = now;
    }
    return known.get();
  }
}
