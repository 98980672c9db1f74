package dev.tweed.firewall.ufw;

import static dev.tweed.firewall.BenchmarkTimes.milliseconds;
import static dev.tweed.firewall.BenchmarkTimes.print;

import dev.tweed.firewall.BenchmarkTimes;
import dev.tweed.firewall.BenchmarkTimes.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Time to bring rules into ufw, live and in its files: ours, {@code ufw allow} for each, and ufw's
 * own reload. Each rule is for one IPv4 source. Needs root and ufw; run as a main class with the
 * numbers of rules as arguments.
 */
final class UfwBenchmark {

  /** How often a person types. */
  private static final int TYPED = 20;

  private UfwBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts = BenchmarkTimes.counts(arguments, 100, 1000);
    Path root = Files.createTempDirectory("ufw-benchmark");
    try (UfwNode node = UfwNode.denying(root)) {
      node.apply(SampleRows.many(1, 1)); // classes loaded, kernel modules too
      for (int count : counts) {
        BenchmarkTimes.rounds(
            Names.into("ufw", count),
            () -> node.apply(List.of()),
            () -> node.apply(SampleRows.many(count, 1)),
            () -> node.apply(SampleRows.many(count, 2)));
        print("ufw reload, " + count + " rules", milliseconds(() -> node.ufw("reload")));
      }
      node.apply(List.of());
      double[] typed = new double[TYPED];
      for (int i = 0; i < TYPED; i++) {
        int address = i + 1;
        typed[i] =
            milliseconds(
                () -> node.ufw("allow from 192.0.2." + address + " to any port 80 proto tcp"));
      }
      print("ufw allow, one rule", typed);
      print(
          "ufw allow for each of 100 rules, extrapolated from " + TYPED,
          100 * Arrays.stream(typed).average().orElseThrow());
    }
  }
}
