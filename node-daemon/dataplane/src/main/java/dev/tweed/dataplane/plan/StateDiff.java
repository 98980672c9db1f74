package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.netlink.nft.NfTableContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The steps from actual to desired state, in an order in which each finds what it needs: sysctls of
 * the node, the tunnel's filter, devices and their sysctls, addresses, up, FDB, neighbours, routes,
 * rules; then the probe device, on which no pod depends. What is no longer wanted goes in reverse
 * after what replaces it, except devices and addresses, which would be in the way. Where the
 * desired state is one that is remembered, only what is missing.
 */
public final class StateDiff {

  private StateDiff() {}

  /**
   * What has to be done.
   *
   * @param changes the steps in order; empty when the states agree
   * @param contradiction why nothing is done for a desired state that is remembered; empty if
   *     something may be
   */
  public record Steps(List<StateChange> changes, Optional<String> contradiction) {
    /** Copies the list. */
    public Steps {
      changes = List.copyOf(changes);
    }
  }

  /** The steps from one state to the other. */
  public static Steps between(DesiredState desired, ActualState actual, Marks marks) {
    List<StateChange> changes = all(desired, actual, marks);
    if (!desired.remembered()) {
      return new Steps(changes, Optional.empty());
    }
    AdditionPlanner additions = new AdditionPlanner(changes, actual);
    return new Steps(additions.plan(), additions.contradiction());
  }

  private static List<StateChange> all(DesiredState desired, ActualState actual, Marks marks) {
    List<StateChange> changes = new ArrayList<>();
    desired.nodeSysctls().stream()
        .filter(setting -> setting.isWrong(actual::sysctl))
        .forEach(setting -> changes.add(new StateChange.EnsureSysctl(setting, Optional.empty())));
    TunnelFilterDiff filter =
        TunnelFilterDiff.between(desired.tunnelFilter(), actual.tunnelFilter());
    filter.before().ifPresent(changes::add);
    LinkPlan fates = LinkPlan.of(desired, actual, marks);
    changes.addAll(fates.deletions());
    changes.addAll(DeviceDiff.between(desired, actual, fates));
    changes.addAll(PeerDiff.between(desired, actual, marks, fates));
    filter.after().ifPresent(changes::add);
    rules(desired, actual.rules()).ifPresent(changes::add);
    changes.addAll(ProbeDiff.between(desired, actual, marks, fates));
    return List.copyOf(changes);
  }

  private static Optional<StateChange> rules(DesiredState desired, NftListing actual) {
    Optional<NfTableContent> wanted = desired.rules();
    boolean required = desired.rulesRequired();
    return switch (actual) {
      // Nothing can be said and nothing be done; the planner of findings names it.
      case NftListing.Unreadable unreadable -> Optional.empty();
      case NftListing.Absent absent ->
          wanted.<StateChange>map(
              rules -> new StateChange.ReplaceRules(rules, Change.Action.ADDED, required));
      case NftListing.Present present ->
          wanted.isEmpty()
              ? Optional.of(new StateChange.RemoveRules())
              : wanted
                  .filter(rules -> !present.has(rules))
                  .<StateChange>map(
                      rules ->
                          new StateChange.ReplaceRules(rules, Change.Action.CHANGED, required));
    };
  }
}
