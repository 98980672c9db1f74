package dev.tweed.firewall.ufw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import org.junit.jupiter.api.Test;

/** What a file becomes for the running chains. */
class UfwRestoreInputTest {

  @Test
  void chainsOfRateLimitingAreEmptiedOnlyWhereTheFileFillsThem() {
    String head =
        """
        *filter
        :ufw6-user-input - [0:0]
        :ufw6-user-output - [0:0]
        :ufw6-user-forward - [0:0]
        :ufw6-user-limit - [0:0]
        :ufw6-user-limit-accept - [0:0]
        ### RULES ###
        """;
    String filled = "-A ufw6-user-limit -j REJECT\n-A ufw6-user-limit-accept -j ACCEPT\n";

    // As installed: what a running ufw has in them stays, and the others are as the file says.
    assertThat(input(head + "COMMIT\n"))
        .isEqualTo(
            """
            *filter
            :ufw6-user-input - [0:0]
            :ufw6-user-output - [0:0]
            :ufw6-user-forward - [0:0]
            :ufw6-user-logging-input - [0:0]
            :ufw6-user-logging-output - [0:0]
            :ufw6-user-logging-forward - [0:0]
            COMMIT
            """);
    assertThat(input(head + filled + "COMMIT\n"))
        .endsWith(
            """
            :ufw6-user-limit - [0:0]
            :ufw6-user-limit-accept - [0:0]
            -A ufw6-user-limit -j REJECT
            -A ufw6-user-limit-accept -j ACCEPT
            COMMIT
            """);
  }

  private static String input(String text) {
    return UfwGoldenTest.parsed(text, AddressFamily.IPV6).restoreInput();
  }
}
