package dev.tweed.firewall.backend;

import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Optional;

/**
 * One sort of host firewall that rows of ours can be kept in. Used by one thread at a time. Owns
 * what carries our marks, and touches nothing else.
 */
public interface FirewallBackend {

  /** Which sort. */
  BackendKind kind();

  /**
   * Why this firewall cannot hold a row; empty if it can. Pure: asked before anything is changed,
   * so that a policy is applied as a whole or not at all.
   */
  default Optional<String> unsupported(FilterRow row) {
    return Optional.empty();
  }

  /**
   * Makes these rows ours, in force and past a reboot as far as that firewall remembers anything,
   * in this order, and no others. A second call with the same rows writes nothing. With no rows
   * every mark of ours is removed. Never throws for what the host does: that is {@link
   * BackendOutcome.Refused}, and then what was in force is in force.
   */
  BackendOutcome apply(List<FilterRow> rows);

  /**
   * What {@link #apply} of these rows would come to now, told without changing anything: "changed"
   * is what would have to be written.
   */
  BackendOutcome check(List<FilterRow> rows);
}
