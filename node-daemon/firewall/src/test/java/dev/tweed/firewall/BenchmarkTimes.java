package dev.tweed.firewall;

import java.util.Arrays;

/** Times of benchmarks, printed as {@code ./dev bench} reads them: {@code WHAT: 47 ms (40..60)}. */
public final class BenchmarkTimes {

  private static final int RUNS = 5;

  private BenchmarkTimes() {}

  /** Numbers of rules a benchmark is asked for, or these if for none. */
  public static int[] counts(String[] arguments, int... otherwise) {
    return arguments.length == 0
        ? otherwise
        : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
  }

  /**
   * Times each of five rounds: from nothing to all, to others, and to the same again.
   *
   * @param names what the three are printed as
   * @param clean brings about nothing; not timed
   */
  public static void rounds(Names names, Runnable clean, Runnable fill, Runnable change) {
    double[] all = new double[RUNS];
    double[] one = new double[RUNS];
    double[] none = new double[RUNS];
    for (int run = 0; run < RUNS; run++) {
      clean.run();
      all[run] = milliseconds(fill);
      one[run] = milliseconds(change);
      none[run] = milliseconds(change);
    }
    print(names.all(), all);
    print(names.changed(), one);
    print(names.again(), none);
  }

  /** What the times of a round are printed as. */
  public record Names(String all, String changed, String again) {

    /** Such as {@code Tweed, 100 rules into ufw, all}. */
    public static Names into(String firewall, int count) {
      String in = "Tweed, " + count + " rules in " + firewall;
      return new Names(
          "Tweed, " + count + " rules into " + firewall + ", all",
          in + ", one changed",
          in + ", nothing to do");
    }
  }

  /** How long it takes. */
  public static double milliseconds(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  /** Prints the median, the least and the most. */
  public static void print(String what, double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    System.out.printf(
        "%s: %.0f ms (%.0f..%.0f)%n",
        what, sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
  }
}
