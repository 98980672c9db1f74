package dev.tweed.agent.daemon;

import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;

/** Leads from a port inside of a network namespace to a server outside. */
final class NamespaceDoor implements AutoCloseable {

  private final ServerSocket inside;
  private final InetSocketAddress server;

  /** The socket stays in the namespace it was made in; whoever uses it may be elsewhere. */
  NamespaceDoor(Netns netns, URI server) throws Exception {
    this.server = new InetSocketAddress(server.getHost(), server.getPort());
    this.inside = netns.call(() -> new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
    Thread.ofPlatform().daemon().start(this::serve);
  }

  String url() {
    return "https://127.0.0.1:" + inside.getLocalPort();
  }

  private void serve() {
    try {
      while (true) {
        Socket client = inside.accept();
        Socket outside = new Socket(server.getAddress(), server.getPort());
        pump(client, outside);
        pump(outside, client);
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private static void pump(Socket from, Socket to) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (InputStream in = from.getInputStream();
                  OutputStream out = to.getOutputStream()) {
                in.transferTo(out);
              } catch (IOException e) {
                // One side has closed; so does the other.
              }
            });
  }

  @Override
  public void close() throws IOException {
    inside.close();
  }
}
