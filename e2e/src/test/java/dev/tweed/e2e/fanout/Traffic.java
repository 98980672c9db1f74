package dev.tweed.e2e.fanout;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an API server has been asked and has sent since it started, by its own metrics.
 *
 * @param requests answered with success, by {@code VERB resource} or {@code VERB
 *     resource/subresource}; watches count when they end
 * @param events sent to all watchers, by resource
 * @param eventBytes of those events, as JSON
 * @param listBytes sent in answer to lists, by resource
 * @param refused requests answered with 429
 * @param processor seconds of processor time it has used
 */
record Traffic(
    Map<String, Long> requests,
    Map<String, Long> events,
    Map<String, Long> eventBytes,
    Map<String, Long> listBytes,
    long refused,
    double processor) {
  private static final Set<String> WRITES = Set.of("POST", "PUT", "PATCH", "APPLY", "DELETE");

  /** The API server writes some kinds of its own by itself. */
  private static final Set<String> WRITTEN =
      Set.of(
          "podnetworks",
          "nodesubnets",
          "firewallpolicies",
          "nodereports",
          "nodes",
          "events",
          "configmaps");

  private static final Pattern LINE =
      Pattern.compile("(?m)^apiserver_([a-z_]+)\\{([^}]*)\\} ([0-9.e+]+)$");
  private static final Pattern PROCESSOR =
      Pattern.compile("(?m)^process_cpu_seconds_total ([0-9.e+]+)$");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

  static Traffic read(KubernetesClient client) {
    Traffic traffic =
        new Traffic(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), 0, 0);
    long refused = 0;
    String metrics = client.raw("/metrics");
    Matcher line = LINE.matcher(metrics);
    while (line.find()) {
      long value = (long) Double.parseDouble(line.group(3));
      Map<String, String> labels = labels(line.group(2));
      String resource = labels.getOrDefault("resource", "");
      switch (line.group(1)) {
        case "request_total" -> {
          String subresource = labels.get("subresource");
          String what =
              labels.get("verb")
                  + " "
                  + resource
                  + (subresource.isEmpty() ? "" : "/" + subresource);
          String code = labels.get("code");
          if (code.startsWith("2")) {
            traffic.requests.merge(what, value, Long::sum);
          }
          refused += code.equals("429") ? value : 0;
        }
        case "watch_events_sizes_sum" -> traffic.eventBytes.merge(resource, value, Long::sum);
        case "watch_events_sizes_count" -> traffic.events.merge(resource, value, Long::sum);
        case "response_sizes_sum" -> {
          if (labels.get("verb").equals("LIST")) {
            traffic.listBytes.merge(resource, value, Long::sum);
          }
        }
        default -> {}
      }
    }
    Matcher processor = PROCESSOR.matcher(metrics);
    return new Traffic(
        traffic.requests,
        traffic.events,
        traffic.eventBytes,
        traffic.listBytes,
        refused,
        processor.find() ? Double.parseDouble(processor.group(1)) : 0);
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new TreeMap<>();
    LABEL.matcher(text).results().forEach(label -> labels.put(label.group(1), label.group(2)));
    return labels;
  }

  /** What came between. */
  Traffic since(Traffic before) {
    return new Traffic(
        minus(requests, before.requests),
        minus(events, before.events),
        minus(eventBytes, before.eventBytes),
        minus(listBytes, before.listBytes),
        refused - before.refused,
        processor - before.processor);
  }

  private static Map<String, Long> minus(Map<String, Long> now, Map<String, Long> before) {
    Map<String, Long> difference = new TreeMap<>();
    now.forEach(
        (key, value) -> {
          long more = value - before.getOrDefault(key, 0L);
          if (more != 0) {
            difference.put(key, more);
          }
        });
    return difference;
  }

  /** Requests that write what Tweed and kubelets write, but for Leases. */
  Map<String, Long> writes() {
    Map<String, Long> writes = new TreeMap<>(requests);
    writes
        .keySet()
        .removeIf(
            what -> {
              String[] words = what.split("[ /]");
              return !WRITES.contains(words[0]) || !WRITTEN.contains(words[1]);
            });
    return writes;
  }

  long writes(Predicate<String> which) {
    return sum(writes(), which);
  }

  static long sum(Map<String, Long> figures, Predicate<String> which) {
    return figures.entrySet().stream()
        .filter(figure -> which.test(figure.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }
}
