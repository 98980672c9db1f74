package dev.tweed.firewall.nft;

import dev.tweed.firewall.BenchmarkTimes;
import dev.tweed.firewall.BenchmarkTimes.Names;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Time to bring rows into our nftables table, and for one peer more among 5,000. Rows are for one
 * IPv4 source each, of rules of their own or of one for each hundred. Needs root; run as a main
 * class with the numbers of rows as arguments.
 */
final class NftBenchmark {

  private NftBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts = BenchmarkTimes.counts(arguments, 100, 1_000, 10_000);
    try (NftNode node = NftNode.open()) {
      NftablesBackend backend = new NftablesBackend(node.tables(), OptionalInt::empty);
      for (int warm = 0; warm < 20; warm++) {
        apply(node, backend, rows(100, 1, warm));
      }
      for (int count : counts) {
        measure(node, backend, count, 1);
        measure(node, backend, count, 100);
      }
      apply(node, backend, List.of());
    }
  }

  private static void measure(NftNode node, NftablesBackend backend, int count, int addresses) {
    List<FilterRow> before = rows(count, addresses, 1);
    List<FilterRow> after = rows(count, addresses, 2);
    String name =
        "Tweed, %d rules of %d addresses in nftables, ".formatted(count / addresses, addresses);
    BenchmarkTimes.rounds(
        new Names(name + "all", name + "one changed", name + "nothing to do"),
        () -> apply(node, backend, List.of()),
        () -> apply(node, backend, before),
        () -> apply(node, backend, after));
  }

  static void apply(NftNode node, NftablesBackend backend, List<FilterRow> rows) {
    BackendOutcome outcome = node.call(() -> backend.apply(rows));
    if (!(outcome instanceof BackendOutcome.Applied)) {
      throw new IllegalStateException(outcome.toString());
    }
  }

  /** One of the rules has another port each time. */
  static List<FilterRow> rows(int count, int addresses, int time) {
    int rules = count / addresses;
    return Rows.of(
        IntStream.range(0, rules)
            .mapToObj(
                i ->
                    FirewallRule.allow("r" + i, Direction.IN)
                        .withPorts(Protocol.TCP, PortRange.of(i == rules / 2 ? 61_000 + time : 80))
                        .withFrom(
                            Peer.of(
                                IntStream.range(i * addresses, (i + 1) * addresses)
                                    .mapToObj(n -> "10.%d.%d.1/32".formatted(n / 250, n % 250))
                                    .map(IpPrefix::parse)
                                    .toArray(IpPrefix[]::new))))
            .toList());
  }
}
