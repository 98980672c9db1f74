package dev.tweed.agent.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineIdReaderTest {
  @TempDir Path sysfs;

  @Test
  void isWhatTheFirmwareSays() throws IOException {
    Path uuid = sysfs.resolve("class/dmi/id/product_uuid");
    Files.createDirectories(uuid.getParent());
    Files.writeString(uuid, "11111111-2222-3333-4444-555555555555\n");

    assertThat(MachineIdReader.read(sysfs)).isEqualTo("11111111-2222-3333-4444-555555555555");
  }

  @Test
  void isNothingWhereTheFirmwareSaysNothing() {
    assertThat(MachineIdReader.read(sysfs)).isEmpty();
  }
}
