package dev.tweed.agent.cluster;

import dev.tweed.crds.MirroredLabels;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps the labels of thousands of NodeSubnets in the space of a few: most nodes of a zone carry
 * the same ones, and then share one map.
 *
 * <p>Which labels are mirrored is told by PodNetworks, whose events may come later than the labels
 * themselves; so all are kept, but never more than can be mirrored.
 */
final class SharedLabels {

  /** Those mirrored by default and the 16 a PodNetwork may add. */
  private static final int MOST = 18;

  /** More different sets of labels than clusters have zones; forgotten when exceeded. */
  private static final int SHARED = 1024;

  private final Map<Map<String, String>, Map<String, String>> shared = new ConcurrentHashMap<>();

  /** The labels to keep of an object's. */
  Map<String, String> of(Map<String, String> labels) {
    if (labels == null || labels.isEmpty()) {
      return Map.of();
    }
    Map<String, String> kept = Map.copyOf(labels.size() > MOST ? first(labels) : labels);
    if (shared.size() >= SHARED) {
      shared.clear();
    }
    Map<String, String> known = shared.putIfAbsent(kept, kept);
    return known == null ? kept : known;
  }

  private static Map<String, String> first(Map<String, String> labels) {
    Map<String, String> kept = new HashMap<>();
    for (String key : MirroredLabels.ALWAYS) {
      if (labels.containsKey(key)) {
        kept.put(key, labels.get(key));
      }
    }
    for (Map.Entry<String, String> entry : new TreeMap<>(labels).entrySet()) {
      if (kept.size() < MOST) {
        kept.put(entry.getKey(), entry.getValue());
      }
    }
    return kept;
  }
}
