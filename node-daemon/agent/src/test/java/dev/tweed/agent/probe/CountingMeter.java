package dev.tweed.agent.probe;

import java.util.EnumMap;
import java.util.Map;

/** Counts. */
final class CountingMeter implements ProbeMeter {

  private final Map<Result, Integer> counts = new EnumMap<>(Result.class);

  @Override
  public void count(Result result) {
    counts.merge(result, 1, Integer::sum);
  }

  @Override
  public void answeredAfter(long nanos) {}

  int of(Result result) {
    return counts.getOrDefault(result, 0);
  }
}
