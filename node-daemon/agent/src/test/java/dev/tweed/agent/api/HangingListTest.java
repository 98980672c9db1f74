package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.ApiConnection;
import dev.tweed.agent.cluster.ApiContact;
import dev.tweed.agent.finding.NodeFinding;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A list that is not answered, beside others that are. */
class HangingListTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void nobodyWaitsForPoliciesThatAreNotListed() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicReference<ApiContact> told = new AtomicReference<>(ApiContact.NOT_YET);
    try (ScriptedServer server =
            ScriptedServer.plain(
                ScriptedServer.empty(
                    line -> line.contains("watch=true") || line.contains("firewallpolicies"),
                    over));
        ApiConnection api =
            new ApiConnection(
                ApiClient.open(
                    new ApiAccess(
                        Optional.empty(),
                        Optional.of("http://127.0.0.1:" + server.port()),
                        Path.of("/none")),
                    Map.of(),
                    "test"),
                "n1",
                Instant::now,
                Duration.ofSeconds(6))) {
      api.start(() -> {}, told::set);

      await().atMost(SOON).until(() -> api.view().complete());
      await().atMost(SOON).until(() -> api.view().settled());
      assertThat(api.view().policiesKnown()).isFalse();
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(told.get().findings())
                      .extracting(NodeFinding::reason, NodeFinding::message)
                      .anySatisfy(
                          f ->
                              assertThat(f.toString())
                                  .contains("ClusterNotRead", "FirewallPolicies", "no answer")));
      over.countDown();
    }
  }
}
