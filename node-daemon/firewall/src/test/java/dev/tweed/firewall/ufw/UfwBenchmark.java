package dev.tweed.firewall.ufw;

import dev.tweed.firewall.rules.CompiledRules;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Time to bring rules into ufw, live and in its files: ours, {@code ufw allow} for each, and ufw's
 * own reload; and packets lost meanwhile. Each rule is for one IPv4 source. Needs root and ufw; run
 * as a main class with the numbers of rules as arguments.
 */
final class UfwBenchmark {

  private static final int RUNS = 5;

  private UfwBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts =
        arguments.length == 0
            ? new int[] {100, 1000}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    Path root = Files.createTempDirectory("ufw-benchmark");
    try (UfwNode node = UfwNode.denying(root)) {
      node.apply(rows(1, 1)); // classes loaded, kernel modules too
      for (int count : counts) {
        double[] all = new double[RUNS];
        double[] one = new double[RUNS];
        double[] none = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
          node.apply(List.of());
          all[run] = milliseconds(() -> node.apply(rows(count, 1)));
          one[run] = milliseconds(() -> node.apply(rows(count, 2)));
          none[run] = milliseconds(() -> node.apply(rows(count, 2)));
        }
        double reload = milliseconds(() -> node.ufw("reload"));
        System.out.printf(
            "%d rules: all %s, one changed %s, nothing to do %s, ufw reload %.0f ms%n",
            count, text(all), text(one), text(none), reload);
      }
      loss(node);
      node.apply(List.of());
      double typed =
          milliseconds(
              () ->
                  node.sh(
                      "for i in 1 2 3 4 5 6 7 8 9 10; do"
                          + " ufw allow from 192.0.2.$i to any port 80 proto tcp; done"));
      System.out.printf("ufw allow: %.0f ms each (10 of them)%n", typed / 10);
    }
  }

  /** Packets of a routed flow, one each 5 ms, lost while rules change and while ufw reloads. */
  private static void loss(UfwNode node) throws Exception {
    try (Netns left = Netns.open();
        Netns right = Netns.open()) {
      connect(node.netns(), left, "left", "198.51.100.1/28", "198.51.100.2/28");
      connect(node.netns(), right, "right", "198.51.100.17/28", "198.51.100.18/28");
      node.netns().sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
      node.ufw("route allow in on left out on right");
      System.out.printf(
          "100 changes: %s%n",
          whilePinging(
              left, () -> IntStream.range(0, 100).forEach(i -> node.apply(rows(100, i + 100)))));
      System.out.printf("one ufw reload: %s%n", whilePinging(left, () -> node.ufw("reload")));
    }
  }

  private static void connect(Netns node, Netns other, String device, String own, String theirs) {
    node.sh(
        "ip link add %1$s type veth peer name x netns %2$s; ip addr add %3$s dev %1$s; ip link set %1$s up"
            .formatted(device, other.path(), own));
    other.sh(
        "ip addr add %s dev x; ip link set x up; ip route add default via %s"
            .formatted(theirs, own.substring(0, own.indexOf('/'))));
  }

  private static String whilePinging(Netns from, Runnable work) throws Exception {
    Path log = Files.createTempFile("ping", ".txt");
    from.sh(
        "ping -q -i 0.005 198.51.100.18 >%1$s 2>&1 & echo $! >%1$s.pid; sleep 0.5".formatted(log));
    work.run();
    from.sh(
        "pid=$(cat %1$s.pid); kill -INT $pid; while kill -0 $pid 2>/dev/null; do sleep 0.1; done"
            .formatted(log));
    return Files.readString(log)
        .lines()
        .filter(l -> l.contains("transmitted"))
        .findFirst()
        .orElse("?");
  }

  private static List<FilterRow> rows(int count, int port) {
    CompiledRules compiled =
        RuleCompiler.compile(
            List.of(
                new RuleGroup(
                    new Origin(Origin.Kind.POLICY, "benchmark"),
                    0,
                    IntStream.range(0, count)
                        .mapToObj(
                            i ->
                                FirewallRule.allow("r" + i, Direction.IN)
                                    .withPorts(
                                        Protocol.TCP, PortRange.of(i == count / 2 ? port : 80))
                                    .withFrom(
                                        Peer.of(
                                            IpPrefix.parse(
                                                "10.%d.%d.1/32".formatted(i / 250, i % 250)))))
                        .toList())));
    if (compiled.rows().size() != count) {
      throw new IllegalStateException(compiled.problems().toString());
    }
    return compiled.rows();
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
