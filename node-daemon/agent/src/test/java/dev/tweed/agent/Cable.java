package dev.tweed.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** TCP connections to the API server that can be cut, or lost without a word, and joined again. */
public final class Cable implements AutoCloseable {
  /** What the connections of one time have in common. */
  private static final class Flow {
    private volatile boolean lost;
  }

  private final URI server;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;
  private volatile Flow flow = new Flow();
  private final AtomicInteger connections = new AtomicInteger();

  public Cable(String server) throws IOException {
    this.server = URI.create(server);
    this.listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  public String url() {
    return server.getScheme() + "://127.0.0.1:" + listener.getLocalPort();
  }

  /** Ends every connection; new ones are ended at once. */
  public void cut() {
    cut = true;
    sockets.forEach(Cable::end);
    sockets.clear();
  }

  /**
   * Forgets every connection there is, as a firewall does: both sides stay open and hear nothing of
   * each other any more.
   */
  public void lose() {
    flow.lost = true;
    flow = new Flow();
  }

  /** How many there have been. */
  public int connections() {
    return connections.get();
  }

  public void join() {
    cut = false;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (cut) {
          client.close();
          continue;
        }
        connections.incrementAndGet();
        Socket upstream = new Socket(server.getHost(), server.getPort());
        sockets.add(client);
        sockets.add(upstream);
        Flow now = flow;
        Thread.ofVirtual().start(() -> pump(client, upstream, now));
        Thread.ofVirtual().start(() -> pump(upstream, client, now));
      } catch (IOException e) {
        // The test is over, or a connection ended between accept and here.
      }
    }
  }

  private static void pump(Socket from, Socket to, Flow flow) {
    try (from;
        to) {
      byte[] bytes = new byte[8192];
      for (int n = from.getInputStream().read(bytes);
          n >= 0;
          n = from.getInputStream().read(bytes)) {
        if (!flow.lost) {
          to.getOutputStream().write(bytes, 0, n);
        }
      }
    } catch (IOException e) {
      // Cut: what this class is for.
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
