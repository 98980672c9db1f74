package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said when firewall-cmd fails; a shell stands in its place. */
class FirewallCmdTest {

  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({
    "252, NotRunning, firewalld is not running",
    "36, DBusUnreachable, firewalld cannot be asked: Error: why",
    "2, TooOld, this firewalld has no policies: firewall-cmd does not know --list-all-policies",
    "127, NotFound, there is no /usr/bin/firewall-cmd: Error: why",
    "9, CommandFailed, firewall-cmd --list-all-policies ended with status 9: Error: why"
  })
  void everyEndHasAReason(int status, String reason, String message) {
    BackendOutcome outcome = apply("/bin/sh", "-c", "echo Error: why >&2; exit " + status, "sh");

    assertThat(outcome)
        .isInstanceOfSatisfying(
            BackendOutcome.Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(reason);
              assertThat(refused.message()).isEqualTo(message);
              assertThat(refused.remedy()).isNotBlank();
            });
  }

  @Test
  void aPrefixThatIsNoProgramIsTold() {
    assertThat(apply("/nowhere/chroot"))
        .isInstanceOfSatisfying(
            BackendOutcome.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo("NotFound"));
  }

  private BackendOutcome apply(String... prefix) {
    return new FirewalldBackend(List.of(prefix), root).apply(Rows.network());
  }
}
