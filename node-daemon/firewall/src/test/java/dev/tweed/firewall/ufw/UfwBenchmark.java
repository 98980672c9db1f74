package dev.tweed.firewall.ufw;

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

  private static final int RUNS = 5;

  /** How often a person types. */
  private static final int TYPED = 20;

  private UfwBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int[] counts =
        arguments.length == 0
            ? new int[] {100, 1000}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    Path root = Files.createTempDirectory("ufw-benchmark");
    try (UfwNode node = UfwNode.denying(root)) {
      node.apply(SampleRows.many(1, 1)); // classes loaded, kernel modules too
      for (int count : counts) {
        double[] all = new double[RUNS];
        double[] one = new double[RUNS];
        double[] none = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
          node.apply(List.of());
          all[run] = milliseconds(() -> node.apply(SampleRows.many(count, 1)));
          one[run] = milliseconds(() -> node.apply(SampleRows.many(count, 2)));
          none[run] = milliseconds(() -> node.apply(SampleRows.many(count, 2)));
        }
        print("Tweed, " + count + " rules into ufw, all", all);
        print("Tweed, " + count + " rules in ufw, one changed", one);
        print("Tweed, " + count + " rules in ufw, nothing to do", none);
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
