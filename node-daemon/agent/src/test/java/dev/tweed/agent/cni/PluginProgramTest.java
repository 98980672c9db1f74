package dev.tweed.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginProgramTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void oneThatDoesNotEndHasNoVersion(@TempDir Path directory) throws IOException {
    Path program = directory.resolve("plugin");
    Files.writeString(program, "#!/bin/sh\n/bin/sleep 300\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertThat(
            assertTimeoutPreemptively(
                LONG, () -> PluginProgram.version(program, Duration.ofMillis(100))))
        .isEmpty();
  }
}
