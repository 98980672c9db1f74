package dev.tweed.agent.command;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Packets between pods with the fast path and other nodes, as the daemon's metrics tell. Pure.
 *
 * @param packets by {@code outcome} of tweed_fastpath_packets_total (docs/fastpath.md)
 */
record FastPathPackets(Map<String, Long> packets) {
  private static final Pattern LINE =
      Pattern.compile("tweed_fastpath_packets_total\\{outcome=\"([a-z_]+)\"} ([0-9.eE+]+)");

  /** Of those that are sent fast, and counted so already. */
  private static final String NOT_ENCAPSULATED = "not_encapsulated";

  /** Fast from one pod of the node to another. */
  private static final String SWITCHED = "switched";

  private static final String UNPROVEN = "_unproven";

  /** Copies the map. */
  FastPathPackets {
    packets = Map.copyOf(packets);
  }

  /** From Prometheus' text format; empty if nothing of it is there. */
  static Optional<FastPathPackets> parse(String metrics) {
    Map<String, Long> packets = new TreeMap<>();
    metrics
        .lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .forEach(line -> packets.put(line.group(1), (long) Double.parseDouble(line.group(2))));
    return packets.isEmpty() ? Optional.empty() : Optional.of(new FastPathPackets(packets));
  }

  /** For people: how many went fast, and how many did not, by the reason. */
  String text() {
    String slow =
        packets.entrySet().stream()
            .filter(each -> !isFast(each.getKey()) && !each.getKey().equals(NOT_ENCAPSULATED))
            .filter(each -> each.getValue() > 0)
            .sorted(
                Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(each -> each.getKey() + " " + each.getValue())
            .collect(Collectors.joining(", "));
    long switched = packets.getOrDefault(SWITCHED, 0L);
    return "fast: %d sent, %d received%s; slow: %s"
        .formatted(
            fast("sent_"),
            fast("received_"),
            switched == 0 ? "" : ", " + switched + " between pods of the node",
            slow.isEmpty() ? "none" : slow);
  }

  private long fast(String way) {
    return packets.entrySet().stream()
        .filter(each -> each.getKey().startsWith(way) && isFast(each.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static boolean isFast(String outcome) {
    return outcome.equals(SWITCHED)
        || (outcome.startsWith("sent_") || outcome.startsWith("received_"))
            && !outcome.endsWith(UNPROVEN);
  }
}
