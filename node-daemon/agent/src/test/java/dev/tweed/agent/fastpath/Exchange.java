package dev.tweed.agent.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A TCP connection of two pods, with random bytes under way in both directions. */
final class Exchange implements AutoCloseable {
  private static final int PORT = 7001;
  private static final int PATIENCE_MILLIS = 30_000;
  private static final int CHUNK = 1 << 16;

  private final Socket one;
  private final Socket two;
  private final long bytes;
  private final AtomicLong sent = new AtomicLong();
  private final List<CompletableFuture<String>> digests;
  private volatile boolean finishing;

  private Exchange(Socket one, Socket two, long bytes) {
    this.one = one;
    this.two = two;
    this.bytes = bytes;
    setPatience(one);
    setPatience(two);
    digests =
        List.of(
            inThread(() -> write(one, 1)),
            inThread(() -> read(two.getInputStream())),
            inThread(() -> write(two, 2)),
            inThread(() -> read(one.getInputStream())));
  }

  /**
   * Begins.
   *
   * @param bytes each way, at least
   */
  static Exchange start(FastNodes.Node one, FastNodes.Node two, long bytes) throws IOException {
    try (ServerSocket listener =
        two.pod.call(() -> new ServerSocket(PORT, 1, InetAddress.getByName(two.podAddress())))) {
      Socket client = one.pod.call(() -> new Socket(two.podAddress(), PORT));
      return new Exchange(client, listener.accept(), bytes);
    }
  }

  private static void setPatience(Socket socket) {
    try {
      socket.setSoTimeout(PATIENCE_MILLIS);
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether as much as was asked for is on its way, or something has failed. */
  boolean isEnough() {
    return sent.get() >= 2 * bytes
        || digests.stream().anyMatch(CompletableFuture::isCompletedExceptionally);
  }

  /** Ends it; fails unless what has arrived is what was sent. */
  void finish() throws Exception {
    finishing = true;
    for (int way = 0; way < digests.size(); way += 2) {
      assertThat(digests.get(way + 1).get(1, TimeUnit.MINUTES))
          .isEqualTo(digests.get(way).get(1, TimeUnit.MINUTES));
    }
  }

  private String write(Socket socket, long seed) throws Exception {
    OutputStream out = socket.getOutputStream();
    MessageDigest digest = sha256();
    Random random = new Random(seed);
    byte[] chunk = new byte[CHUNK];
    while (!finishing) {
      random.nextBytes(chunk);
      digest.update(chunk);
      out.write(chunk);
      sent.addAndGet(chunk.length);
    }
    socket.shutdownOutput();
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String read(InputStream in) throws Exception {
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK];
    for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
      digest.update(chunk, 0, length);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA-256");
  }

  private static CompletableFuture<String> inThread(Callable<String> work) {
    CompletableFuture<String> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(work.call());
              } catch (Exception failure) {
                result.completeExceptionally(failure);
              }
            });
    return result;
  }

  @Override
  public void close() throws IOException {
    one.close();
    two.close();
  }
}
