package dev.tweed.operator.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Notices when nodes mend their firewall, and tells it of each at most once a minute, with the
 * number. What was mended before it saw a node first is not news. Not for several threads.
 */
public final class RepairWatch {
  private static final Duration PAUSE = Duration.ofMinutes(1);
  // A ruleset flushed on all nodes at once must not become thousands of Events at once.
  private static final int AT_ONCE = 20;

  /**
   * A node that mended its firewall.
   *
   * @param more since it was told last
   * @param total since the daemon first ran there
   */
  public record Repaired(PolicyNode node, long more, long total) {}

  private record Seen(String uid, long count, Optional<Instant> quietUntil) {}

  private Map<String, Seen> seen = new HashMap<>();
  private Optional<Instant> again = Optional.empty();

  /** What to tell now. */
  public List<Repaired> look(List<PolicyNode> nodes, Instant now) {
    Map<String, Seen> next = new HashMap<>();
    List<Repaired> news = new ArrayList<>();
    again = Optional.empty();
    for (PolicyNode node : nodes) {
      Seen before = seen.get(node.name());
      if (node.report().isEmpty()) {
        if (before != null) {
          next.put(node.name(), before);
        }
        continue;
      }
      long count = node.report().get().firewallRepairs();
      if (before == null || !before.uid().equals(node.uid()) || count < before.count()) {
        next.put(node.name(), new Seen(node.uid(), count, Optional.empty()));
      } else if (count == before.count()) {
        next.put(node.name(), before);
      } else if (before.quietUntil().filter(now::isBefore).isPresent()) {
        next.put(node.name(), before);
        wake(before.quietUntil().get());
      } else if (news.size() == AT_ONCE) {
        next.put(node.name(), before);
        wake(now);
      } else {
        next.put(node.name(), new Seen(node.uid(), count, Optional.of(now.plus(PAUSE))));
        news.add(new Repaired(node, count - before.count(), count));
      }
    }
    seen = next;
    return List.copyOf(news);
  }

  private void wake(Instant at) {
    again = again.filter(at::isAfter).or(() -> Optional.of(at));
  }

  /** When to look again although nothing changes, after the last look. */
  public Optional<Instant> again() {
    return again;
  }
}
