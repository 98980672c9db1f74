package dev.tweed.enforce.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CniResultReaderTest {

  @TempDir private Path directory;

  @Test
  void withoutADirectoryThereAreNone() throws IOException {
    assertThat(new CniResultReader(directory.resolve("none")).read()).isEqualTo(CniResults.NONE);
    Path file = Files.createFile(directory.resolve("file"));
    assertThat(new CniResultReader(file).read()).isEqualTo(CniResults.NONE);
  }

  /** Pods that run would be closed: one that the runtime knows no more has left its address. */
  @Test
  void aDirectoryThatCannotBeReadIsNoneWithoutPods() throws IOException {
    Path loop = directory.resolve("loop");
    Files.createSymbolicLink(loop, loop);

    assertThatThrownBy(() -> new CniResultReader(loop).read())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot be read");
  }
}
