package dev.tweed.netlink.testing;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * CPU time of what goes from one network namespace to another over veth, which runs the receiving
 * half on the thread that sends; for benchmarks. All of it is on the first CPU.
 */
public final class PathCost {
  /** Of both ends. */
  public static final int PORT = 7000;

  private static final int BATCH = 200;
  private static final int BATCHES = 150;
  private static final int MESSAGE = 64;
  private static final int TCP = 1;
  private static final int UDP = 2;

  /** What is used of the C library, without the JDK's own cost per call. */
  public interface Calls {
    /** sendmmsg(2). */
    int sendmmsg(int fd, Pointer messages, int count, int flags);

    /** send(2). */
    @ssize_t
    long send(int fd, Pointer bytes, @size_t long length, int flags);

    /** recv(2). */
    @ssize_t
    long recv(int fd, Pointer bytes, @size_t long length, int flags);

    /** socket(2). */
    int socket(int domain, int type, int protocol);

    /** bind(2). */
    int bind(int fd, Pointer address, int length);

    /** connect(2). */
    int connect(int fd, Pointer address, int length);

    /** listen(2). */
    int listen(int fd, int backlog);

    /** accept(2). */
    int accept(int fd, Pointer address, Pointer length);

    /** setsockopt(2). */
    int setsockopt(int fd, int level, int option, Pointer value, int length);

    /** sched_setaffinity(2). */
    int sched_setaffinity(int thread, @size_t long size, Pointer mask);

    /** close(2). */
    int close(int fd);
  }

  private static final Calls C = LibraryLoader.create(Calls.class).load("c");

  private PathCost() {}

  /**
   * One end.
   *
   * @param netns it is in
   * @param address of it there
   */
  public record End(Netns netns, String address) {
    private boolean ipv6() {
      return address.contains(":");
    }
  }

  /**
   * ns of a datagram of 64 bytes to a socket that nobody reads, in one flow: median of batches.
   *
   * @param answered whether the other end has answered before, so that the flow is established
   */
  public static double packet(End from, End to, boolean answered) {
    return onCpu(
        () -> {
          int receiver = to.netns().call(() -> socket(to, UDP, true));
          int sender = from.netns().call(() -> socket(from, UDP, true));
          try {
            Pointer small = memory(4);
            small.putInt(0, 2048);
            check("SO_RCVBUF", C.setsockopt(receiver, 1, 8, small, 4));
            connect(sender, to);
            if (answered) {
              connect(receiver, from);
              Pointer message = memory(MESSAGE);
              check("send", (int) C.send(sender, message, MESSAGE, 0));
              check("recv", (int) C.recv(receiver, message, MESSAGE, 0));
              check("send", (int) C.send(receiver, message, MESSAGE, 0));
              check("recv", (int) C.recv(sender, message, MESSAGE, 0));
            }
            return send(sender);
          } finally {
            C.close(sender);
            C.close(receiver);
          }
        });
  }

  private static double send(int sender) {
    Pointer payload = memory(MESSAGE);
    Pointer vector = memory(16);
    vector.putPointer(0, payload);
    vector.putLong(8, MESSAGE);
    Pointer messages = memory(BATCH * 64); // struct mmsghdr
    for (int i = 0; i < BATCH; i++) {
      messages.putPointer(64L * i + 16, vector);
      messages.putLong(64L * i + 24, 1);
    }
    double[] nanos = new double[BATCHES];
    for (int i = -10; i < BATCHES; i++) {
      long before = cpuNanos();
      int sent = C.sendmmsg(sender, messages, BATCH, 0);
      check("sendmmsg", sent);
      if (i >= 0) {
        nanos[i] = (double) (cpuNanos() - before) / sent;
      }
    }
    Arrays.sort(nanos);
    return nanos[BATCHES / 2];
  }

  /** ns of 64 bytes of TCP there and back, of both ends. */
  public static double roundTrip(End from, End to, int times) {
    return connections(from, to, 1, times) / times;
  }

  /** ns of a connection with one round trip, one after the other, of both ends. */
  public static double connection(End from, End to, int times) {
    return connections(from, to, times, 1) / times;
  }

  private static double connections(End from, End to, int count, int roundTrips) {
    int listener = to.netns().call(() -> socket(to, TCP, true));
    check("listen", C.listen(listener, 1));
    CompletableFuture<Double> server =
        CompletableFuture.supplyAsync(
            () ->
                onCpu(
                    () -> {
                      long before = cpuNanos();
                      for (int i = 0; i < count; i++) {
                        int connection = C.accept(listener, null, null);
                        check("accept", connection);
                        talk(connection, false, roundTrips);
                        C.close(connection);
                      }
                      return (double) (cpuNanos() - before);
                    }));
    double spent =
        from.netns()
            .call(
                () -> {
                  // Sockets are made here, in the namespace.
                  bindToFirstCpu();
                  long before = cpuNanos();
                  for (int i = 0; i < count; i++) {
                    int client = socket(from, TCP, false);
                    connect(client, to);
                    talk(client, true, roundTrips);
                    C.close(client);
                  }
                  return (double) (cpuNanos() - before);
                });
    double sum = spent + server.join();
    C.close(listener);
    return sum;
  }

  private static void talk(int socket, boolean first, int roundTrips) {
    noDelay(socket);
    Pointer message = memory(MESSAGE);
    for (int i = 0; i < roundTrips; i++) {
      if (first) {
        check("send", (int) C.send(socket, message, MESSAGE, 0));
      }
      check("recv", (int) C.recv(socket, message, MESSAGE, 0x100 /* MSG_WAITALL */));
      if (!first) {
        check("send", (int) C.send(socket, message, MESSAGE, 0));
      }
    }
  }

  private static void noDelay(int socket) {
    Pointer one = memory(4);
    one.putInt(0, 1);
    check("TCP_NODELAY", C.setsockopt(socket, 6, 1, one, 4));
  }

  private static int socket(End end, int type, boolean bound) {
    int fd = C.socket(end.ipv6() ? 10 : 2, type, 0);
    check("socket", fd);
    Pointer one = memory(4);
    one.putInt(0, 1);
    check("SO_REUSEADDR", C.setsockopt(fd, 1, 2, one, 4));
    if (bound) {
      Pointer own = address(end);
      check("bind", C.bind(fd, own, (int) own.size()));
    }
    return fd;
  }

  private static void connect(int socket, End to) {
    Pointer peer = address(to);
    check("connect", C.connect(socket, peer, (int) peer.size()));
  }

  private static Pointer address(End end) {
    try {
      byte[] bytes = InetAddress.getByName(end.address()).getAddress();
      ByteBuffer address = ByteBuffer.allocate(end.ipv6() ? 28 : 16);
      address.order(ByteOrder.nativeOrder()).putShort((short) (end.ipv6() ? 10 : 2));
      address.order(ByteOrder.BIG_ENDIAN).putShort((short) PORT);
      address.position(end.ipv6() ? 8 : 4).put(bytes);
      Pointer pointer = memory(address.capacity());
      pointer.put(0, address.array(), 0, address.capacity());
      return pointer;
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double onCpu(Callable<Double> measurement) {
    CompletableFuture<Double> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                bindToFirstCpu();
                result.complete(measurement.call());
              } catch (Throwable failure) {
                result.completeExceptionally(failure);
              }
            });
    return result.join();
  }

  private static void bindToFirstCpu() {
    Pointer mask = memory(128);
    mask.putByte(0, (byte) 1);
    check("sched_setaffinity", C.sched_setaffinity(0, 128, mask));
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static Pointer memory(int bytes) {
    return Runtime.getSystemRuntime().getMemoryManager().allocateDirect(bytes, true);
  }

  private static void check(String what, int result) {
    if (result < 0) {
      throw new IllegalStateException(what + " failed");
    }
  }
}
