package dev.tweed.operator.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged operator as a process of its own, the way the image starts it. */
public final class OperatorProcess implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  private OperatorProcess(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  public static OperatorProcess start(Path kubeconfig, Map<String, String> environment) {
    Path script =
        Path.of(System.getProperty("tweed.repository"), "operator/src/main/docker/tweed-operator");
    try {
      int port = freePort();
      Path log = Files.createTempFile("tweed-operator", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(List.of("/bin/sh", script.toString()))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      Map<String, String> all = new HashMap<>(environment);
      all.put("TWEED_HOME", System.getProperty("tweed.operatorApp"));
      all.put("TWEED_JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString());
      all.put("KUBECONFIG", kubeconfig.toString());
      all.put("POD_NAMESPACE", "tweed-system");
      all.put("TWEED_LEASE_NAMESPACE", ChartIdentity.LEASES);
      all.put("QUARKUS_HTTP_PORT", Integer.toString(port));
      builder.environment().putAll(all);
      return new OperatorProcess(builder.start(), log, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Status and body of a page; 0 when nobody listens. */
  Page get(String path) {
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new Page(response.statusCode(), response.body());
    } catch (IOException e) {
      return new Page(0, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  record Page(int status, String body) {}

  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  /** SIGTERM; waits for the end. */
  void stop() {
    process.destroy();
    end();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    end();
  }

  private void end() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new AssertionError("the operator does not end; its log:\n" + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }
}
