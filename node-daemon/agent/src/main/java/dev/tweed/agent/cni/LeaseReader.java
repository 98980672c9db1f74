package dev.tweed.agent.cni;

import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads which addresses pods of this node have: host-local keeps a file for each, in memory, so
 * that all are of this boot.
 */
public final class LeaseReader {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseReader.class);

  private final Path directory;

  /**
   * @param dataDir as in the CNI configuration
   */
  public LeaseReader(Path dataDir) {
    this.directory = dataDir.resolve(CniChain.NETWORK);
  }

  /** The addresses, in order; none if nothing can be read. */
  public List<IpAddress> read() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .flatMap(file -> IpAddress.tryParse(file.getFileName().toString()).stream())
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of(); // no pod has got one yet
    } catch (IOException e) {
      LOG.debug("addresses of pods are not read: {}", e.toString());
      return List.of();
    }
  }

  /** The container that has an address: the first line of its file. Empty if none is known. */
  public Optional<String> holder(IpAddress address) {
    try {
      return Files.readString(directory.resolve(address.toString()))
          .lines()
          .findFirst()
          .map(String::strip)
          .filter(container -> !container.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
