package dev.tweed.agent.firewall;

import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Puts rows where they belong, and takes them out of everywhere else: the new place first, so that
 * there is no moment without them. Used by one thread.
 */
final class RowPlacer {

  private final FirewallHost host;
  private final Set<BackendKind> places;
  private final Set<BackendKind> clean = EnumSet.noneOf(BackendKind.class);

  /**
   * What came of it.
   *
   * @param outcome in the firewall that was chosen; empty if no firewall here can hold rows
   * @param failures of the others, where rows stay or are not kept ready
   */
  record Placement(Optional<BackendOutcome> outcome, List<Failure> failures) {

    /** Whether nothing has to be tried again. */
    boolean isDone() {
      return failures.isEmpty()
          && outcome.filter(BackendOutcome.Refused.class::isInstance).isEmpty();
    }
  }

  /** A firewall besides the chosen one that refused. */
  record Failure(BackendKind kind, boolean standby, BackendOutcome.Refused refused) {}

  /**
   * @param places kinds that rows were put into before
   */
  RowPlacer(FirewallHost host, Set<BackendKind> places) {
    this.host = host;
    this.places = EnumSet.noneOf(BackendKind.class);
    this.places.addAll(places);
  }

  /** Kinds that may hold rows of ours. */
  Set<BackendKind> places() {
    return Set.copyOf(places);
  }

  Placement place(FirewallPlan plan) {
    BackendChoice choice = plan.choice();
    List<FilterRow> rows = plan.rows();
    Optional<FirewallBackend> chosen = choice.kind().flatMap(host::backend);
    if (chosen.isEmpty()) {
      // Where nothing can be put, nothing is taken away either.
      return new Placement(Optional.empty(), List.of());
    }
    BackendOutcome outcome = chosen.get().apply(rows);
    if (outcome instanceof BackendOutcome.Refused
        && rows.isEmpty()
        && !places.contains(chosen.get().kind())) {
      // Nothing is wanted, and nothing is known to be there: no nft, for one, is no harm then.
      outcome = new BackendOutcome.Applied(false, true, List.of());
    }
    if (outcome instanceof BackendOutcome.Refused) {
      return new Placement(Optional.of(outcome), List.of());
    }
    note(chosen.get().kind(), rows);
    List<Failure> failures = new ArrayList<>();
    choice
        .standby()
        .flatMap(host::backend)
        .ifPresent(s -> keepReady(s, plan.standbyRows(), failures));
    for (FirewallBackend other : host.backends()) {
      if (other.kind() != chosen.get().kind()
          && !choice.standby().equals(Optional.of(other.kind()))
          && !clean.contains(other.kind())) {
        empty(other, failures);
      }
    }
    return new Placement(Optional.of(outcome), failures);
  }

  private void keepReady(FirewallBackend backend, List<FilterRow> rows, List<Failure> failures) {
    switch (backend.apply(rows)) {
      case BackendOutcome.Applied applied -> note(backend.kind(), rows);
      case BackendOutcome.Refused refused ->
          failures.add(new Failure(backend.kind(), true, refused));
    }
  }

  private void empty(FirewallBackend backend, List<Failure> failures) {
    switch (backend.apply(List.of())) {
      case BackendOutcome.Applied applied -> forget(backend.kind());
      case BackendOutcome.Refused refused -> {
        if (refused.reason().equals(BackendOutcome.NOT_FOUND) || !places.contains(backend.kind())) {
          // Nothing is known to be there; once asked is enough.
          forget(backend.kind());
        } else {
          failures.add(new Failure(backend.kind(), false, refused));
        }
      }
    }
  }

  private void note(BackendKind kind, List<FilterRow> rows) {
    clean.remove(kind);
    if (rows.isEmpty()) {
      places.remove(kind);
    } else {
      places.add(kind);
    }
  }

  private void forget(BackendKind kind) {
    clean.add(kind);
    places.remove(kind);
  }
}
