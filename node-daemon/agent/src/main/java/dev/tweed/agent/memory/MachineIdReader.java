package dev.tweed.agent.memory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What tells a machine from one made of a copy of its disk: machine-id(5), where the host's files
 * are to be seen, and the UUID that firmware or hypervisor gave the machine. A pod has no access to
 * the host's {@code /etc}, and cannot be given that one file without being lost where it is
 * missing; the UUID it sees.
 */
public final class MachineIdReader {

  private static final int LONGEST = 128;

  private final List<Path> files;

  private MachineIdReader(List<Path> files) {
    this.files = files;
  }

  /**
   * @param hostRoot the host's files, if they are to be seen
   */
  public static MachineIdReader of(Optional<Path> hostRoot) {
    Path uuid = Path.of("/sys/class/dmi/id/product_uuid");
    return new MachineIdReader(
        hostRoot
            .map(root -> List.of(root.resolve("etc/machine-id"), uuid))
            .orElseGet(() -> List.of(uuid)));
  }

  /** The identity; empty if the machine has none. */
  public String read() {
    return files.stream().map(MachineIdReader::text).collect(Collectors.joining(" ")).strip();
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(LONGEST), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
