package dev.tweed.netlink.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Figures of variants that take turns, one each round: of each its ratio to the reference of the
 * same round, since machines are not equally fast at all times. For benchmarks.
 */
public final class RatioTable {
  private final Map<String, List<Double>> figures = new HashMap<>();

  /** Notes the figure of a variant in one round. */
  public void add(String variant, double figure) {
    figures.computeIfAbsent(variant, name -> new ArrayList<>()).add(figure);
  }

  /**
   * A row of the table of {@code ./dev bench}.
   *
   * @param what is measured
   * @param unit that the median is shown in; 1000 is thousands of what was noted
   */
  public String row(String what, String variant, String reference, double unit, String goal) {
    List<Double> values = figures.get(variant);
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      ratios.add(values.get(i) / figures.get(reference).get(i));
    }
    return String.format(
        Locale.ROOT,
        "| %s | ratio [quartiles] (median) | %.2f [%.2f-%.2f] (%.2f) | %s |",
        what,
        quantile(ratios, 0.5),
        quantile(ratios, 0.25),
        quantile(ratios, 0.75),
        quantile(values, 0.5) / unit,
        goal);
  }

  private static double quantile(List<Double> values, double quantile) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[(int) Math.round(quantile * (sorted.length - 1))];
  }
}
