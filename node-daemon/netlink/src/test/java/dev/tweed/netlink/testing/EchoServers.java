package dev.tweed.netlink.testing;

import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Programs that send back what comes to ports, TCP and UDP, of network namespaces. */
public final class EchoServers implements AutoCloseable {

  private final List<Closeable> sockets = new ArrayList<>();

  /** Starts one, for both protocols. */
  public void start(Netns where, int port) {
    // A socket stays in the namespace it was made in, whoever reads from it.
    ServerSocket tcp = where.call(() -> new ServerSocket(port));
    sockets.add(tcp);
    Thread.ofPlatform().daemon().start(() -> accept(tcp));
    DatagramSocket udp = where.call(() -> new DatagramSocket(port));
    sockets.add(udp);
    Thread.ofPlatform().daemon().start(() -> echo(udp));
  }

  private static void accept(ServerSocket server) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofPlatform().daemon().start(() -> echo(socket));
      } catch (IOException e) {
        // Closed.
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static void echo(DatagramSocket socket) {
    DatagramPacket packet = new DatagramPacket(new byte[10], 10);
    while (!socket.isClosed()) {
      try {
        socket.receive(packet);
        socket.send(packet);
      } catch (IOException e) {
        // Closed, or an answer that did not arrive.
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Closeable socket : sockets) {
      socket.close();
    }
  }
}
