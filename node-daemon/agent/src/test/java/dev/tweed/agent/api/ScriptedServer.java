package dev.tweed.agent.api;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;

/** A server on loopback that does to each connection what the test says. */
public final class ScriptedServer implements AutoCloseable {

  /** What is done with a connection; it is closed afterwards. */
  public interface Script {
    void play(InputStream in, OutputStream out) throws Exception;
  }

  final AtomicInteger connections = new AtomicInteger();
  final List<String> requests = new CopyOnWriteArrayList<>();
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  private ScriptedServer(ServerSocket listener) {
    this.listener = listener;
  }

  /** Without TLS. */
  public static ScriptedServer plain(Script script) throws IOException {
    return start(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), script);
  }

  /** By TLS; a port that a server had before is free once that one's thread has let go of it. */
  static ScriptedServer tls(SSLContext context, int port, Script script) {
    return start(
        Awaitility.await()
            .ignoreExceptionsInstanceOf(BindException.class)
            .until(
                () ->
                    context
                        .getServerSocketFactory()
                        .createServerSocket(port, 50, InetAddress.getByName("127.0.0.1")),
                Objects::nonNull),
        script);
  }

  /** On this socket. */
  public static ScriptedServer start(ServerSocket listener, Script script) {
    ScriptedServer server = new ScriptedServer(listener);
    Thread.ofVirtual().start(() -> server.accept(script));
    return server;
  }

  /** Answers each request of a connection with this. */
  Script answers(String answer) {
    return (in, out) -> {
      while (request(in)) {
        out.write(answer.getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    };
  }

  /**
   * Lists are empty, and watches have nothing to say.
   *
   * @param hangs whether what begins with this line is not answered before the test is over
   */
  static Script empty(Predicate<String> hangs, CountDownLatch over) {
    return (in, out) -> {
      BufferedReader lines = new BufferedReader(new InputStreamReader(in));
      String body = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (hangs.test(line)) {
          over.await();
        } else if (line.isEmpty()) {
          out.write(
              "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(body.length(), body)
                  .getBytes(StandardCharsets.US_ASCII));
        }
      }
    };
  }

  InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", listener.getLocalPort());
  }

  /** Where it listens. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Reads the head of a request without body; false at the end of the connection. */
  boolean request(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int c = in.read();
      if (c < 0) {
        return false;
      }
      head.write(c);
    }
    requests.add(head.toString(StandardCharsets.US_ASCII));
    return true;
  }

  private void accept(Script script) {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        sockets.add(socket);
        connections.incrementAndGet();
        Thread.ofVirtual()
            .start(
                () -> {
                  try (socket) {
                    script.play(socket.getInputStream(), socket.getOutputStream());
                  } catch (Exception e) {
                    // The client has gone, which is what it is tested for.
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
