package dev.tweed.e2e.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Where an object in the cluster differs from its manifest in Argo CD's eyes, which compares the
 * two and not a dry run. Fields the manifest leaves out may be anything, but for those inside
 * lists: of a custom resource Argo CD compares a list as a whole, by the three-way merge patch as
 * by the structured merge of {@code ServerSideApply=true} (an atomic list has no item to merge
 * with). Of built-in kinds it knows the API server's defaults.
 */
final class SyncDiff {
  private final boolean wholeLists;
  private final List<String> found = new ArrayList<>();

  private SyncDiff(boolean wholeLists) {
    this.wholeLists = wholeLists;
  }

  /** One line for each difference, with its path. */
  static List<String> between(JsonNode manifest, JsonNode live) {
    SyncDiff diff = new SyncDiff(manifest.path("apiVersion").asText().startsWith("tweed.dev/"));
    String name = manifest.path("kind").asText() + "/" + manifest.at("/metadata/name").asText();
    diff.compare(name, manifest, live);
    return List.copyOf(diff.found);
  }

  private void compare(String path, JsonNode manifest, JsonNode live) {
    if (manifest.isObject() && live.isObject()) {
      manifest
          .properties()
          .forEach(
              field ->
                  compare(
                      path + "." + field.getKey(), field.getValue(), live.path(field.getKey())));
    } else if (!wholeLists
        && manifest.isArray()
        && live.isArray()
        && manifest.size() == live.size()) {
      for (int i = 0; i < manifest.size(); i++) {
        compare(path + "[" + i + "]", manifest.get(i), live.get(i));
      }
    } else if (manifest.isNumber() && live.isNumber()
        ? manifest.doubleValue() != live.doubleValue()
        : !manifest.equals(live)) {
      found.add(path + ": " + manifest + " became " + live);
    }
  }
}
