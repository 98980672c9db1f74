package dev.tweed.e2e.bench;

import java.util.List;
import java.util.Locale;

/**
 * Repeated measurements of one thing.
 *
 * @param values in the order taken; at least one
 */
record Sample(List<Double> values) {
  Sample {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("a sample needs a value");
    }
    values = List.copyOf(values);
  }

  double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  double max() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /** The value that so many of all do not exceed (nearest rank); the part is above 0. */
  double quantile(double part) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.ceil(sorted.size() * part) - 1);
  }

  /** {@code median / p99 / max (n)} with that many decimals. */
  String medianP99AndMax(int decimals) {
    String number = "%." + decimals + "f";
    String format = number + " / " + number + " / " + number + " (n = %d)";
    return String.format(Locale.ROOT, format, median(), quantile(0.99), max(), values.size());
  }

  /** {@code median / max (n)} with that many decimals. */
  String medianAndMax(int decimals) {
    String format = "%." + decimals + "f / %." + decimals + "f (n = %d)";
    return String.format(Locale.ROOT, format, median(), max(), values.size());
  }
}
