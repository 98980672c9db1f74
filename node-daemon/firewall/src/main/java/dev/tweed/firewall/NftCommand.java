package dev.tweed.firewall;

import dev.tweed.host.HostProgram;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Lists by the {@code nft} program. */
public final class NftCommand implements NftListing {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HostProgram nft;

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
    this.nft = new HostProgram(List.of(binary.toString()), StandardCharsets.UTF_8, limit);
  }

  @Override
  public InputStream chains() throws IOException {
    return nft.stream("-j", "list", "chains");
  }

  @Override
  public InputStream table(String family, String name) throws IOException {
    return nft.stream("-j", "-t", "list", "table", family, name);
  }
}
