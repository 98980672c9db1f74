package dev.tweed.enforce.gate;

import java.util.List;
import java.util.Set;

/**
 * What a container runtime remembers of its ADDs.
 *
 * @param kept whether there is a place for it, which comes with the first
 * @param files names, also of those that cannot be read
 * @param results those that can, in no order
 */
public record CniResults(boolean kept, Set<String> files, List<CniResult> results) {

  /** No place for any. */
  public static final CniResults NONE = new CniResults(false, Set.of(), List.of());

  public CniResults {
    files = Set.copyOf(files);
    results = List.copyOf(results);
  }

  /** Whether something is remembered of a container. */
  public boolean knows(String container) {
    return files.stream().anyMatch(file -> file.contains(container));
  }
}
