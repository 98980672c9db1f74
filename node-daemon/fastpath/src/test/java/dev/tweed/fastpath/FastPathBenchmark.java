package dev.tweed.fastpath;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * CPU per packet and per round trip from pod to pod of two nodes, in network namespaces, against
 * VXLAN made by hand in the same run. All variants exist at once; rounds go through them forwards
 * and backwards, and each ratio is to the reference of its own round.
 *
 * <ul>
 *   <li>ns/packet: one thread, bound to a CPU, sends 64 bytes of UDP to a socket nobody reads; veth
 *       runs the receiving half on the same thread, so its CPU time is that of the whole path.
 *   <li>µs/round trip: TCP, 64 bytes there and back; CPU time of both threads, on the same CPU.
 *   <li>µs/connection: connect, one round trip, close, the same way. Handshake and end are slow.
 * </ul>
 *
 * <p>Arguments: rounds (7). Needs root.
 */
public final class FastPathBenchmark {
  private static final int PORT = 7000;
  private static final int BATCH = 200;
  private static final int BATCHES = 150;
  private static final int ROUND_TRIPS = 10_000;
  private static final int CONNECTIONS = 500;
  private static final int MESSAGE = 64;
  private static final String REFERENCE = "VXLAN by hand";

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

  private FastPathBenchmark() {}

  private record Variant(String name, TwoNodes nodes, boolean ipv6) {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7;
    List<Variant> variants = new ArrayList<>();
    Map<String, List<Double>> packets = new LinkedHashMap<>();
    Map<String, List<Double>> trips = new LinkedHashMap<>();
    Map<String, List<Double>> opened = new LinkedHashMap<>();
    try {
      for (boolean ipv6 : new boolean[] {false, true}) {
        String family = ipv6 ? ", IPv6" : "";
        for (String kind :
            List.of(
                REFERENCE,
                REFERENCE + " again",
                "tunnel device kept",
                "own encapsulation",
                "own encapsulation, 1,000 peers")) {
          TwoNodes nodes = TwoNodes.make();
          if (kind.endsWith("peers")) {
            nodes.one.otherBlocks = 1000;
            nodes.two.otherBlocks = 1000;
          }
          variants.add(new Variant(kind + family, nodes, ipv6));
          if (!kind.startsWith(REFERENCE)) {
            nodes.one.open(kind.startsWith("own"), nodes.two);
            nodes.two.open(kind.startsWith("own"), nodes.one);
          }
        }
      }
      for (int round = 0; round <= rounds; round++) {
        for (Variant variant : round % 2 == 0 ? variants : variants.reversed()) {
          double packet = onCpu(() -> perPacket(variant));
          double trip = connections(variant, 1, ROUND_TRIPS) / ROUND_TRIPS;
          double connection = connections(variant, CONNECTIONS, 1) / CONNECTIONS;
          if (round > 0) { // the first is for the compiler and the neighbours
            packets.computeIfAbsent(variant.name(), name -> new ArrayList<>()).add(packet);
            trips.computeIfAbsent(variant.name(), name -> new ArrayList<>()).add(trip);
            opened.computeIfAbsent(variant.name(), name -> new ArrayList<>()).add(connection);
          }
        }
      }
      for (Variant variant : variants) {
        String reference = REFERENCE + (variant.ipv6() ? ", IPv6" : "");
        boolean own = variant.name().startsWith("own");
        row(variant, "ns of CPU for a packet", own ? "<= 0.50" : "", 1, packets, reference);
        row(variant, "us of CPU for a round trip", own ? "<= 0.62" : "", 1000, trips, reference);
        row(variant, "us of CPU for a connection", own ? "<= 1.05" : "", 1000, opened, reference);
        if (variant.nodes().one.fastPath.isPresent()) {
          System.err.println(variant.name() + ": " + variant.nodes().one.counters());
        }
      }
    } finally {
      variants.forEach(variant -> variant.nodes().close());
    }
  }

  /** A row of the benchmarks' table: ratio to the reference, quartiles, and the median itself. */
  private static void row(
      Variant variant,
      String what,
      String goal,
      double unit,
      Map<String, List<Double>> figures,
      String reference) {
    List<Double> values = figures.get(variant.name());
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      ratios.add(values.get(i) / figures.get(reference).get(i));
    }
    System.out.printf(
        Locale.ROOT,
        "| fast path, %s: %s | ratio [quartiles] (median) | %.2f [%.2f-%.2f] (%.2f) | %s |%n",
        variant.name(),
        what,
        quantile(ratios, 0.5),
        quantile(ratios, 0.25),
        quantile(ratios, 0.75),
        quantile(values, 0.5) / unit,
        goal);
  }

  private static double quantile(List<Double> values, double quantile) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[(int) Math.round(quantile * (sorted.length - 1))];
  }

  private interface Measurement {
    double run() throws Exception;
  }

  private static double onCpu(Measurement measurement) {
    CompletableFuture<Double> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                bindToFirstCpu();
                result.complete(measurement.run());
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

  private static double perPacket(Variant variant) {
    TwoNodes.Pod from = variant.nodes().one.pods.get(10);
    TwoNodes.Pod to = variant.nodes().two.pods.get(10);
    int receiver = to.netns.call(() -> socket(to, variant.ipv6(), 2));
    int sender = from.netns.call(() -> socket(from, variant.ipv6(), 2));
    try {
      Pointer small = memory(4);
      small.putInt(0, 2048);
      check("SO_RCVBUF", C.setsockopt(receiver, 1, 8, small, 4));
      Pointer peer = address(to, variant.ipv6());
      check("connect", C.connect(sender, peer, (int) peer.size()));
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
    } finally {
      C.close(sender);
      C.close(receiver);
    }
  }

  /** CPU time of both ends, in ns: so many connections one after the other, and what they say. */
  private static double connections(Variant variant, int count, int roundTrips) {
    TwoNodes.Pod from = variant.nodes().one.pods.get(10);
    TwoNodes.Pod to = variant.nodes().two.pods.get(10);
    int listener = to.netns.call(() -> socket(to, variant.ipv6(), 1));
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
                      return cpuNanos() - before;
                    }));
    double spent =
        from.netns.call(
            () -> {
              // Sockets are made here, in the pod.
              bindToFirstCpu();
              Pointer peer = address(to, variant.ipv6());
              long before = cpuNanos();
              for (int i = 0; i < count; i++) {
                int client = socket(from, variant.ipv6(), 1);
                check("connect", C.connect(client, peer, (int) peer.size()));
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

  private static int socket(TwoNodes.Pod pod, boolean ipv6, int type) {
    int fd = C.socket(ipv6 ? 10 : 2, type, 0);
    check("socket", fd);
    Pointer one = memory(4);
    one.putInt(0, 1);
    check("SO_REUSEADDR", C.setsockopt(fd, 1, 2, one, 4));
    if (type == 2 || pod.node.number == 2) {
      Pointer own = address(pod, ipv6);
      check("bind", C.bind(fd, own, (int) own.size()));
    }
    return fd;
  }

  private static Pointer address(TwoNodes.Pod pod, boolean ipv6) throws IllegalStateException {
    try {
      byte[] bytes = InetAddress.getByName(pod.address(ipv6)).getAddress();
      ByteBuffer address = ByteBuffer.allocate(ipv6 ? 28 : 16);
      address.order(ByteOrder.nativeOrder()).putShort((short) (ipv6 ? 10 : 2));
      address.order(ByteOrder.BIG_ENDIAN).putShort((short) PORT);
      address.position(ipv6 ? 8 : 4).put(bytes);
      Pointer pointer = memory(address.capacity());
      pointer.put(0, address.array(), 0, address.capacity());
      return pointer;
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
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
