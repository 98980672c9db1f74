package dev.tweed.firewall.iptables;

import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.ufw.RoutedFlows;
import dev.tweed.firewall.ufw.SampleRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Time to bring rules into iptables, and packets lost meanwhile, on a node whose own rules drop
 * what is not allowed. Needs root, ping and python3; run as a main class with the numbers of rules
 * as arguments.
 */
final class IptablesBenchmark {

  private static final int RUNS = 5;
  private static final int CHANGES = 100;

  private IptablesBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts =
        arguments.length == 0
            ? new int[] {100, 1000}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    for (IptablesFlavour flavour : IptablesFlavour.values()) {
      try (IptablesNode node = IptablesNode.open(flavour)) {
        node.sh("iptables -P INPUT DROP; iptables -P FORWARD DROP");
        time(node, counts);
        loss(node);
      }
    }
  }

  private static void time(IptablesNode node, int[] counts) {
    String name = "iptables-" + node.flavour().text();
    node.apply(SampleRows.many(1)); // classes loaded, kernel modules too
    for (int count : counts) {
      double[] all = new double[RUNS];
      double[] one = new double[RUNS];
      double[] none = new double[RUNS];
      for (int run = 0; run < RUNS; run++) {
        node.apply(List.of());
        all[run] = milliseconds(() -> node.apply(SampleRows.many(count)));
        one[run] = milliseconds(() -> node.apply(SampleRows.many(count, 2)));
        none[run] = milliseconds(() -> node.apply(SampleRows.many(count, 2)));
      }
      print("Tweed, " + count + " rules into " + name + ", all", all);
      print("Tweed, " + count + " rules in " + name + ", one changed", one);
      print("Tweed, " + count + " rules in " + name + ", nothing to do", none);
    }
  }

  private static void loss(IptablesNode node) throws Exception {
    List<FilterRow> routed =
        SampleRows.policy(
            FirewallRule.allow("flows", Direction.ROUTED)
                .withInterfaceIn(RoutedFlows.IN)
                .withInterfaceOut(RoutedFlows.OUT));
    try (RoutedFlows flows = RoutedFlows.through(node.netns())) {
      node.apply(routed);
      Runnable changes =
          () ->
              IntStream.range(0, CHANGES)
                  .forEach(
                      i -> {
                        List<FilterRow> rows =
                            new ArrayList<>(SampleRows.many(CHANGES, i + CHANGES));
                        rows.addAll(routed);
                        node.apply(rows);
                      });
      String what = "Tweed, 100 changes in iptables-" + node.flavour().text();
      flows.established(what + ", established flow", changes);
      flows.newOnes(what + ", new flows", changes);
    }
  }

  private static double milliseconds(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  private static void print(String what, double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    System.out.printf(
        "%s: %.0f ms (%.0f..%.0f)%n",
        what, sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
  }
}
