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

  /** {@code median / max (n)} with that many decimals. */
  String medianAndMax(int decimals) {
    String format = "%." + decimals + "f / %." + decimals + "f (n = %d)";
    return String.format(Locale.ROOT, format, median(), max(), values.size());
  }
}
