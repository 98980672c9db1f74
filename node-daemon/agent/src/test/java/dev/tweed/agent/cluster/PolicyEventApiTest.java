package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Events as a real API server takes them. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class PolicyEventApiTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00.5Z");

  private KubernetesClient admin;
  private ApiClient client;

  @BeforeEach
  void open(ApiServer server) {
    admin = server.admin();
    client =
        ApiClient.open(
            new ApiAccess(Optional.of(server.kubeconfig()), Optional.empty(), Path.of("/none")),
            Map.of(),
            "test");
  }

  @AfterEach
  void close() {
    client.close();
    events().forEach(event -> admin.resource(event).delete());
  }

  @Test
  void theNextOneOfAPolicyIsTheSameObject() throws IOException {
    PolicyEventApi api = new PolicyEventApi(client, "n1");

    api.apply(new PolicyEvent("web", "u-1", "PacketsDenied", "one", START, START, 1));
    String uid = events().getFirst().getMetadata().getUid();
    Instant later = START.plusSeconds(600);
    api.apply(new PolicyEvent("web", "u-1", "PacketsWouldBeDenied", "two", START, later, 7));

    assertThat(events()).hasSize(1);
    Event event = events().getFirst();
    assertThat(event.getMetadata().getUid()).isEqualTo(uid);
    assertThat(event.getReason()).isEqualTo("PacketsWouldBeDenied");
    assertThat(event.getMessage()).isEqualTo("two");
    assertThat(event.getCount()).isEqualTo(7);
    assertThat(event.getFirstTimestamp()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(event.getLastTimestamp()).isEqualTo("2026-01-01T00:10:00Z");
  }

  @Test
  void nodesAndPoliciesHaveOneEachWhateverTheirNames() throws IOException {
    String longest = "a".repeat(253);
    for (String node : List.of("n1", "n2", "n".repeat(253))) {
      for (String uid : List.of("u-1", "u-2")) {
        new PolicyEventApi(client, node)
            .apply(new PolicyEvent(longest, uid, "PacketsDenied", "text", START, START, 1));
      }
    }
    assertThat(events()).hasSize(6);
  }

  @Test
  void whatIsRefusedIsSaid() {
    assertThatThrownBy(
            () ->
                new PolicyEventApi(client, "n1")
                    .apply(
                        new PolicyEvent(
                            "web",
                            "u-1",
                            "r".repeat(1_000_000),
                            "m".repeat(5_000_000),
                            START,
                            START,
                            1)))
        .isInstanceOf(ApiRefusedException.class);
    assertThat(client.ends()).isEmpty(); // no connection stays
  }

  private List<Event> events() {
    return admin.v1().events().inNamespace("default").list().getItems().stream()
        .filter(e -> "tweed.dev/node".equals(e.getReportingComponent()))
        .toList();
  }
}
