package dev.tweed.firewall.iptables;

import dev.tweed.firewall.BenchmarkTimes;
import dev.tweed.firewall.BenchmarkTimes.Names;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.ufw.RoutedFlows;
import dev.tweed.firewall.ufw.SampleRows;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Time to bring rules into iptables, and packets lost meanwhile, on a node whose own rules drop
 * what is not allowed. Needs root, ping and python3; run as a main class with the numbers of rules
 * as arguments.
 */
final class IptablesBenchmark {

  private static final int CHANGES = 100;

  private IptablesBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts = BenchmarkTimes.counts(arguments, 100, 1000);
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
      BenchmarkTimes.rounds(
          Names.into(name, count),
          () -> node.apply(List.of()),
          () -> node.apply(SampleRows.many(count)),
          () -> node.apply(SampleRows.many(count, 2)));
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
}
