package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.Keys;
import dev.tweed.ip.IpAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ApiClientTest {

  private static final ServerEndpoint ENDPOINT =
      new ServerEndpoint(IpAddress.parse("198.51.100.1"), 6443);

  private static final Duration SOON = Duration.ofSeconds(25);

  @TempDir Path directory;

  @Test
  void theConfiguredHostIsAskedUntilItAnswersAsTheApiServer() throws Exception {
    // Given a host that has no server to ask at first, and a client that goes another way
    Keys keys = Keys.make(directory, "EC", "CN=api", "-ext", "san=ip:192.0.2.1");
    Files.writeString(directory.resolve("ca.crt"), keys.certificatePem());
    Files.writeString(directory.resolve("token"), "secret");
    AtomicReference<ScriptedServer> server = new AtomicReference<>();
    server.set(
        ScriptedServer.tls(
            keys.server(),
            0,
            (in, out) -> {
              server.get().request(in);
              String status = server.get().requests.size() == 1 ? "502 Bad Gateway" : "200 OK";
              out.write(
                  "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n"
                      .formatted(status)
                      .getBytes(StandardCharsets.US_ASCII));
            }));
    try (ScriptedServer host = server.get();
        ApiClient client =
            ApiClient.open(
                new ApiAccess(Optional.empty(), Optional.of("https://192.0.2.1"), directory),
                Map.of(),
                "test",
                location -> () -> List.of(host.address()))) {
      client.tryConfigured();
      client.addresses().learn(List.of(ENDPOINT));
      client.addresses().connected(ENDPOINT.socketAddress());

      // When it is asked, then once more, since the first answer was no API server's
      await()
          .atMost(SOON)
          .until(
              () -> {
                client.tryConfigured();
                return host.requests.size() == 2;
              });

      // Then it comes first again, and nobody asks any more
      await().atMost(SOON).until(() -> client.addresses().detour().isEmpty());
      client.tryConfigured();
      assertThat(client.addresses().candidates()).startsWith(host.address());
      assertThat(host.requests).hasSize(2).allMatch(r -> r.startsWith("GET /version "));
    }
  }
}
