package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.ufw.RoutedFlows;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Routed packets lost while rows change in our nftables table, and denied ones that come through
 * meanwhile. Needs root, ping and python3; run as a main class.
 */
final class NftLossBenchmark {

  private static final int CHANGES = 100;

  private NftLossBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    try (NftNode node = NftNode.open();
        RoutedFlows flows = RoutedFlows.through(node.netns())) {
      NftablesBackend backend = new NftablesBackend(node.tables(), OptionalInt::empty);
      NftBenchmark.apply(node, backend, rows(0, Action.ALLOW)); // classes loaded, kernel modules
      Runnable open = () -> changes(node, backend, Action.ALLOW);
      flows.established("Tweed, 100 changes in nftables, established flow", open);
      flows.newOnes("Tweed, 100 changes in nftables, new flows", open);
      NftBenchmark.apply(node, backend, rows(0, Action.DENY));
      flows.newOnes(
          "100 changes in nftables, denied flows (all are to be lost)",
          () -> changes(node, backend, Action.DENY));
    }
  }

  private static void changes(NftNode node, NftablesBackend backend, Action action) {
    IntStream.range(0, CHANGES)
        .forEach(i -> NftBenchmark.apply(node, backend, rows(i + 1, action)));
  }

  /** What is done with the flow comes last, and nothing else is let through. */
  private static List<FilterRow> rows(int time, Action action) {
    return Stream.concat(
            NftBenchmark.rows(CHANGES, 1, time).stream(),
            Rows.of(
                FirewallRule.allow("flow", Direction.ROUTED)
                    .withAction(action)
                    .withInterfaceIn(RoutedFlows.IN)
                    .withInterfaceOut(RoutedFlows.OUT),
                FirewallRule.allow("rest", Direction.ROUTED).withAction(Action.DENY))
                .stream())
        .toList();
  }
}
