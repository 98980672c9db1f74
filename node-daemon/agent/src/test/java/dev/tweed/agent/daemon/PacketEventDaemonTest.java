package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Action;
import dev.tweed.crds.FirewallPolicySpec.Direction;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Packets that a real kernel refuses, as Events of a real API server. */
@Tag("api-server")
@Tag("kernel")
@ExtendWith(ApiServerExtension.class)
class PacketEventDaemonTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private Cluster cluster;
  private TestDaemon daemon;

  @BeforeEach
  void start(ApiServer server, @TempDir Path directory) {
    cluster = new Cluster(server.admin());
    daemon = new TestDaemon("n1", 1, directory, server.kubeconfig());
    cluster.node("n1");
  }

  @AfterEach
  void stop() {
    daemon.close();
    events().forEach(event -> cluster.client.resource(event).delete());
    cluster.close();
  }

  @Test
  void whatIsOnlyTriedIsAnEventAndWhatDoesNotLogIsNone() throws Exception {
    // Given a policy that is only tried, and one that neither logs nor is tried
    FirewallPolicySpec deny = Cluster.rule("discard", Direction.Out, Action.Deny, "9");
    FirewallPolicy tried =
        cluster.policy(
            "tried",
            new FirewallPolicySpec(
                deny.nodeSelector(),
                null,
                FirewallPolicySpec.Mode.Audit,
                null,
                null,
                deny.rules()));
    cluster.policy("silent", Cluster.rule("echo", Direction.Out, Action.Deny, "7"));
    daemon.start();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(tables()).contains("would-deny tried/discard", "policy/silent/echo"));

    // When packets meet their rules
    for (int i = 0; i < 5; i++) {
      connect(7);
      connect(9);
    }

    // Then the one that logs has an Event, which kubectl describe finds
    await().atMost(SOON).until(() -> !events().isEmpty());
    Event event = events().getFirst();
    assertThat(event.getInvolvedObject().getKind()).isEqualTo("FirewallPolicy");
    assertThat(event.getInvolvedObject().getUid()).isEqualTo(tried.getMetadata().getUid());
    assertThat(event.getReason()).isEqualTo("PacketsWouldBeDenied");
    assertThat(event.getMessage())
        .startsWith("FirewallPolicy tried, rule discard: would deny TCP from 192.0.2.1:")
        .contains(" to 192.0.2.77:9, out by ");
    assertThat(event.getSource().getHost()).isEqualTo("n1");
    assertThat(event.getFirstTimestamp()).isEqualTo(event.getLastTimestamp());
    assertThat(event.getCount()).isEqualTo(1);
    connect(9);
    assertThat(events()).containsExactly(event);
  }

  private void connect(int port) {
    daemon.netns.sh("timeout 0.2 bash -c '>/dev/tcp/192.0.2.77/" + port + "' || true");
  }

  private String tables() {
    return daemon.netns.exec("nft", "list", "ruleset");
  }

  private List<Event> events() {
    return cluster.client.v1().events().inNamespace("default").list().getItems().stream()
        .filter(e -> "tweed.dev/node".equals(e.getReportingComponent()))
        .toList();
  }
}
