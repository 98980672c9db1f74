package dev.tweed.agent.api;

import dev.tweed.agent.api.ConnectionFactory.Connection;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A connection to the API server that is opened when it is needed and kept for the next request.
 * Requests come from one thread at a time; {@link #drop} and {@link #close} from any.
 */
public final class ApiChannel implements ApiRequests, Closeable {

  /** Between which addresses a connection is. */
  public record Ends(InetSocketAddress local, InetSocketAddress remote) {}

  private final ServerLocation server;
  private final ConnectionFactory connections;
  private final CredentialStore credentials;
  private final String userAgent;
  private final ScheduledExecutorService timer;

  // Guarded by this.
  private Optional<Socket> socket = Optional.empty();
  private boolean closed;

  // Of the requests' thread.
  private Optional<Connection> kept = Optional.empty();

  /** Closes the connection when the time is over. */
  private final class Limit {
    private final Duration length;
    private final ScheduledFuture<?> end;
    private volatile boolean over;

    Limit(Duration length) {
      this.length = length;
      this.end = timer.schedule(this::end, length.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void end() {
      over = true;
      drop();
    }

    IOException explain(IOException failure) {
      return over ? new ApiSilentException(length, failure) : failure;
    }
  }

  ApiChannel(
      ServerLocation server,
      ConnectionFactory connections,
      CredentialStore credentials,
      String userAgent,
      ScheduledExecutorService timer) {
    this.server = server;
    this.connections = connections;
    this.credentials = credentials;
    this.userAgent = userAgent;
    this.timer = timer;
  }

  @Override
  public HttpAnswer send(ApiRequest request, Duration limit) throws IOException {
    Limit until;
    try {
      until = new Limit(limit);
    } catch (RejectedExecutionException e) {
      throw new IOException("the client is closed", e);
    }
    try {
      HttpAnswer answer = exchange(request, until);
      if (answer.status() == HttpURLConnection.HTTP_UNAUTHORIZED) {
        // A certificate that has ended is judged with the connection it came by.
        kept = Optional.empty();
      }
      return answer.onClose(
          reusable -> {
            until.end.cancel(false);
            if (!reusable) {
              drop();
            }
          });
    } catch (IOException e) {
      until.end.cancel(false);
      drop();
      throw until.explain(e);
    }
  }

  private HttpAnswer exchange(ApiRequest request, Limit until) throws IOException {
    CredentialStore.Tls tls = server.tls() ? credentials.tls() : null;
    // Asked for each time: the kubelet replaces it.
    Optional<String> token = server.tls() ? credentials.token() : Optional.empty();
    byte[] bytes = request.encoded(server, userAgent, token);
    Optional<Connection> before = usable(tls);
    if (before.isPresent()) {
      try {
        return exchange(before.get(), bytes, until);
      } catch (IOException e) {
        // The server may have closed it meanwhile. No request here does harm when sent twice.
        if (until.over) {
          throw e;
        }
      }
    }
    kept = Optional.empty();
    Connection fresh = connections.open(tls, next -> opening(next, until));
    kept = Optional.of(fresh);
    return exchange(fresh, bytes, until);
  }

  private HttpAnswer exchange(Connection connection, byte[] request, Limit until)
      throws IOException {
    connection.out().write(request);
    connection.out().flush();
    return HttpAnswer.read(new Told(connection.in(), until));
  }

  private Optional<Connection> usable(CredentialStore.Tls tls) {
    return kept.filter(c -> c.credentials() == tls && !c.plain().isClosed());
  }

  private synchronized void opening(Socket next, Limit until) {
    socket.ifPresent(ApiChannel::end);
    socket = Optional.of(next);
    // The time may be over before there is a socket to close, as while a name is looked up.
    if (closed || until.over) {
      end(next);
    }
  }

  /** Between which addresses the connection is, if there is one. */
  public synchronized Optional<Ends> ends() {
    return socket
        .filter(s -> s.isConnected() && !s.isClosed())
        .map(
            s ->
                new Ends(
                    (InetSocketAddress) s.getLocalSocketAddress(),
                    (InetSocketAddress) s.getRemoteSocketAddress()));
  }

  /** Ends the connection, if there is one; the next request opens another. */
  synchronized void drop() {
    socket.ifPresent(ApiChannel::end);
  }

  /** Ends the connection for good. */
  @Override
  public synchronized void close() {
    closed = true;
    drop();
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone in any case.
    }
  }

  /** Tells why nothing more can be read. */
  private final class Told extends FilterInputStream {
    private final Limit until;

    Told(InputStream in, Limit until) {
      super(in);
      this.until = until;
    }

    @Override
    public int read() throws IOException {
      try {
        return in.read();
      } catch (IOException e) {
        throw until.explain(e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return in.read(bytes, offset, length);
      } catch (IOException e) {
        throw until.explain(e);
      }
    }
  }
}
