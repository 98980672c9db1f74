package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a run looks at the firewall, and when it can tell without. */
class FirewallSyncLookTest {

  @TempDir Path runDir;
  private FirewalledNode node;

  @BeforeEach
  void start() {
    node = new FirewalledNode(runDir);
    node.asks(Policies.allowing("web", 1, "80"));
  }

  @Test
  void aRunWithoutNewsDoesNotEvenLook() {
    node.run();
    int reads = node.host.reads;

    node.run();

    assertThat(node.host.reads).isEqualTo(reads);
  }

  @Test
  void afterHalfAMinuteItDoes() {
    node.run();
    node.host.log.clear();

    node.later(Duration.ofSeconds(31));
    node.run();

    assertThat(node.host.log).containsExactly("ufw 2");
  }

  @Test
  void anAuditDoesNotLookWhileRulesAreTheSame() {
    node.host.generation = OptionalInt.of(7);
    node.run();
    int reads = node.host.reads;

    for (int minute = 1; minute < 5; minute++) {
      node.later(Duration.ofSeconds(60));
      assertThat(node.run()).isTrue();
    }

    assertThat(node.host.reads).isEqualTo(reads);
  }

  @Test
  void anAuditLooksWhereTheRulesAreOthers() {
    node.host.generation = OptionalInt.of(7);
    node.run();
    node.host.rows.put(BackendKind.UFW, List.of());

    node.host.generation = OptionalInt.of(8);
    node.later(Duration.ofSeconds(60));
    node.run();

    assertThat(node.host.rules(BackendKind.UFW)).containsExactly("web/rule");
  }

  @Test
  void sometimesAnAuditLooksAllTheSame() {
    node.host.generation = OptionalInt.of(7);
    node.run();
    int reads = node.host.reads;

    node.later(Duration.ofSeconds(300));
    node.run();

    assertThat(node.host.reads).isGreaterThan(reads);
  }

  @Test
  void anEventIsFollowedWhateverTheRulesNumber() {
    node.host.generation = OptionalInt.of(7);
    node.run();
    int reads = node.host.reads;

    node.firewallChanged();
    node.run();

    assertThat(node.host.reads).isGreaterThan(reads);
  }
}
