package dev.tweed.firewall;

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

  /** More than any firewall people write; kube-proxy's own table is never listed. */
  private static final int MAX_BYTES = 8 << 20;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Path binary;

  /**
   * @param binary path of nft, or just its name
   */
  public NftCommand(Path binary) {
    this.binary = binary;
  }

  @Override
  public String chains() throws IOException {
    return run("-j", "list", "chains");
  }

  @Override
  public String table(String family, String name) throws IOException {
    return run("-j", "-t", "list", "table", family, name);
  }

  private String run(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(binary.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    // Ends the read below too, since the pipe closes with the process.
    Thread watchdog =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                      process.destroyForcibly();
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try (InputStream output = process.getInputStream()) {
      byte[] bytes = output.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("nft lists more than " + MAX_BYTES + " bytes");
      }
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException(String.join(" ", command) + " ended with status " + status);
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while nft was running", e);
    } finally {
      process.destroyForcibly();
      watchdog.interrupt();
    }
  }
}
