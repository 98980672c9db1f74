package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Time to bring rows into our nftables table, and packets of a routed flow lost meanwhile; time for
 * one peer more among 5,000. Rows are for one IPv4 source each, with one port, which makes one rule
 * of them, or with a port of their own, which leaves pairs. Needs root; run as a main class with
 * the numbers of rows as arguments.
 */
final class NftBenchmark {

  private static final int RUNS = 5;

  private NftBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts =
        arguments.length == 0
            ? new int[] {100, 1_000, 10_000}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    try (NftNode node = NftNode.open()) {
      NftablesBackend backend = new NftablesBackend(NftNode.NFT);
      for (int warm = 0; warm < 20; warm++) {
        apply(node, backend, rows(100, i -> 80 + i % 7, warm));
      }
      for (int count : counts) {
        measure(node, backend, count, "one port", i -> 80);
        measure(node, backend, count, "ports of their own", i -> 1 + i % 60_000);
      }
      apply(node, backend, List.of());
      peers(node);
      loss(node, backend);
    }
  }

  private static void measure(
      NftNode node, NftablesBackend backend, int count, String what, IntFunction<Integer> port) {
    double[] all = new double[RUNS];
    double[] one = new double[RUNS];
    double[] none = new double[RUNS];
    List<FilterRow> before = rows(count, port, 1);
    List<FilterRow> after = rows(count, port, 2);
    for (int run = 0; run < RUNS; run++) {
      apply(node, backend, List.of());
      all[run] = milliseconds(() -> apply(node, backend, before));
      one[run] = milliseconds(() -> apply(node, backend, after));
      none[run] = milliseconds(() -> apply(node, backend, after));
    }
    System.out.printf(
        "%d rows, %s: all %s, one changed %s, nothing to do %s; %d rules%n",
        count,
        what,
        text(all),
        text(one),
        text(none),
        NftTableCompiler.compile(after).chains().getFirst().rules().size());
  }

  private static void peers(NftNode node) {
    GuardWriter guard = new GuardWriter(NftNode.NFT);
    double[] all = new double[RUNS];
    double[] one = new double[RUNS];
    double[] none = new double[RUNS];
    for (int run = 0; run < RUNS; run++) {
      guard(node, guard, 1);
      guard(node, guard, 0);
      all[run] = milliseconds(() -> guard(node, guard, 5_000));
      one[run] = milliseconds(() -> guard(node, guard, 5_001));
      none[run] = milliseconds(() -> guard(node, guard, 5_001));
    }
    System.out.printf(
        "5000 peers: all %s, one more %s, nothing to do %s%n", text(all), text(one), text(none));
  }

  private static void guard(NftNode node, GuardWriter writer, int peers) {
    GuardRules rules =
        new GuardRules(
            List.of(),
            peers == 0
                ? Optional.empty()
                : Optional.of(
                    new TunnelPeers(
                        8472,
                        IntStream.range(0, peers)
                            .mapToObj(
                                i -> IpAddress.parse("10.1.%d.%d".formatted(i / 250, i % 250)))
                            .toList())));
    GuardOutcome outcome = node.call(() -> writer.apply(rules));
    if (!(outcome instanceof GuardOutcome.Applied)) {
      throw new IllegalStateException(outcome.toString());
    }
  }

  /** Packets of a routed flow, one each 5 ms, lost while rows change. */
  private static void loss(NftNode node, NftablesBackend backend) throws Exception {
    try (Netns left = Netns.open();
        Netns right = Netns.open()) {
      node.connect(left, "left", "198.51.100.1/28", "198.51.100.2/28");
      node.connect(right, "right", "198.51.100.17/28", "198.51.100.18/28");
      left.sh("ip route add default via 198.51.100.1");
      right.sh("ip route add default via 198.51.100.17");
      node.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
      Path log = Files.createTempFile("ping", ".txt");
      left.sh(
          "ping -q -i 0.005 198.51.100.18 >%1$s 2>&1 & echo $! >%1$s.pid; sleep 0.5"
              .formatted(log));
      for (int i = 0; i < 100; i++) {
        List<FilterRow> rows = rows(100, row -> 80 + row % 7, i);
        apply(node, backend, routed(rows));
      }
      left.sh(
          "pid=$(cat %1$s.pid); kill -INT $pid; while kill -0 $pid 2>/dev/null; do sleep 0.1; done"
              .formatted(log));
      System.out.printf(
          "100 changes: %s%n",
          Files.readString(log)
              .lines()
              .filter(line -> line.contains("transmitted"))
              .findFirst()
              .orElse("?"));
    }
  }

  /** With one that lets the flow through, and one that drops the rest. */
  private static List<FilterRow> routed(List<FilterRow> rows) {
    return Stream.of(
            rows,
            Rows.of(
                FirewallRule.allow("flow", Direction.ROUTED)
                    .withInterfaceIn("left")
                    .withInterfaceOut("right"),
                FirewallRule.allow("rest", Direction.ROUTED).withAction(Action.DENY)))
        .flatMap(List::stream)
        .toList();
  }

  private static void apply(NftNode node, NftablesBackend backend, List<FilterRow> rows) {
    BackendOutcome outcome = node.call(() -> backend.apply(rows));
    if (!(outcome instanceof BackendOutcome.Applied)) {
      throw new IllegalStateException(outcome.toString());
    }
  }

  /** One of them has another port each time. */
  private static List<FilterRow> rows(int count, IntFunction<Integer> port, int time) {
    return Rows.of(
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    FirewallRule.allow("r" + i, Direction.IN)
                        .withPorts(
                            Protocol.TCP,
                            PortRange.of(i == count / 2 ? 61_000 + time : port.apply(i)))
                        .withFrom(
                            Peer.of(IpPrefix.parse("10.%d.%d.1/32".formatted(i / 250, i % 250)))))
            .toList());
  }

  private static double milliseconds(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  private static String text(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return "%.0f ms (%.0f..%.0f)".formatted(sorted[RUNS / 2], sorted[0], sorted[RUNS - 1]);
  }
}
