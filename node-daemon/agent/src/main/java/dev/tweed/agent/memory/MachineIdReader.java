package dev.tweed.agent.memory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What tells a machine from one made of a copy of its disk: the UUID that firmware or hypervisor
 * gave it, and machine-id(5) where there is none and the host's files are to be seen. A pod has no
 * access to the host's {@code /etc}, and cannot be given that one file without being lost where it
 * is missing. What it is called must not depend on whether the host's files can be seen: that is
 * switched on with {@code firewall.hostTools}, and what the node remembers is to last.
 */
public final class MachineIdReader {

  private static final Path SYSFS = Path.of("/sys");
  private static final int LONGEST = 128;

  private final List<Path> files;

  private MachineIdReader(List<Path> files) {
    this.files = files;
  }

  /**
   * @param hostRoot the host's files, if they are to be seen
   */
  public static MachineIdReader of(Optional<Path> hostRoot) {
    return of(SYSFS, hostRoot);
  }

  static MachineIdReader of(Path sysfs, Optional<Path> hostRoot) {
    return new MachineIdReader(
        Stream.concat(
                Stream.of(sysfs.resolve("class/dmi/id/product_uuid")),
                hostRoot.map(root -> root.resolve("etc/machine-id")).stream())
            .toList());
  }

  /** The identity; empty if the machine has none. */
  public String read() {
    return files.stream()
        .map(MachineIdReader::text)
        .filter(text -> !text.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(LONGEST), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
