package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client of the probes gets, over a real socket. */
class HealthServerTest {

  private final AtomicBoolean alive = new AtomicBoolean(true);
  private HealthServer.Answer readiness = new HealthServer.Answer(true, "READY");
  @AutoClose private HealthServer server;

  @BeforeEach
  void setUp() throws IOException {
    server =
        HealthServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            alive::get,
            () -> readiness,
            () -> "tweed_ready 1.0\n");
  }

  @Test
  void aDaemonThatLivesIsHealthy() throws Exception {
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    assertThat(get("/healthz").body()).isEqualTo("ok\n");
  }

  @Test
  void aStuckDaemonIsNot() throws Exception {
    alive.set(false);

    assertThat(get("/healthz").statusCode()).isEqualTo(503);
    assertThat(get("/healthz").body()).isEqualTo("stuck\n");
  }

  @Test
  void readinessSaysWhyNot() throws Exception {
    readiness = new HealthServer.Answer(false, "WAITING: für etwas");

    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).isEqualTo("WAITING: für etwas\n");
  }

  @Test
  void metricsHaveTheirContentType() throws Exception {
    HttpResponse<String> answer = get("/metrics?name=x");

    assertThat(answer.body()).isEqualTo("tweed_ready 1.0\n");
    assertThat(answer.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void thereIsNothingElse() throws Exception {
    assertThat(get("/").statusCode()).isEqualTo(404);
  }

  @Test
  void aFailureInOneAnswerIsNotThatOfTheNext() throws Exception {
    readiness = null;
    assertThatThrownBy(() -> get("/readyz")).isInstanceOf(IOException.class);

    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void anAddressInUseIsNamed() {
    assertThatThrownBy(
            () -> HealthServer.start(server.address(), () -> true, () -> readiness, () -> ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(server.address().toString())
        .hasMessageContaining("--http-address");
  }

  @Test
  void afterItsEndNobodyListens() throws Exception {
    server.close();

    assertThatThrownBy(() -> get("/healthz")).isInstanceOf(IOException.class);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.address().getPort() + path);
  }
}
