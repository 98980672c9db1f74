package dev.tweed.agent.status;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /healthz}, {@code /readyz} and {@code /metrics}: one request for each connection, answered
 * in one thread. A probe every few seconds needs no more; the JDK's server took a quarter of what
 * the daemon did at rest.
 */
public final class HealthServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);

  private static final int MAX_REQUEST = 8192;

  /** For a whole request: who is slower only keeps others waiting. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** What a probe is told. */
  public record Answer(boolean good, String text) {}

  private record Response(String status, String type, String body) {

    static Response plain(String status, String body) {
      return new Response(status, "text/plain; charset=utf-8", body);
    }

    static Response of(Answer answer) {
      return plain(answer.good() ? "200 OK" : "503 Service Unavailable", answer.text() + "\n");
    }

    byte[] bytes() {
      byte[] content = body.getBytes(StandardCharsets.UTF_8);
      String head =
          "HTTP/1.1 "
              + status
              + "\r\nContent-Type: "
              + type
              + "\r\nContent-Length: "
              + content.length
              + "\r\nConnection: close\r\n\r\n";
      byte[] bytes = new byte[head.length() + content.length];
      System.arraycopy(head.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, 0, head.length());
      System.arraycopy(content, 0, bytes, head.length(), content.length);
      return bytes;
    }
  }

  private final ServerSocket server;
  private final BooleanSupplier alive;
  private final Supplier<Answer> ready;
  private final Supplier<String> metrics;
  private final CountDownLatch closed = new CountDownLatch(1);

  private HealthServer(
      ServerSocket server,
      BooleanSupplier alive,
      Supplier<Answer> ready,
      Supplier<String> metrics) {
    this.server = server;
    this.alive = alive;
    this.ready = ready;
    this.metrics = metrics;
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
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(address);
    } catch (IOException e) {
      socket.close();
      throw new IOException(
          "cannot listen on "
              + address
              + " for probes and metrics: "
              + e.getMessage()
              + "; choose another with --http-address",
          e);
    }
    HealthServer server = new HealthServer(socket, alive, ready, metrics);
    Thread.ofPlatform().name("http").daemon().start(server::serve);
    return server;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      server.close();
    } catch (IOException e) {
      LOG.debug("not closed: {}", e.toString());
    }
  }

  private void serve() {
    while (!server.isClosed()) {
      Socket client;
      try {
        client = server.accept();
      } catch (IOException e) {
        pause(); // closed, or no descriptors are left, and that would go on and on
        continue;
      }
      try (client) {
        answer(client);
      } catch (IOException | RuntimeException e) {
        LOG.debug("a request is not answered: {}", e.toString());
      }
    }
  }

  private void pause() {
    try {
      closed.await(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(Socket client) throws IOException {
    String request = head(client);
    client.getOutputStream().write(response(request).bytes());
    // Its end is told before the connection is cut: nothing the other side has still sent matters.
    client.shutdownOutput();
  }

  /** The request as far as the empty line; what may follow is of no interest. */
  private static String head(Socket client) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    InputStream in = client.getInputStream();
    byte[] bytes = new byte[MAX_REQUEST];
    int length = 0;
    while (length < bytes.length) {
      client.setSoTimeout((int) Math.max(1, (end - System.nanoTime()) / 1_000_000));
      int count = in.read(bytes, length, bytes.length - length);
      if (count < 0) {
        break;
      }
      length += count;
      String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
      if (text.contains("\r\n\r\n")) {
        return text;
      }
    }
    throw new IOException("no complete request");
  }

  private Response response(String request) {
    String[] words = request.lines().findFirst().orElse("").split(" ");
    if (words.length != 3 || !words[0].equals("GET")) {
      return Response.plain("405 Method Not Allowed", "only GET is answered\n");
    }
    return switch (words[1].replaceFirst("\\?.*", "")) {
      case "/healthz" ->
          Response.of(alive.getAsBoolean() ? new Answer(true, "ok") : new Answer(false, "stuck"));
      case "/readyz" -> Response.of(ready.get());
      case "/metrics" ->
          new Response("200 OK", "text/plain; version=0.0.4; charset=utf-8", metrics.get());
      default -> Response.plain("404 Not Found", "there are /healthz, /readyz and /metrics\n");
    };
  }
}
