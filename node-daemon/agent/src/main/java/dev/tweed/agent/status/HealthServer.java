package dev.tweed.agent.status;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * {@code /healthz}, {@code /readyz} and {@code /metrics}. Answered in the server's one thread: a
 * probe and a scrape now and then need no more.
 */
public final class HealthServer implements AutoCloseable {

  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;

  /** What a probe is told. */
  public record Answer(boolean good, String text) {}

  private final HttpServer server;

  private HealthServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Listens and answers.
   *
   * @param address port 0 takes a free one
   * @param alive liveness: the daemon makes progress
   * @param ready readiness: the data path is programmed and verified, or there is nothing to do
   * @throws IOException when the address cannot be listened on; says which
   */
  public static HealthServer start(
      InetSocketAddress address,
      BooleanSupplier alive,
      Supplier<Answer> ready,
      Supplier<String> metrics)
      throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on "
              + address
              + " for probes and metrics: "
              + e.getMessage()
              + "; choose another with --http-address",
          e);
    }
    server.createContext(
        "/healthz",
        x -> answer(x, new Answer(alive.getAsBoolean(), alive.getAsBoolean() ? "ok" : "stuck")));
    server.createContext("/readyz", x -> answer(x, ready.get()));
    server.createContext(
        "/metrics",
        x -> {
          x.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
          send(x, OK, metrics.get());
        });
    server.start();
    return new HealthServer(server);
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static void answer(HttpExchange exchange, Answer answer) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    send(exchange, answer.good() ? OK : UNAVAILABLE, answer.text() + "\n");
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    try (exchange) {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getRequestBody().skip(Long.MAX_VALUE);
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
