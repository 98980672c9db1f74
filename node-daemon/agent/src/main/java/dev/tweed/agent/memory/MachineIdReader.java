package dev.tweed.agent.memory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What tells a machine from one made of a copy of its disk: the UUID that firmware or hypervisor
 * gave it. Not machine-id(5), not even where there is no UUID: a pod sees the host's {@code /etc}
 * only with {@code firewall.hostTools}, and what the node remembers is to outlive that switch.
 */
public final class MachineIdReader {

  private static final int LONGEST = 128;

  private MachineIdReader() {}

  /** The identity; empty if the machine has none, as many boards and virtual machines. */
  public static String read() {
    return read(Path.of("/sys"));
  }

  static String read(Path sysfs) {
    try (InputStream in = Files.newInputStream(sysfs.resolve("class/dmi/id/product_uuid"))) {
      return new String(in.readNBytes(LONGEST), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
