package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.rules.FilterRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Rows beside the rules firewalld runs. Pure. */
final class RowComparison {

  private RowComparison() {}

  /** Rows in their order, then rules of ours that none of them wants. */
  static BackendListing.Compared compare(List<FilterRow> rows, Model model, Running running) {
    Set<String> found = new LinkedHashSet<>();
    Set<String> inert = inert(model, running);
    running
        .policies()
        .forEach(
            (name, settings) -> {
              if (Policy.isOurs(name) && !inert.contains(name)) {
                settings.rules().forEach(rule -> found.add(text(name, rule)));
              }
            });
    Set<String> rest = new LinkedHashSet<>(found);
    Map<FilterRow, BackendListing.Entry> entries = new HashMap<>();
    for (Model.Place place : model.places()) {
      List<String> wanted = place.texts().stream().map(t -> text(place.policy(), t)).toList();
      wanted.forEach(rest::remove);
      entries.put(
          place.row(),
          new BackendListing.Entry(
              Optional.of(place.row()),
              found.containsAll(wanted) ? State.PRESENT : State.MISSING,
              String.join("; ", wanted.stream().filter(found::contains).toList())));
    }
    List<BackendListing.Entry> all = new ArrayList<>();
    rows.forEach(row -> all.add(entries.get(row)));
    rest.forEach(text -> all.add(new BackendListing.Entry(Optional.empty(), State.EXTRA, text)));
    return new BackendListing.Compared(all);
  }

  /** Policies of a zone that lost its device: they are asked for no packet. */
  private static Set<String> inert(Model model, Running running) {
    Set<String> zones =
        ModelDiff.empty(model, running).stream().map(DeviceZone::name).collect(Collectors.toSet());
    return model.policies().stream()
        .filter(
            policy ->
                zones.contains(policy.ends().ingress()) || zones.contains(policy.ends().egress()))
        .map(Policy::name)
        .collect(Collectors.toSet());
  }

  private static String text(String policy, String rule) {
    return policy + ": " + rule;
  }
}
