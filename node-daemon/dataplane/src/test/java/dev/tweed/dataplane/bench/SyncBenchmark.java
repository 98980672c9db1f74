package dev.tweed.dataplane.bench;

import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.testing.Netns;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times whole syncs in a network namespace of its own: from nothing to n peers, 30 times one peer
 * more, and 30 times nothing to do, by the clock and by the CPU time of the syncing thread (of use
 * when the machine has other work). Arguments: numbers of peers (default 1000 and 5000). Prints one
 * line per number and round; asserts nothing about time.
 */
public final class SyncBenchmark {
  private static final int ROUNDS = 3;
  private static final int MORE = 30;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private SyncBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    List<String> sizes = arguments.length == 0 ? List.of("1000", "5000") : List.of(arguments);
    System.out.println(
        "peers round from-nothing-ms more-median-ms more-cpu-ms idle-median-ms idle-cpu-ms programmed");
    for (String size : sizes) {
      for (int round = 1; round <= ROUNDS; round++) {
        try (Netns netns = Netns.open()) {
          int peers = Integer.parseInt(size);
          int number = round;
          netns.sh("ip link add eth0 type veth peer name far; ip link set far up");
          netns.sh("ip link set eth0 up; ip addr add 192.0.2.1/24 dev eth0");
          netns.call(
              () -> {
                measure(peers, number);
                return null;
              });
        }
      }
    }
  }

  private static void measure(int peers, int round) {
    try (DataPath path =
            DataPath.open(
                DataPathOptions.defaults()
                    .withRunDir(
                        Path.of(System.getProperty("java.io.tmpdir"), "tweed-bench" + round)));
        DataPathMonitor monitor = path.monitor(() -> {})) {
      Example example = Example.vxlan().withPodCidrs("10.0.0.0/8");

      long start = System.nanoTime();
      SyncReport first = path.sync(example.with(peers(peers)).snapshot());
      long fromNothing = System.nanoTime() - start;

      long[] more = new long[MORE];
      long moreCpu = -THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < MORE; i++) {
        Example grown = example.with(peers(peers + i + 1));
        long before = System.nanoTime();
        SyncReport report = path.sync(grown.snapshot());
        more[i] = System.nanoTime() - before;
        require(report.verified() && report.applied().size() == 4, report);
      }
      moreCpu += THREADS.getCurrentThreadCpuTime();
      long[] idle = new long[MORE];
      Example all = example.with(peers(peers + MORE));
      long idleCpu = -THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < MORE; i++) {
        long before = System.nanoTime();
        SyncReport report = path.sync(all.snapshot());
        idle[i] = System.nanoTime() - before;
        require(report.applied().isEmpty(), report);
      }
      idleCpu += THREADS.getCurrentThreadCpuTime();
      Arrays.sort(more);
      Arrays.sort(idle);
      System.out.printf(
          "%5d %5d %15.1f %14.1f %11.1f %14.1f %11.1f %10d%n",
          peers,
          round,
          fromNothing / 1e6,
          more[MORE / 2] / 1e6,
          moreCpu / 1e6 / MORE,
          idle[MORE / 2] / 1e6,
          idleCpu / 1e6 / MORE,
          first.peersProgrammed());
    }
  }

  private static void require(boolean condition, SyncReport report) {
    if (!condition) {
      throw new IllegalStateException(
          "not as planned: " + report.findings() + report.applied().stream().limit(5).toList());
    }
  }

  private static List<Peer> peers(int count) {
    List<Peer> peers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      IpPrefix block = new IpPrefix(new Ipv4Address(0x0a00_0000 + (i << 8)), 24);
      peers.add(
          new Peer(
              "n" + (i + 2),
              block,
              List.of(new Ipv4Address(0xc612_0000 + i + 1)),
              Example.mac(i + 2)));
    }
    return peers;
  }
}
