package dev.tweed.fastpath;

import dev.tweed.netlink.socket.LibC;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** What pods say to each other in the tests. Sockets are made in the pod and used from outside. */
final class Traffic {
  private static final int PATIENCE_MILLIS = 5000;
  private static final int MOST_UNDER_WAY = 100;

  private Traffic() {}

  static DatagramSocket udp(TwoNodes.Pod pod, int port, boolean ipv6) {
    return pod.netns.call(
        () -> {
          DatagramSocket socket =
              new DatagramSocket(
                  new InetSocketAddress(InetAddress.getByName(pod.address(ipv6)), port));
          socket.setReceiveBufferSize(4 << 20);
          socket.setSoTimeout(PATIENCE_MILLIS);
          return socket;
        });
  }

  static void send(DatagramSocket from, String address, int port, byte[] payload) {
    try {
      from.send(
          new DatagramPacket(
              payload,
              payload.length,
              new InetSocketAddress(InetAddress.getByName(address), port)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One write, which the kernel or a card cuts (UDP_SEGMENT, udp(7)), from and to this port. */
  static void sendSegmented(
      TwoNodes.Pod from, TwoNodes.Pod to, int port, boolean ipv6, int segment, int bytes) {
    from.netns.call(
        () -> {
          LibC libc = LibC.get();
          int fd = libc.socket(ipv6 ? 10 : 2, 2, 0);
          try {
            ByteBuffer size = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
            ByteBuffer source = socketAddress(from.address(ipv6), port);
            ByteBuffer destination = socketAddress(to.address(ipv6), port);
            if (libc.setsockopt(fd, 17, 103, size.putInt(0, segment), 4) < 0
                || libc.bind(fd, source, source.capacity()) < 0
                || libc.sendto(
                        fd,
                        ByteBuffer.allocateDirect(bytes),
                        bytes,
                        0,
                        destination,
                        destination.capacity())
                    < 0) {
              throw new IOException("errno " + LibC.lastError());
            }
            return null;
          } finally {
            libc.close(fd);
          }
        });
  }

  private static ByteBuffer socketAddress(String address, int port) throws IOException {
    byte[] bytes = InetAddress.getByName(address).getAddress();
    boolean ipv6 = bytes.length == 16;
    return ByteBuffer.allocateDirect(ipv6 ? 28 : 16)
        .order(ByteOrder.nativeOrder())
        .putShort(0, (short) (ipv6 ? 10 : 2))
        .put(2, (byte) (port >> 8))
        .put(3, (byte) port)
        .put(ipv6 ? 8 : 4, bytes);
  }

  static DatagramPacket receive(DatagramSocket socket) {
    try {
      DatagramPacket packet = new DatagramPacket(new byte[65536], 65536);
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.receive(packet);
      return packet;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean hears(DatagramSocket socket, int millis) {
    try {
      socket.setSoTimeout(millis);
      socket.receive(new DatagramPacket(new byte[65536], 65536));
      return true;
    } catch (SocketTimeoutException nothing) {
      return false;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One datagram there and one back, which has to come from where the first went. */
  static void ping(DatagramSocket client, DatagramSocket server, String address, int port) {
    byte[] question = new byte[32];
    new Random().nextBytes(question);
    send(client, address, port, question);
    DatagramPacket asked = receive(server);
    byte[] got = Arrays.copyOf(asked.getData(), asked.getLength());
    if (!Arrays.equals(got, question)) {
      throw new AssertionError("another question arrived");
    }
    send(server, asked.getAddress().getHostAddress(), asked.getPort(), question);
    DatagramPacket answer = receive(client);
    if (!Arrays.equals(Arrays.copyOf(answer.getData(), answer.getLength()), question)) {
      throw new AssertionError("another answer arrived");
    }
    try {
      if (!answer.getAddress().equals(InetAddress.getByName(address)) || answer.getPort() != port) {
        throw new AssertionError("the answer came from " + answer.getSocketAddress());
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A TCP connection of which the server sends back what it got. */
  record Echo(Socket client, Socket server) implements AutoCloseable {
    static Echo connect(
        TwoNodes.Pod from, TwoNodes.Pod to, String address, int port, boolean ipv6) {
      try (ServerSocket listener =
          to.netns.call(() -> new ServerSocket(port, 1, InetAddress.getByName(to.address(ipv6))))) {
        listener.setSoTimeout(PATIENCE_MILLIS);
        Socket client =
            from.netns.call(
                () -> {
                  Socket socket = new Socket();
                  socket.connect(
                      new InetSocketAddress(InetAddress.getByName(address), port), PATIENCE_MILLIS);
                  socket.setSoTimeout(2 * PATIENCE_MILLIS);
                  return socket;
                });
        Socket server = listener.accept();
        server.setSoTimeout(2 * PATIENCE_MILLIS);
        return new Echo(client, server);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    /** Connects to a port where nobody listens. */
    static void refused(TwoNodes.Pod from, String address, int port) {
      from.netns.call(
          () -> {
            try (Socket socket = new Socket()) {
              socket.connect(
                  new InetSocketAddress(InetAddress.getByName(address), port), PATIENCE_MILLIS);
            }
            return null;
          });
    }

    /**
     * Sends random bytes both ways at once; fails unless what arrives has the same digest.
     *
     * @param bytes each way
     * @param meanwhile run over and over while they travel
     */
    void exchange(long bytes, Runnable meanwhile) {
      AtomicBoolean done = new AtomicBoolean();
      CompletableFuture<Void> all =
          CompletableFuture.allOf(
                  oneWay(client, server, bytes, 1), oneWay(server, client, bytes, 2))
              .whenComplete((nothing, failure) -> done.set(true));
      while (!done.get()) {
        meanwhile.run();
      }
      all.join();
    }

    private static CompletableFuture<Void> oneWay(Socket from, Socket to, long bytes, long seed) {
      CompletableFuture<String> sent =
          inThread(() -> write(from.getOutputStream(), bytes, new Random(seed)));
      CompletableFuture<String> received = inThread(() -> read(to.getInputStream(), bytes));
      return sent.thenCombine(
          received,
          (out, in) -> {
            if (!out.equals(in)) {
              throw new AssertionError("the bytes changed on the way");
            }
            return null;
          });
    }

    private static String write(OutputStream out, long bytes, Random random) throws IOException {
      MessageDigest digest = sha256();
      byte[] chunk = new byte[1 << 16];
      for (long left = bytes; left > 0; left -= chunk.length) {
        random.nextBytes(chunk);
        int length = (int) Math.min(left, chunk.length);
        digest.update(chunk, 0, length);
        out.write(chunk, 0, length);
      }
      out.flush();
      return HexFormat.of().formatHex(digest.digest());
    }

    private static String read(InputStream in, long bytes) throws IOException {
      MessageDigest digest = sha256();
      byte[] chunk = new byte[1 << 16];
      for (long left = bytes; left > 0; ) {
        int length = in.read(chunk, 0, (int) Math.min(left, chunk.length));
        if (length < 0) {
          throw new EOFException(left + " bytes are missing");
        }
        digest.update(chunk, 0, length);
        left -= length;
      }
      return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public void close() {
      try {
        client.close();
        server.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * Numbered datagrams before, during and after something, and how many of them did not arrive. So
   * many are under way at most that the receiver's buffer holds them, however late it is.
   *
   * @param count how many before and after
   */
  static int lost(
      DatagramSocket from, DatagramSocket to, String address, int port, int count, Runnable at) {
    AtomicInteger heard = new AtomicInteger();
    AtomicInteger last = new AtomicInteger(Integer.MAX_VALUE);
    CompletableFuture<Void> listening =
        inThread(
            () -> {
              BitSet seen = new BitSet();
              to.setSoTimeout(2000);
              try {
                while (heard.get() < last.get()) {
                  DatagramPacket packet = new DatagramPacket(new byte[64], 64);
                  to.receive(packet);
                  seen.set(ByteBuffer.wrap(packet.getData()).getInt());
                  heard.set(seen.cardinality());
                }
              } catch (SocketTimeoutException end) {
                // What has not come by now is lost.
              }
              return null;
            });
    CompletableFuture<Void> disturbance = null;
    int sent = 0;
    for (int left = count; left > 0; sent++) {
      send(from, address, port, ByteBuffer.allocate(64).putInt(sent).array());
      while (sent - heard.get() > MOST_UNDER_WAY && !listening.isDone()) {
        LockSupport.parkNanos(20_000);
      }
      if (disturbance == null || disturbance.isDone()) {
        left--;
      }
      if (disturbance == null && left == 0) {
        disturbance = CompletableFuture.runAsync(at);
        left = count;
      }
    }
    last.set(sent);
    disturbance.join();
    listening.join();
    return sent - heard.get();
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private static <T> CompletableFuture<T> inThread(Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(work.run());
              } catch (IOException | RuntimeException | Error failure) {
                result.completeExceptionally(failure);
              }
            });
    return result;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
