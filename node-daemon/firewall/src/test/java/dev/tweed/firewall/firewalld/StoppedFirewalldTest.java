package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows go out of the files of a firewalld that does not run. */
class StoppedFirewalldTest {

  /** What firewall-cmd ends with then. */
  private static final int NOT_RUNNING = 252;

  private static final int FAILED = 1;

  @TempDir Path root;

  @Test
  void filesOfOursAreRemovedAndNoOthers() throws IOException {
    Path ours = file("policies/tweed-in-1.xml");
    Path theirs = file("policies/allow-host.xml");

    BackendOutcome first = endingWith(NOT_RUNNING).apply(List.of());
    BackendOutcome second = endingWith(NOT_RUNNING).apply(List.of());

    assertThat(first).isEqualTo(new Applied(true, true, List.of()));
    assertThat(second).isEqualTo(new Applied(false, true, List.of()));
    assertThat(ours).doesNotExist();
    assertThat(theirs).exists();
  }

  @Test
  void oneThatMayRunIsNotLeftWithoutItsFiles() throws IOException {
    Path ours = file("policies/tweed-in-1.xml");

    assertThat(endingWith(FAILED).apply(List.of())).isInstanceOf(Refused.class);

    assertThat(ours).exists();
  }

  @Test
  void whereNothingIsOursNothingHasToBeDone() {
    assertThat(endingWith(FAILED).apply(List.of())).isEqualTo(new Applied(false, true, List.of()));
  }

  private Path file(String name) throws IOException {
    Path path = root.resolve("etc/firewalld").resolve(name);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, "<policy/>");
  }

  private FirewalldBackend endingWith(int status) {
    return new FirewalldBackend(List.of("/bin/sh", "-c", "exit " + status, "--"), root);
  }
}
