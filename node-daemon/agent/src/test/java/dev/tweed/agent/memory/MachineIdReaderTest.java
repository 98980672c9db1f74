package dev.tweed.agent.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineIdReaderTest {
  @TempDir Path sysfs;
  @TempDir Path root;

  @BeforeEach
  void install() throws IOException {
    Files.createDirectories(root.resolve("etc"));
    Files.writeString(root.resolve("etc/machine-id"), "0123456789abcdef\n");
  }

  @Test
  void isTheSameWithAndWithoutTheFilesOfTheHost() throws IOException {
    Path uuid = sysfs.resolve("class/dmi/id/product_uuid");
    Files.createDirectories(uuid.getParent());
    Files.writeString(uuid, "11111111-2222-3333-4444-555555555555\n");

    assertThat(MachineIdReader.of(sysfs, Optional.of(root)).read())
        .isEqualTo("11111111-2222-3333-4444-555555555555")
        .isEqualTo(MachineIdReader.of(sysfs, Optional.empty()).read());
  }

  @Test
  void isThatOfTheSystemWhereTheFirmwareGivesNone() {
    assertThat(MachineIdReader.of(sysfs, Optional.of(root)).read()).isEqualTo("0123456789abcdef");
    assertThat(MachineIdReader.of(sysfs, Optional.empty()).read()).isEmpty();
  }
}
