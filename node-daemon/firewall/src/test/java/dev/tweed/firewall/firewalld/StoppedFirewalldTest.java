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

/** Rows go out of the files of a firewalld that is not there. */
class StoppedFirewalldTest {

  @TempDir Path root;

  @Test
  void filesOfOursAreRemovedAndNoOthers() throws IOException {
    Path ours = file("etc/firewalld/policies/tweed-in-1.xml");
    Path theirs = file("etc/firewalld/policies/allow-host.xml");

    BackendOutcome first = backend().apply(List.of());
    BackendOutcome second = backend().apply(List.of());

    assertThat(first).isEqualTo(new Applied(true, true, List.of()));
    assertThat(second).isEqualTo(new Applied(false, true, List.of()));
    assertThat(ours).doesNotExist();
    assertThat(theirs).exists();
  }

  @Test
  void oneThatMayRunIsNotLeftWithoutItsFiles() throws IOException {
    file("usr/bin/firewall-cmd");
    Path ours = file("etc/firewalld/policies/tweed-in-1.xml");

    assertThat(backend().apply(List.of())).isInstanceOf(Refused.class);

    assertThat(ours).exists();
  }

  @Test
  void whereNothingIsOursNothingHasToBeDone() throws IOException {
    file("usr/bin/firewall-cmd");

    assertThat(backend().apply(List.of())).isEqualTo(new Applied(false, true, List.of()));
  }

  @Test
  void whereItIsNotInstalledItIsNotFound() {
    assertThat(backend().apply(Rows.network()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo("NotFound"));
  }

  @Test
  void whereThereIsNoBusItIsOutOfReach() throws IOException {
    file("usr/bin/firewall-cmd");

    assertThat(backend().apply(Rows.network()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo("DBusUnreachable"));
  }

  private Path file(String name) throws IOException {
    Path path = root.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, "<policy/>");
  }

  private FirewalldBackend backend() {
    return new FirewalldBackend(root);
  }
}
