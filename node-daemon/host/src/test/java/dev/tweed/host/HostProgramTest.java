package dev.tweed.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HostProgramTest {

  private static HostProgram shell(Duration limit) {
    return new HostProgram(List.of("/bin/sh", "-c"), StandardCharsets.UTF_8, limit);
  }

  @Test
  void aStreamEndsWithAFailureIfTheProgramDid() throws IOException {
    try (InputStream out = shell(Duration.ofSeconds(30)).stream("echo a; echo no >&2; exit 3")) {
      assertThat(out.read()).isEqualTo('a');
      assertThatThrownBy(out::readAllBytes)
          .isInstanceOf(IOException.class)
          .hasMessageEndingWith("ended with status 3 no");
    }
  }

  @Test
  void aProgramThatHangsIsEnded() throws IOException {
    HostProgram program = shell(Duration.ofMillis(100));

    try (HostProgram.Running running = program.start("exec sleep 60")) {
      assertThatThrownBy(() -> running.end("")).hasMessageContaining("did not end");
    }
    try (InputStream out = program.stream("exec sleep 60")) {
      assertThatThrownBy(out::readAllBytes).hasMessageContaining("did not end");
    }
  }

  /** Its pipe is that of a program it has started, and stays open with that. */
  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whatAProgramHasStartedHoldsNobodyUp() throws IOException {
    try (HostProgram.Running running = shell(Duration.ofMillis(500)).start("sleep 60; true")) {
      assertThatThrownBy(() -> running.end("")).hasMessageContaining("did not end");
    }
    // In the second, the reader waits for the pipe by the time the program ends.
    for (String command : List.of("echo a; sleep 60 &", "echo a; sleep 0.3; sleep 60 &")) {
      try (HostProgram.Running running = shell(Duration.ofSeconds(10)).start(command)) {
        assertThat(running.end("")).isEqualTo(new HostProgram.Ended(0, "a\n", ""));
      }
    }
  }
}
