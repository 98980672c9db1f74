package dev.tweed.dataplane;

import java.util.List;

/**
 * What a cleanup removed, and what it could not.
 *
 * @param removed what is gone
 * @param remaining what was still found afterwards, with the reason where one is known; empty means
 *     that nothing of ours is left
 */
public record CleanupReport(List<Change> removed, List<String> remaining) {
  /** Copies the lists. */
  public CleanupReport {
    removed = List.copyOf(removed);
    remaining = List.copyOf(remaining);
  }
}
