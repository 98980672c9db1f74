package dev.tweed.agent.firewall;

import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts rows where they belong, and takes them out of everywhere else: the new places first, so that
 * there is no moment without them. Used by one thread.
 */
final class RowPlacer {

  private final FirewallHost host;
  private final Set<BackendKind> places;
  private final Set<BackendKind> clean = EnumSet.noneOf(BackendKind.class);

  /**
   * What came of it.
   *
   * @param outcomes in the firewalls that were chosen; empty if no firewall here can hold rows
   * @param failures of the others, where rows stay or are not kept ready
   */
  record Placement(Map<BackendKind, BackendOutcome> outcomes, List<Failure> failures) {

    /** Whether nothing has to be tried again. */
    boolean isDone() {
      return failures.isEmpty() && refusal().isEmpty();
    }

    /** The first firewall that refused, and why. */
    Optional<Failure> refusal() {
      return outcomes.entrySet().stream()
          .filter(entry -> entry.getValue() instanceof Refused)
          .map(entry -> new Failure(entry.getKey(), false, (Refused) entry.getValue()))
          .findFirst();
    }

    /** All outcomes as one. */
    Optional<BackendOutcome> outcome() {
      return BackendOutcome.together(outcomes.values());
    }
  }

  /** A firewall that refused, as one of those chosen or besides. */
  record Failure(BackendKind kind, boolean standby, Refused refused) {}

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
    Map<BackendKind, BackendOutcome> outcomes = new EnumMap<>(BackendKind.class);
    for (BackendKind kind : choice.kinds()) {
      host.backend(kind).ifPresent(b -> outcomes.put(kind, fill(b, plan.rows())));
    }
    Placement placement = new Placement(outcomes, new ArrayList<>());
    if (outcomes.isEmpty() || !placement.isDone()) {
      // Where not all can be put, nothing is taken away either.
      return placement;
    }
    choice
        .standby()
        .flatMap(host::backend)
        .ifPresent(s -> keepReady(s, plan.standbyRows(), placement.failures()));
    for (FirewallBackend other : host.backends()) {
      BackendKind kind = other.kind();
      if (!choice.kinds().contains(kind)
          && !choice.standby().equals(Optional.of(kind))
          && !choice.leaving().containsKey(kind)
          && !clean.contains(kind)) {
        empty(other, placement.failures());
      }
    }
    return placement;
  }

  private BackendOutcome fill(FirewallBackend backend, List<FilterRow> rows) {
    BackendOutcome outcome = backend.apply(rows);
    if (outcome instanceof Refused && rows.isEmpty() && !places.contains(backend.kind())) {
      // Nothing is wanted, and nothing is known to be there: no nft, for one, is no harm then.
      outcome = new Applied(false, true, List.of());
    }
    if (outcome instanceof Applied) {
      note(backend.kind(), rows);
    }
    return outcome;
  }

  private void keepReady(FirewallBackend backend, List<FilterRow> rows, List<Failure> failures) {
    switch (backend.apply(rows)) {
      case Applied applied -> note(backend.kind(), rows);
      case Refused refused -> failures.add(new Failure(backend.kind(), true, refused));
    }
  }

  private void empty(FirewallBackend backend, List<Failure> failures) {
    switch (backend.apply(List.of())) {
      case Applied applied -> forget(backend.kind());
      case Refused refused -> {
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
