package dev.tweed.agent.status;

import dev.tweed.agent.status.HttpExchange.Response;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /healthz}, {@code /readyz} and {@code /metrics}. One thread answers all clients and waits
 * for none: one that does not send its request to the end, or takes no answer, keeps no probe from
 * being answered, and costs no more than its place among a few.
 */
public final class HealthServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);

  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int NOT_ALLOWED = 405;
  private static final int FAILED = 500;
  private static final int UNAVAILABLE = 503;

  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** The oldest goes where another comes: a probe takes milliseconds. */
  private static final int MOST_CONNECTIONS = 64;

  /** What a probe is told. */
  public record Answer(boolean good, String text) {}

  /**
   * Until a connection that could not be accepted is tried again: without a file descriptor for it,
   * it stays ready, and the thread would spin (accept(2), EMFILE).
   */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Until an address that is taken is tried again. */
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private final InetSocketAddress wanted;
  private final BooleanSupplier alive;
  private final Supplier<Answer> ready;
  private final Supplier<String> metrics;
  private final Consumer<Optional<String>> onTrouble;
  private final Duration again;
  private final Selector selector;
  private final Thread thread;
  private volatile Optional<ServerSocketChannel> listener = Optional.empty();

  // Of the thread only; the oldest first.
  private final Map<SelectionKey, HttpExchange> exchanges = new LinkedHashMap<>();

  private HealthServer(
      InetSocketAddress address,
      BooleanSupplier alive,
      Supplier<Answer> ready,
      Supplier<String> metrics,
      Consumer<Optional<String>> onTrouble,
      Duration again)
      throws IOException {
    this.wanted = address;
    this.onTrouble = onTrouble;
    this.again = again;
    this.alive = alive;
    this.ready = ready;
    this.metrics = metrics;
    this.selector = Selector.open();
    this.thread = Thread.ofPlatform().name("health").daemon().unstarted(this::loop);
  }

  /**
   * Listens and answers; where the address is taken, as soon as it is free.
   *
   * @param address port 0 takes a free one
   * @param alive liveness: the daemon makes progress
   * @param ready readiness: the data path is programmed and verified, or there is nothing to do
   * @param onTrouble told why the address cannot be listened on; and, empty, that it is
   * @throws IOException for want of file descriptors
   */
  public static HealthServer start(
      InetSocketAddress address,
      BooleanSupplier alive,
      Supplier<Answer> ready,
      Supplier<String> metrics,
      Consumer<Optional<String>> onTrouble)
      throws IOException {
    return start(address, alive, ready, metrics, onTrouble, AGAIN);
  }

  /**
   * @param again until an address that is taken is tried again
   */
  static HealthServer start(
      InetSocketAddress address,
      BooleanSupplier alive,
      Supplier<Answer> ready,
      Supplier<String> metrics,
      Consumer<Optional<String>> onTrouble,
      Duration again)
      throws IOException {
    HealthServer server = new HealthServer(address, alive, ready, metrics, onTrouble, again);
    server.listen();
    server.thread.start();
    return server;
  }

  /** Where it listens, or will once that address is free. */
  public InetSocketAddress address() {
    return listener.map(l -> (InetSocketAddress) l.socket().getLocalSocketAddress()).orElse(wanted);
  }

  @Override
  public void close() {
    try {
      selector.close();
      thread.join(LIMIT);
    } catch (IOException e) {
      LOG.debug("not closed: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tries to; tells why not. */
  private void listen() throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.bind(wanted);
    } catch (IOException e) {
      channel.close();
      onTrouble.accept(Optional.of(e.getMessage()));
      return;
    }
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_ACCEPT);
    listener = Optional.of(channel);
    onTrouble.accept(Optional.empty());
  }

  private void loop() {
    try {
      while (listener.isEmpty()) {
        selector.select(again.toMillis());
        listen();
      }
      while (selector.isOpen()) {
        selector.select(untilLate(System.nanoTime()));
        List<SelectionKey> due = new ArrayList<>(selector.selectedKeys());
        selector.selectedKeys().clear();
        for (SelectionKey key : due) {
          if (key.isValid() && key.isAcceptable()) {
            accept((ServerSocketChannel) key.channel());
          } else if (key.isValid()) {
            proceed(key, exchanges.get(key));
          }
        }
        endLate(System.nanoTime());
      }
    } catch (IOException | ClosedSelectorException e) {
      if (selector.isOpen()) {
        throw new IllegalStateException("probes and metrics are not answered any more", e);
      }
    } finally {
      List.copyOf(exchanges.keySet()).forEach(this::end);
      listener.ifPresent(HealthServer::close);
    }
  }

  /** Milliseconds until the oldest exchange has to be over; 0 is for ever. */
  private long untilLate(long now) {
    return exchanges.isEmpty()
        ? 0
        : Math.max(1, exchanges.values().iterator().next().remaining(now) / 1_000_000 + 1);
  }

  private void accept(ServerSocketChannel listener) {
    try {
      SocketChannel client = listener.accept();
      if (client == null) {
        return;
      }
      client.configureBlocking(false);
      if (exchanges.size() >= MOST_CONNECTIONS) {
        end(exchanges.keySet().iterator().next());
      }
      exchanges.put(
          client.register(selector, SelectionKey.OP_READ),
          new HttpExchange(client, System.nanoTime() + LIMIT.toNanos()));
    } catch (IOException e) {
      LOG.debug("a connection is not accepted: {}", e.toString());
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private void proceed(SelectionKey key, HttpExchange exchange) {
    try {
      if (!exchange.hasResponse()) {
        Optional<String> request = exchange.read();
        if (request.isEmpty()) {
          return;
        }
        exchange.respond(answer(request.get()));
        key.interestOps(SelectionKey.OP_WRITE);
      }
      if (exchange.write()) {
        end(key);
      }
    } catch (IOException e) {
      LOG.debug("a request is not answered: {}", e.toString());
      end(key);
    }
  }

  private void endLate(long now) {
    for (Iterator<HttpExchange> all = exchanges.values().iterator(); all.hasNext(); ) {
      HttpExchange exchange = all.next();
      if (exchange.remaining(now) > 0) {
        return;
      }
      all.remove();
      close(exchange);
    }
  }

  private void end(SelectionKey key) {
    close(exchanges.remove(key));
  }

  private static void close(AutoCloseable open) {
    try {
      open.close();
    } catch (Exception e) {
      LOG.debug("not closed: {}", e.toString());
    }
  }

  /**
   * @param request first line of one, such as {@code GET /healthz HTTP/1.1}
   */
  private Response answer(String request) {
    String[] words = request.split(" ");
    if (words.length != 3 || !words[0].equals("GET")) {
      return Response.text(NOT_ALLOWED, "only GET is answered");
    }
    try {
      return switch (words[1].split("\\?", 2)[0]) {
        case "/healthz" ->
            alive.getAsBoolean() ? Response.text(OK, "ok") : Response.text(UNAVAILABLE, "stuck");
        case "/readyz" -> {
          Answer answer = ready.get();
          yield Response.text(answer.good() ? OK : UNAVAILABLE, answer.text());
        }
        case "/metrics" ->
            new Response(OK, "text/plain; version=0.0.4; charset=utf-8", metrics.get());
        default -> Response.text(NOT_FOUND, "there are /healthz, /readyz and /metrics");
      };
    } catch (RuntimeException e) {
      LOG.error("{} is not answered", words[1], e);
      return Response.text(FAILED, "failed; see the log");
    }
  }
}
