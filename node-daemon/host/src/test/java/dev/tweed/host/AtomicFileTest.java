package dev.tweed.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

  @TempDir Path directory;

  @Test
  void whatIsPreparedIsInPlaceWhenItIsCommittedAndNotBefore() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    AtomicFile.prepare(file, "new".getBytes(StandardCharsets.UTF_8));
    assertThat(file).hasContent("old");
    AtomicFile.commit(file);

    assertThat(file).hasContent("new");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r-----");
    assertThat(directory).isDirectoryNotContaining("glob:**.tweed-tmp");
  }

  @Test
  void whatIsDiscardedLeavesNothing() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "old");

    AtomicFile.prepare(file, "new".getBytes(StandardCharsets.UTF_8));
    AtomicFile.discard(file);
    AtomicFile.discard(file);

    assertThat(file).hasContent("old");
    assertThat(directory).isDirectoryNotContaining("glob:**.tweed-tmp");
  }
}
