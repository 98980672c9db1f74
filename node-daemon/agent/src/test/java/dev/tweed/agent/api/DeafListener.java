package dev.tweed.agent.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** An address whose packets are lost: its queue is full, so the kernel drops each SYN. */
final class DeafListener implements AutoCloseable {

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
  private final List<Socket> queue = new ArrayList<>();

  DeafListener() throws IOException {
    while (true) {
      Socket socket = new Socket();
      queue.add(socket);
      try {
        socket.connect(address(), 300);
      } catch (SocketTimeoutException e) {
        return;
      }
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", listener.getLocalPort());
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : queue) {
      socket.close();
    }
  }
}
