package dev.tweed.agent.cluster;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Replacements that fail, which need no server. */
class ApiConnectionFailureTest {

  private final AtomicInteger opened = new AtomicInteger();

  @Test
  void aReplacementThatFailsIsTriedAgain() {
    awaitReplacements(
        client -> {
          if (opened.get() == 2) {
            throw new IllegalArgumentException("no token");
          }
          return client;
        },
        () -> {});
  }

  @Test
  void whoIsToldAndFailsEndsNothing() {
    awaitReplacements(
        client -> client,
        () -> {
          throw new IllegalStateException("not now");
        });
  }

  private void awaitReplacements(
      Function<KubernetesClient, KubernetesClient> opening, Runnable onChange) {
    try (ApiConnection api =
        new ApiConnection(
            onRead -> {
              opened.incrementAndGet();
              return opening.apply(
                  ApiClient.open(
                      new ApiAccess(
                          Optional.empty(), Optional.of("http://127.0.0.1:1"), Path.of("/none")),
                      Map.of(),
                      "test",
                      onRead));
            },
            "n1",
            Duration.ofMillis(30),
            System::nanoTime)) {
      api.start(onChange);
      await().atMost(Duration.ofSeconds(20)).until(() -> opened.get() >= 4);
    }
  }
}
