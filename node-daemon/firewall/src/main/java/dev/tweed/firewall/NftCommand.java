package dev.tweed.firewall;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lists by the {@code nft} program. No shell is involved: arguments go to the program as they are.
 */
public final class NftCommand implements NftListing {

  /** Far more than any firewall people write; kube-proxy's own table is never listed. */
  private static final long MAX_BYTES = 32 << 20;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Path binary;
  private final Duration limit;

  /**
   * @param binary path of nft, or just its name
   */
  public NftCommand(Path binary) {
    this(binary, TIMEOUT);
  }

  /**
   * As the other, for somebody who cannot wait for long.
   *
   * @param limit each listing ends within
   */
  public NftCommand(Path binary, Duration limit) {
    this.binary = binary;
    this.limit = limit;
  }

  @Override
  public InputStream chains() throws IOException {
    return run("-j", "list", "chains");
  }

  @Override
  public InputStream table(String family, String name) throws IOException {
    return run("-j", "-t", "list", "table", family, name);
  }

  private InputStream run(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(binary.toString()));
    command.addAll(List.of(arguments));
    return new Output(command, limit, new ProcessBuilder(command).start());
  }

  /** Standard output of a process that must end well, soon and with moderation. */
  private static final class Output extends FilterInputStream {
    private final List<String> command;
    private final Process process;
    private final Thread watchdog;
    private long bytes;

    Output(List<String> command, Duration limit, Process process) {
      super(process.getInputStream());
      this.command = command;
      this.process = process;
      // Ends a read that waits, too: the pipe closes with the process.
      // A plain thread: a virtual one alone would bring a ForkJoinPool into the daemon.
      this.watchdog =
          Thread.ofPlatform()
              .name("nft-time-limit")
              .daemon()
              .start(
                  () -> {
                    try {
                      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                        process.destroyForcibly();
                      }
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = super.read(buffer, offset, length);
      if (count < 0) {
        requireSuccess();
        return count;
      }
      bytes += count;
      if (bytes > MAX_BYTES) {
        throw new IOException("nft lists more than " + MAX_BYTES + " bytes");
      }
      return count;
    }

    private void requireSuccess() throws IOException {
      try {
        int status = process.waitFor();
        if (status != 0) {
          throw new IOException(
              "%s ended with status %d %s"
                  .formatted(String.join(" ", command), status, complaint())
                  .strip());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while nft was running", e);
      }
    }

    private String complaint() throws IOException {
      return new String(process.getErrorStream().readNBytes(200), StandardCharsets.UTF_8)
          .lines()
          .findFirst()
          .orElse("");
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      watchdog.interrupt();
      process.getErrorStream().close();
      super.close();
    }
  }
}
