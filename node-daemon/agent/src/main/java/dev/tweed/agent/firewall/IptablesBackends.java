package dev.tweed.agent.firewall;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.iptables.IptablesBackend;
import dev.tweed.firewall.iptables.IptablesFlavour;
import dev.tweed.firewall.rules.FilterRow;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** iptables in those of its flavours that drop packets; another one is kept empty. */
final class IptablesBackends implements FirewallBackend {

  private final Map<IptablesFlavour, FirewallBackend> flavours;
  private final Set<IptablesFlavour> clean = EnumSet.noneOf(IptablesFlavour.class);
  private final LegacyFilters legacy;
  private Set<IptablesFlavour> used = EnumSet.of(IptablesFlavour.NFT);

  /**
   * @param prefix words before each command
   * @param legacy tells whether tables of that flavour are there
   */
  static IptablesBackends of(List<String> prefix, LegacyFilters legacy) {
    Map<IptablesFlavour, FirewallBackend> flavours = new EnumMap<>(IptablesFlavour.class);
    for (IptablesFlavour flavour : IptablesFlavour.values()) {
      flavours.put(flavour, new IptablesBackend(prefix, flavour));
    }
    return new IptablesBackends(flavours, legacy);
  }

  /**
   * @param flavours all of them
   */
  IptablesBackends(Map<IptablesFlavour, FirewallBackend> flavours, LegacyFilters legacy) {
    this.flavours = flavours;
    this.legacy = legacy;
  }

  /** Takes the flavours that rows have to be in. */
  void use(Set<IptablesFlavour> flavours) {
    used = flavours;
  }

  @Override
  public BackendKind kind() {
    return BackendKind.IPTABLES;
  }

  /** The new place first. */
  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    boolean changed = false;
    for (IptablesFlavour flavour : used) {
      switch (flavours.get(flavour).apply(rows)) {
        case BackendOutcome.Applied applied -> changed |= applied.changed();
        case BackendOutcome.Refused refused -> {
          return refused;
        }
      }
      clean.remove(flavour);
    }
    for (IptablesFlavour other : IptablesFlavour.values()) {
      if (!used.contains(other) && !clean.contains(other) && isThere(other)) {
        switch (flavours.get(other).apply(List.of())) {
          case BackendOutcome.Applied emptied -> {
            changed |= emptied.changed();
            clean.add(other);
          }
          case BackendOutcome.Refused refused -> {
            // Another time, then. Or it is not used on this host, or cannot be from here.
            if (!refused.reason().equals(BackendOutcome.LOCKED)) {
              clean.add(other);
            }
          }
        }
      }
    }
    return new BackendOutcome.Applied(changed, true, List.of());
  }

  /** Looking into legacy tables makes them; where there are none, none of our rows is there. */
  private boolean isThere(IptablesFlavour flavour) {
    return flavour != IptablesFlavour.LEGACY || legacy.areThere();
  }

  @Override
  public BackendOutcome check(List<FilterRow> rows) {
    return BackendOutcome.together(
            used.stream().map(flavour -> flavours.get(flavour).check(rows)).toList())
        .orElseThrow();
  }
}
