package dev.tweed.operator.cluster;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What the operator does again and again. Each may fail alone. */
public enum Duty {
  /** Hands out blocks, by the ledger. */
  ALLOCATION,
  /** Deletes NodeSubnets whose blocks are to be released. */
  RELEASES,
  /** Keeps NodeSubnets up to date: addresses, labels, marks. */
  AMENDMENTS,
  /** Makes NodeReports, and marks Nodes as connected. */
  CHORES,
  /** Takes off annotations that have opened a guard for long enough. */
  GUARDS,
  /** Sums up for statuses and metrics. */
  SUMMARY,
  /** A run as a whole: it reads what is known, and tells what it found. */
  RUN,
  /** Sums up FirewallPolicies, in a loop of its own. */
  POLICIES,
  /** Writes what network policies are compiled to, in a loop of its own. */
  NETWORK_POLICIES,
  /** Says how far network policies are in force, in another. */
  ENFORCEMENT,
  /** Looks at the Leases of daemons, in a thread of its own. */
  SILENCE,
  /** Writes statuses, each when it is due. */
  STATUS;

  /** Those that are done one after the other. */
  static final Set<Duty> OF_A_RUN = EnumSet.range(ALLOCATION, RUN);

  /**
   * Something that went wrong.
   *
   * @param message in words
   */
  public record Failure(Duty duty, String message) {
    @Override
    public String toString() {
      return duty.label() + ": " + message;
    }
  }

  /** Its name in metrics and logs. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
