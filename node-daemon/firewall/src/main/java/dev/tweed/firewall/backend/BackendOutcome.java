package dev.tweed.firewall.backend;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What became of rows. */
public sealed interface BackendOutcome {

  /** The reason of a firewall that is not on this host: no row of ours is in it. */
  String NOT_FOUND = "NotFound";

  /** The reason of a firewall that somebody else is changing. */
  String LOCKED = "Locked";

  /**
   * They are there, but for those that something a person made stands in for.
   *
   * @param changed whether anything had to be written
   * @param live whether the firewall is switched on; rows are only kept for that day otherwise
   * @param families those the firewall takes care of; rows of another are not there
   * @param displaced rows that are not there, because a person's rule has their place
   */
  record Applied(
      boolean changed, boolean live, Set<AddressFamily> families, List<Displaced> displaced)
      implements BackendOutcome {
    public Applied {
      families = Set.copyOf(families);
      displaced = List.copyOf(displaced);
    }

    /** Of a firewall that takes care of both families. */
    public Applied(boolean changed, boolean live, List<Displaced> displaced) {
      this(changed, live, Set.of(AddressFamily.values()), displaced);
    }

    /** Whether a row is in the firewall, by itself or by a person's rule. */
    public boolean holds(FilterRow row) {
      return families.contains(row.family());
    }
  }

  /** All rows are there, and in force. */
  static BackendOutcome applied(boolean changed) {
    return new Applied(changed, true, List.of());
  }

  /**
   * Several as one: rows are where they belong if they are in each firewall that would drop.
   *
   * @return the first refusal; empty if there are none
   */
  static Optional<BackendOutcome> together(Collection<BackendOutcome> outcomes) {
    Optional<BackendOutcome> refused =
        outcomes.stream().filter(Refused.class::isInstance).findFirst();
    if (refused.isPresent() || outcomes.isEmpty()) {
      return refused;
    }
    List<Applied> all = outcomes.stream().map(Applied.class::cast).toList();
    Set<AddressFamily> families = EnumSet.allOf(AddressFamily.class);
    all.forEach(applied -> families.retainAll(applied.families()));
    return Optional.of(
        new Applied(
            all.stream().anyMatch(Applied::changed),
            all.stream().allMatch(Applied::live),
            families,
            all.stream().flatMap(applied -> applied.displaced().stream()).toList()));
  }

  /**
   * A row a person's rule stands in for.
   *
   * @param row ours
   * @param theirs the person's rule, as that firewall spells it
   * @param contradicts whether it decides otherwise
   */
  record Displaced(FilterRow row, String theirs, boolean contradicts) {}

  /**
   * Nothing is changed: what was in force is in force.
   *
   * @param reason CamelCase, for machines: {@code Locked}, {@code FileNotUnderstood}...
   * @param message what is in the way
   * @param remedy what to do
   */
  record Refused(String reason, String message, String remedy) implements BackendOutcome {}
}
