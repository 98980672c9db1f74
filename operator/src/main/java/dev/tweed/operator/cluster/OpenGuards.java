package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Guards that are open, as far as objects were seen. For several threads. */
final class OpenGuards {
  private final Set<OpenGuard> open = ConcurrentHashMap.newKeySet();
  private final Runnable onChange;

  /**
   * @param onChange called when one was opened or closed; must return at once
   */
  OpenGuards(Runnable onChange) {
    this.onChange = onChange;
  }

  /** Looks at an object as it is now, and gives it back. */
  <T extends HasMetadata> T seen(T object) {
    Set<OpenGuard> now = OpenGuard.of(object).collect(Collectors.toSet());
    boolean changed = open.removeIf(guard -> guard.isOf(object) && !now.contains(guard));
    if (open.addAll(now) || changed) {
      onChange.run();
    }
    return object;
  }

  /** Those that are open. Of an object that was deleted they are until somebody forgets them. */
  Set<OpenGuard> open() {
    return Set.copyOf(open);
  }

  /** Whatever it was of is gone. */
  void forget(OpenGuard guard) {
    open.remove(guard);
  }
}
