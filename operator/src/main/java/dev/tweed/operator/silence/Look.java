package dev.tweed.operator.silence;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What was seen of the Leases at one time. Of a Lease only whether it changes counts: its times are
 * those of another clock.
 *
 * @param at by a clock that is never set
 * @param daemons version of each daemon's Lease, by the name of its node
 * @param election version of the Lease by which operators elect a leader, if they do
 */
public record Look(Instant at, Map<String, String> daemons, Optional<String> election) {
  public Look {
    daemons = Map.copyOf(daemons);
  }

  /** Whether somebody has written one of the Leases since. */
  boolean shows(Look before) {
    return daemons.entrySet().stream()
            .anyMatch(lease -> !lease.getValue().equals(before.daemons.get(lease.getKey())))
        || election.isPresent() && before.election.isPresent() && !election.equals(before.election);
  }
}
