package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.ufw.SampleRows.lesson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.iptables.IptablesPrograms;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code systemctl restart ufw} runs ufw-init, which takes no lock. Where a chain of ufw's is there
 * when it starts, it takes ufw for running and does nothing.
 */
@Tag("kernel")
class UfwInitTest {

  /** In the order of delete_chains in ufw-init-functions. */
  private static final String EMPTIED_BEFORE_THE_HOOK =
      "for c in not-local user-logging-input user-limit-accept user-limit skip-to-policy-input"
          + " after-input user-input; do iptables -F ufw-$c; done";

  @TempDir Path root;
  @AutoClose private UfwNode node;

  @BeforeEach
  void install() throws IOException {
    node = UfwNode.denying(root);
    node.ufw("allow 22/tcp");
    node.apply(lesson());
  }

  @ParameterizedTest
  @ValueSource(strings = {EMPTIED_BEFORE_THE_HOOK, "iptables -F ufw-before-input", "iptables -F"})
  void chainsOfAnUfwThatIsBeingStoppedAreLeftAlone(String step) {
    node.netns().sh(step);
    node.netns().sh("iptables -F ufw-user-input");
    String emptied = node.kernel();

    BackendOutcome outcome = node.apply(lesson());

    assertThat(node.kernel()).isEqualTo(emptied);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            BackendOutcome.Applied.class, applied -> assertThat(applied.live()).isFalse());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/lib/ufw/ufw-init stop", EMPTIED_BEFORE_THE_HOOK})
  void anUfwThatIsStoppedWhileItsChainsAreFilledCanBeStarted(String stop) {
    List<String> running = rules();
    node.netns().sh("iptables -F ufw-user-input");

    BackendOutcome outcome =
        node.apply(lesson(), stoppedBetweenLookAndFilling(() -> node.sh(stop)));
    node.sh("/lib/ufw/ufw-init stop; /lib/ufw/ufw-init start");

    assertThat(outcome)
        .isInstanceOfSatisfying(
            BackendOutcome.Applied.class, applied -> assertThat(applied.live()).isFalse());
    assertThat(rules()).isEqualTo(running);
  }

  @Test
  void aRestartWhileWeRepairAllTheTimeEndsWithUfwRunning() {
    List<String> running = rules();
    Path over = node.file("run/over");
    node.sh(
        "(/lib/ufw/ufw-init stop; /lib/ufw/ufw-init start; touch /run/over) >/run/restart 2>&1 &");

    while (!Files.exists(over)) {
      node.apply(lesson());
    }

    node.apply(lesson());
    assertThat(rules()).isEqualTo(running);
  }

  private UfwChains stoppedBetweenLookAndFilling(Runnable stop) {
    return new UfwChains(IptablesPrograms.ofUfw(List.of())) {
      @Override
      void restore(AddressFamily family, String input) throws IOException {
        if (family == AddressFamily.IPV4) {
          stop.run();
        }
        super.restore(family, input);
      }
    };
  }

  /** The order of chains depends on when they were made. */
  private List<String> rules() {
    return node.kernel().lines().sorted().toList();
  }
}
