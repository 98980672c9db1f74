package dev.tweed.agent.status;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client of the probes gets, over a real socket. */
class HealthServerTest {

  private final AtomicBoolean alive = new AtomicBoolean(true);
  private HealthServer.Answer readiness = new HealthServer.Answer(true, "READY");
  private String text = "tweed_ready 1.0\n";
  @AutoClose private HealthServer server;
  private int port;

  @BeforeEach
  void setUp() throws IOException {
    server =
        HealthServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            alive::get,
            () -> readiness,
            () -> text,
            why -> {});
    port = server.address().getPort();
  }

  @Test
  void aDaemonThatLivesIsHealthy() throws Exception {
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    assertThat(get("/healthz").body()).isEqualTo("ok\n");
  }

  @Test
  @Timeout(60)
  void withoutFileDescriptorsItWaitsAndThenAnswersAgain() throws Exception {
    // Given a process that has no file descriptor left
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -n 256; exec \"$0\" -cp \"$1\" \"$2\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"),
                OutOfDescriptors.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = process.inputReader();
        Writer input = process.outputWriter()) {
      port = Integer.parseInt(output.readLine());
      output.readLine();

      // When somebody connects
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
        input.write("measure\n");
        input.flush();

        // Then the thread spends next to nothing on what it cannot accept
        assertThat(Long.parseLong(output.readLine())).as("share of a core, in %").isLessThan(20);

        // And it answers as soon as it can
        assertThat(output.readLine()).isEqualTo("given back");
        client.getOutputStream().write("GET /healthz HTTP/1.1\r\n\r\n".getBytes(UTF_8));
        assertThat(new String(client.getInputStream().readAllBytes(), UTF_8))
            .startsWith("HTTP/1.1 200");
      }
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * A process with a server and without file descriptors: tells the port, that the descriptors are
   * used up, then (asked by a line) the share of a core that the server's thread takes in a second,
   * and that they are given back.
   */
  static final class OutOfDescriptors {
    private OutOfDescriptors() {}

    public static void main(String[] arguments) throws Exception {
      try (HealthServer server =
          HealthServer.start(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
              () -> true,
              () -> new HealthServer.Answer(true, "READY"),
              () -> "",
              why -> {})) {
        // The first exchange loads what the next ones need.
        try (Socket client =
            new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
          client.getOutputStream().write("GET /healthz HTTP/1.1\r\n\r\n".getBytes(UTF_8));
          client.getInputStream().readAllBytes();
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long health =
            Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread.getThreadName().equals("health"))
                .findFirst()
                .orElseThrow()
                .getThreadId();
        System.out.println(server.address().getPort());
        List<InputStream> open = new ArrayList<>();
        try {
          while (true) {
            open.add(new FileInputStream("/dev/null"));
          }
        } catch (IOException e) {
          System.out.println(e.getMessage());
        }
        System.in.read();
        long before = threads.getThreadCpuTime(health);
        Thread.sleep(1000);
        System.out.println((threads.getThreadCpuTime(health) - before) / 10_000_000);
        for (InputStream each : open) {
          each.close();
        }
        System.out.println("given back");
        Thread.sleep(30_000);
      }
    }
  }

  @Test
  void aStuckDaemonIsNot() throws Exception {
    alive.set(false);

    assertThat(get("/healthz").statusCode()).isEqualTo(503);
    assertThat(get("/healthz").body()).isEqualTo("stuck\n");
  }

  @Test
  void readinessSaysWhyNot() throws Exception {
    readiness = new HealthServer.Answer(false, "WAITING: für etwas");

    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).isEqualTo("WAITING: für etwas\n");
  }

  @Test
  void metricsHaveTheirContentType() throws Exception {
    HttpResponse<String> answer = get("/metrics?name=x");

    assertThat(answer.body()).isEqualTo("tweed_ready 1.0\n");
    assertThat(answer.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void thereIsNothingElse() throws Exception {
    assertThat(get("/").statusCode()).isEqualTo(404);
  }

  @Test
  void aFailureInOneAnswerIsNotThatOfTheNext() throws Exception {
    readiness = null;
    assertThat(get("/readyz").statusCode()).isEqualTo(500);

    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  @Timeout(20)
  void clientsThatDoNotGoOnKeepNoProbeWaiting() throws Exception {
    // Given requests half sent, and connections without one, all held open
    List<Socket> held = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
        held.add(socket);
        if (i % 2 == 0) {
          socket.getOutputStream().write("GET /metr".getBytes(StandardCharsets.US_ASCII));
        }
      }

      // Then probes are answered as ever
      for (int i = 0; i < 3; i++) {
        HttpRequest probe =
            HttpRequest.newBuilder(uri("/healthz")).timeout(Duration.ofSeconds(1)).build();
        assertThat(send(probe).statusCode()).isEqualTo(200);
      }
      // And the oldest were given up for them
      held.getFirst().setSoTimeout(1000);
      assertThat(ended(held.getFirst())).isTrue();
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
    }
  }

  @Test
  @Timeout(20)
  void aClientThatReadsNothingKeepsNoProbeWaiting() throws Exception {
    text = "x".repeat(20_000_000);
    try (Socket socket = new Socket(server.address().getAddress(), server.address().getPort())) {
      socket
          .getOutputStream()
          .write("GET /metrics HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // It begins to be answered
      assertThat(socket.getInputStream().read()).isEqualTo('H');

      assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aLongAnswerArrivesWhole() throws Exception {
    text = "x".repeat(20_000_000);

    assertThat(get("/metrics").body()).hasSize(text.length());
  }

  @Test
  void whatIsNoRequestIsRefused() throws Exception {
    HttpRequest post =
        HttpRequest.newBuilder(uri("/healthz")).POST(HttpRequest.BodyPublishers.noBody()).build();

    assertThat(send(post).statusCode()).isEqualTo(405);
  }

  @Test
  @Timeout(20)
  void aRequestThatDoesNotEndIsGivenUp() throws Exception {
    try (Socket socket = new Socket(server.address().getAddress(), server.address().getPort())) {
      socket.getOutputStream().write(new byte[8192]);

      assertThat(ended(socket)).isTrue();
    }
  }

  /** Whether the other end has closed the connection, or does within the socket's time limit. */
  private static boolean ended(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  @Test
  @Timeout(20)
  void anAddressInUseIsToldAndTakenOnceItIsFree() throws Exception {
    InetSocketAddress taken = server.address();
    BlockingQueue<Optional<String>> trouble = new LinkedBlockingQueue<>();

    // When another one wants it
    try (HealthServer other =
        HealthServer.start(
            taken, () -> true, () -> readiness, () -> "", trouble::add, Duration.ofMillis(50))) {
      assertThat(trouble.take()).isPresent();
      assertThat(other.address()).isEqualTo(taken);

      // Then it answers as soon as it gets it
      server.close();
      while (trouble.take().isPresent()) {}
      assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void afterItsEndNobodyListens() throws Exception {
    server.close();

    assertThatThrownBy(() -> get("/healthz")).isInstanceOf(IOException.class);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }
}
