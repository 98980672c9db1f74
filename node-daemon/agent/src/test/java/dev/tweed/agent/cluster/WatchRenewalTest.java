package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ListWatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long watches are asked for, which is how long a dead connection may go unnoticed. */
class WatchRenewalTest {

  private static final Pattern KIND = Pattern.compile(".*/([a-z]+)\\?.*timeoutSeconds=([0-9]+).*");

  private final Map<String, Integer> seconds = new ConcurrentHashMap<>();
  private HttpServer server;
  private ApiConnection api;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    ApiClient client =
        ApiClient.open(
            new ApiAccess(
                Optional.empty(),
                Optional.of("http://127.0.0.1:" + server.getAddress().getPort()),
                Path.of("/none")),
            Map.of(),
            "test");
    api = new ApiConnection(client, "n1", InstantSource.system(), ListWatch.RENEWAL);
  }

  @AfterEach
  void close() {
    api.close();
    server.stop(0);
  }

  @Test
  void ofWhatDecidesAboutPacketsNoLossGoesUnnoticedForAMinute() {
    api.start(() -> {}, contact -> {});
    api.compiledPolicies().follow(Set.of("program"), Set.of());
    await().atMost(Duration.ofSeconds(20)).until(() -> seconds.size() == 8);

    assertThat(seconds.entrySet().stream().filter(watch -> watch.getValue() <= 40))
        .extracting(Map.Entry::getKey)
        .containsExactlyInAnyOrder(
            "podnetworks",
            "nodesubnets",
            "firewallpolicies",
            "nodepolicies",
            "policyprograms",
            "peerslices");
    assertThat(seconds).containsKeys("nodes", "endpointslices");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Matcher watch = KIND.matcher(exchange.getRequestURI().toString());
      if (watch.matches()) {
        seconds.put(watch.group(1), Integer.parseInt(watch.group(2)));
      }
      byte[] answer =
          (watch.matches() ? "" : "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}")
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
