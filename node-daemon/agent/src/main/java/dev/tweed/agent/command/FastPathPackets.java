package dev.tweed.agent.command;

import dev.tweed.fastpath.FastPathCounters;
import dev.tweed.fastpath.FastPathCounters.Counter;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Packets of pods with the fast path, between the daemon's metrics and people. Pure. */
final class FastPathPackets {
  private static final Pattern LINE =
      Pattern.compile("tweed_fastpath_packets_total\\{outcome=\"([a-z_]+)\"} ([0-9.eE+]+)");

  private FastPathPackets() {}

  /**
   * Reads Prometheus' text format: the {@code outcome} of tweed_fastpath_packets_total is a counter
   * (docs/fastpath.md). Empty if nothing of it is there.
   */
  static Optional<FastPathCounters> parse(String metrics) {
    Map<Counter, Long> packets = new EnumMap<>(Counter.class);
    Map<String, Counter> outcomes =
        EnumSet.allOf(Counter.class).stream()
            .collect(Collectors.toMap(Counter::outcome, counter -> counter));
    metrics
        .lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .filter(line -> outcomes.containsKey(line.group(1)))
        .forEach(
            line ->
                packets.put(outcomes.get(line.group(1)), (long) Double.parseDouble(line.group(2))));
    return packets.isEmpty() ? Optional.empty() : Optional.of(new FastPathCounters(packets));
  }

  /** For people: how many went fast, and how many did not, by the reason. */
  static String text(FastPathCounters counters) {
    String slow =
        counters.packets().entrySet().stream()
            .filter(each -> each.getKey().isSlow() && each.getValue() > 0)
            .sorted(
                Map.Entry.<Counter, Long>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(each -> each.getKey().outcome() + " " + each.getValue())
            .collect(Collectors.joining(", "));
    return "fast: %d sent, %d received, %d within the node; slow: %s"
        .formatted(
            counters.sent(),
            counters.received(),
            counters.of(Counter.SWITCHED),
            slow.isEmpty() ? "none" : slow);
  }
}
