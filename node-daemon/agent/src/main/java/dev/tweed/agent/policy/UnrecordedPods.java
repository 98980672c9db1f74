package dev.tweed.agent.policy;

import dev.tweed.enforce.gate.CniResults;
import dev.tweed.ip.IpAddress;
import dev.tweed.policy.PodEntry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Pods of which the runtime remembers nothing, say since somebody has cleaned up its files. The
 * address that the API tells counts for such a pod when it has been given, in this boot, to a
 * container that the runtime has remembered nothing of for some time: one whose pod starts is
 * remembered much sooner, and after a reboot the API's address is the one before.
 */
public final class UnrecordedPods {

  private final Duration patience;
  private Map<String, Long> since = Map.of();

  /**
   * @param patience until they are found
   */
  public UnrecordedPods(Duration patience) {
    this.patience = patience;
  }

  /**
   * UIDs of them.
   *
   * @param told pods by the operator's word
   * @param holder the container that an address is given to
   * @param now of a monotonic clock, nanoseconds
   */
  public Set<String> find(
      List<PodEntry> told,
      CniResults results,
      Function<IpAddress, Optional<String>> holder,
      long now) {
    Map<String, String> containers = new HashMap<>();
    Set<String> recorded = results.results().stream().map(r -> r.uid()).collect(Collectors.toSet());
    for (PodEntry pod : told) {
      if (!recorded.contains(pod.uid())) {
        Set<Optional<String>> holders =
            pod.addresses().stream().map(holder).collect(Collectors.toSet());
        if (holders.size() == 1) {
          holders
              .iterator()
              .next()
              .filter(c -> !results.knows(c))
              .ifPresent(c -> containers.put(pod.uid(), c));
        }
      }
    }
    Map<String, Long> still = new HashMap<>();
    containers.values().forEach(c -> still.put(c, since.getOrDefault(c, now)));
    since = still;
    return containers.entrySet().stream()
        .filter(e -> now - still.get(e.getValue()) >= patience.toNanos())
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  /** Until the next is found, if any waits; nanoseconds. */
  OptionalLong untilNext(long now) {
    return since.values().stream()
        .mapToLong(began -> patience.toNanos() - (now - began))
        .filter(left -> left > 0)
        .min();
  }
}
