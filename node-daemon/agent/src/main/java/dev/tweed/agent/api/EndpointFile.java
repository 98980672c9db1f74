package dev.tweed.agent.api;

import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the API server's own addresses for the next process: a line with address and port each. */
public final class EndpointFile {

  private static final Logger LOG = LoggerFactory.getLogger(EndpointFile.class);

  private static final String NAME = "api-endpoints";
  private static final int VERSION = 1;

  /** Of 16 addresses, with room to spare. */
  private static final int MAX_BYTES = 1024;

  private static final Pattern LINE = Pattern.compile("([0-9a-f.:]{2,45}) ([0-9]{1,5})");

  private final StateFile file;

  /**
   * @param directory of what outlives a reboot
   * @param binding to the node and the API server that the addresses were learned from
   */
  public EndpointFile(Path directory, Binding.Source binding) {
    this.file = new StateFile(directory, NAME, VERSION, MAX_BYTES, binding);
  }

  /** What was kept; what is no such address is left out. */
  public List<ServerEndpoint> read() {
    return file.read().map(EndpointFile::parse).orElse(List.of());
  }

  /** Keeps these; a disk that does not take them is logged, and costs the next process only. */
  public void write(List<ServerEndpoint> endpoints) {
    try {
      file.write(text(endpoints));
    } catch (IOException e) {
      LOG.warn("addresses of the API server are not kept for the next start: {}", e.toString());
    }
  }

  static byte[] text(List<ServerEndpoint> endpoints) {
    return endpoints.stream()
        .limit(LearnedAddresses.ENDPOINTS_MAX)
        .map(e -> e.address() + " " + e.port() + "\n")
        .collect(Collectors.joining())
        .getBytes(StandardCharsets.US_ASCII);
  }

  static List<ServerEndpoint> parse(byte[] text) {
    return new String(text, StandardCharsets.US_ASCII)
        .lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .map(m -> ServerEndpoint.of(m.group(1), Integer.parseInt(m.group(2))))
        .flatMap(Optional::stream)
        .limit(LearnedAddresses.ENDPOINTS_MAX)
        .toList();
  }
}
