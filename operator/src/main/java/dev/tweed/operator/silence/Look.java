package dev.tweed.operator.silence;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What was seen of the Leases at one time. Of a Lease only whether it changes counts: its times are
 * those of another clock.
 *
 * @param at when it began, by a clock that is never set
 * @param daemons version of each daemon's Lease, by the name of its node
 * @param writes another whenever the API server was seen to take a write besides, if that is known
 */
public record Look(Instant at, Map<String, String> daemons, Optional<String> writes) {
  public Look {
    daemons = Map.copyOf(daemons);
  }

  /** Whether the API server has taken a write since. */
  boolean shows(Look before) {
    return daemons.entrySet().stream()
            .anyMatch(lease -> !lease.getValue().equals(before.daemons.get(lease.getKey())))
        || writes.isPresent() && before.writes.isPresent() && !writes.equals(before.writes);
  }
}
