package dev.tweed.agent.cluster;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection to the API server, and the watch on it. When nothing was read from it for a
 * while, client and watch are replaced by new ones: java.net.http has neither pings nor a deadline
 * for a connection whose peer is gone without a word (an address of this node that changed, a
 * firewall that forgot the flow, an API server without power), and TCP itself gives up after a
 * quarter of an hour only. What was known stays in view until the new watch knows as much.
 */
public final class ApiConnection implements ClusterWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ApiConnection.class);

  /** Events and bookmarks come about once a minute, and what is asked for within seconds. */
  public static final Duration LIMIT = Duration.ofSeconds(90);

  /** How long a replaced connection is told of: while it is silent nobody but this node sees it. */
  private static final Duration TOLD = Duration.ofMinutes(10);

  /** One client with its watch, and what was in view when it took over. */
  private static final class Session {
    private final KubernetesClient client;
    private final InformerClusterWatch watch;
    private volatile ClusterView before;

    Session(KubernetesClient client, String nodeName, ClusterView before) {
      this.client = client;
      this.watch = new InformerClusterWatch(client, nodeName);
      this.before = before;
    }

    ClusterView view() {
      // In this order: it is let go of by whoever finds the watch complete.
      ClusterView kept = before;
      ClusterView now = watch.view();
      if (!now.complete()) {
        return kept;
      }
      before = ClusterView.INCOMPLETE;
      return now;
    }

    void close() {
      watch.close();
      client.close();
    }
  }

  private final Function<Runnable, KubernetesClient> opener;
  private final String nodeName;
  private final long limit;
  private final LongSupplier nanoTime;
  private final Thread thread;
  private volatile Session session;
  private volatile Runnable onChange = () -> {};
  private volatile Consumer<Optional<NodeFinding>> onSilence = finding -> {};
  private volatile long readAt;
  private volatile Optional<Long> replacedAt = Optional.empty();
  private volatile long openedAt;
  private boolean closed;

  /**
   * Opens the first client; does not talk to the server yet.
   *
   * @param opener opens a client that runs the given whenever something was read
   * @param nodeName name of this node
   * @param limit a connection is replaced when nothing was read for so long
   * @param nanoTime monotonic clock, nanoseconds
   * @throws IllegalArgumentException as the opener does
   */
  public ApiConnection(
      Function<Runnable, KubernetesClient> opener,
      String nodeName,
      Duration limit,
      LongSupplier nanoTime) {
    this.opener = opener;
    this.nodeName = nodeName;
    this.limit = limit.toNanos();
    this.nanoTime = nanoTime;
    this.readAt = nanoTime.getAsLong();
    this.openedAt = readAt;
    this.session = open(ClusterView.INCOMPLETE);
    this.thread = Thread.ofPlatform().name("api-connection").daemon().unstarted(this::loop);
  }

  @Override
  public void start(Runnable onChange) {
    start(onChange, finding -> {});
  }

  /**
   * The same, and tells of a connection that is or was silent for too long.
   *
   * @param onSilence called now and then from a thread of its own: empty is that all is well
   */
  public void start(Runnable onChange, Consumer<Optional<NodeFinding>> onSilence) {
    this.onChange = onChange;
    this.onSilence = onSilence;
    session.watch.start(onChange);
    thread.start();
  }

  @Override
  public ClusterView view() {
    return session.view();
  }

  /** Writes by whatever the client is at the time. */
  public StatusApi statusApi() {
    return new ServerSideStatusApi(() -> session.client, nodeName);
  }

  /** The API server. */
  public URI server() {
    return URI.create(session.client.getMasterUrl().toString());
  }

  /** How long nothing was read, by this connection or those before it. */
  public Duration silence() {
    return Duration.ofNanos(nanoTime.getAsLong() - readAt);
  }

  /** Of a connection that is or was silent for too long, for some minutes. */
  Optional<NodeFinding> finding() {
    return replacedAt
        .filter(at -> nanoTime.getAsLong() - at < TOLD.toNanos())
        .map(
            at ->
                NodeFinding.of(
                    AgentReason.APISilent,
                    "API server",
                    "nothing was read from the API server for %d s, so a new connection is opened;"
                            .formatted(Duration.ofNanos(limit).toSeconds())
                        + " meanwhile the node keeps what it has and learns nothing new",
                    "if it comes again: something between this node and "
                        + server()
                        + " drops connections without a word (firewall, NAT, load balancer), or the"
                        + " API server is down; 'ss -tnoi' on the node shows its connections"));
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    session.close();
  }

  private Session open(ClusterView before) {
    return new Session(opener.apply(() -> readAt = nanoTime.getAsLong()), nodeName, before);
  }

  private void loop() {
    while (awaitLook()) {
      try {
        look();
      } catch (RuntimeException | LinkageError e) {
        // Without this thread a connection that is lost would stay so, and nobody be told.
        LOG.error("the connection to the API server was not looked after; tried again", e);
      }
    }
  }

  /** Does what is due after so long a silence. */
  void look() {
    if (quiet() >= limit) {
      replace();
    } else if (quiet() >= limit / 3) {
      ask();
    }
    onSilence.accept(finding());
  }

  /** How long this connection is silent. */
  private long quiet() {
    long now = nanoTime.getAsLong();
    return Math.min(now - readAt, now - openedAt);
  }

  private synchronized boolean awaitLook() {
    long end = nanoTime.getAsLong() + Math.min(limit / 3, Math.max(limit - quiet(), 0));
    try {
      for (long left = end - nanoTime.getAsLong();
          left > 0 && !closed;
          left = end - nanoTime.getAsLong()) {
        wait(Duration.ofNanos(left).toMillis() + 1);
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !closed;
  }

  /**
   * Has the server say something: bookmarks do not come before a kind has changed once since the
   * API server started. HTTP/2 puts this request onto the connection of the watches, so an answer,
   * were it a refusal, means that they live; /version costs the server nothing. Over HTTP/1.1, and
   * after a GOAWAY, a watch may have a connection of its own; if that dies, it is found when
   * fabric8 renews the watch, after 5 to 10 minutes.
   */
  private void ask() {
    HttpClient http = session.client.getHttpClient();
    http.sendAsync(
            http.newHttpRequestBuilder()
                .uri(server().resolve("version").toString())
                .timeout(limit / 3, TimeUnit.NANOSECONDS)
                .build(),
            String.class)
        .exceptionally(
            failure -> {
              LOG.debug("asked in vain: {}", failure.toString());
              return null;
            });
  }

  private void replace() {
    Session old = session;
    openedAt = nanoTime.getAsLong();
    replacedAt = Optional.of(openedAt);
    try {
      Session next = open(old.view());
      LOG.info(
          "nothing read from the API server for {} s: a new connection takes over",
          silence().toSeconds());
      next.watch.start(onChange);
      session = next;
      old.close();
    } catch (RuntimeException e) {
      // Credentials that cannot be read at the moment, say.
      LOG.warn("no new connection to the API server; tried again: {}", e.toString());
    }
    onChange.run();
  }
}
