package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RowText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rows in firewalld (0.9 or newer), in its files and in what it runs: as rich rules of policies of
 * our own ({@code tweed-in-1}, {@code tweed-out-1}, {@code tweed-routed-1}...), which it asks
 * before any zone, and after the policies with a priority below -10000. A policy is ours as a
 * whole, since rich rules have no comments. Devices of pod networks get a zone of their own each,
 * because firewalld knows devices by zones only. Zones and policies of people stay as they are.
 *
 * <p>It is asked by D-Bus, which tells of changes too. Its files are written by us: D-Bus has no
 * way to add a policy to what runs, its permanent half does not bring files to the disk, and what
 * is ours has to go out of the files of a firewalld that is stopped.
 *
 * <p>Rules come and go without a reload. Another set of policies or zones needs one (the first rows
 * do, a network that comes or goes, a policy that names a device): connections that conntrack has
 * seen an answer to go on, new ones and packets of a VXLAN tunnel find no way for about a tenth of
 * a second, more on a busy machine. It would also undo what a person changed without {@code
 * --permanent}, and bring in what was changed only there; so as long as there is such a change, it
 * is refused. Hundreds of changed rules are brought in by a reload too, where nothing is undone by
 * it: firewalld makes a transaction of each rule, which takes up to 0.15 s where there are a
 * thousand.
 *
 * <p>What firewalld does otherwise than other firewalls: it accepts packets of known connections,
 * and those that were DNATed (NodePorts), before any rule. Where a network names the device of the
 * underlay, rules here name none, as that device's zone is a person's: pods may leave by any.
 */
public final class FirewalldBackend implements FirewallBackend, AutoCloseable {

  /** Slower than this by single rules is done by a reload. */
  private static final long SLOW_MILLIS = 5_000;

  private static final Set<String> WITHOUT_FIREWALLD = Set.of("NotRunning", "NotFound");

  /** Thousands of rules take firewalld many seconds. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Firewalld firewalld;
  private final ModelFiles files;

  /**
   * @param root root directory of the host's files, and of its D-Bus's socket
   */
  public FirewalldBackend(Path root) {
    this(root, LIMIT);
  }

  FirewalldBackend(Path root, Duration limit) {
    this.firewalld = new Firewalld(root, limit);
    this.files = new ModelFiles(root.resolve("etc/firewalld"));
  }

  /**
   * Tells of changes in firewalld as long as rows of ours are in it; from another thread.
   *
   * @param onChange must return quickly
   */
  public void watch(Runnable onChange) {
    firewalld.onChange(onChange);
  }

  @Override
  public BackendKind kind() {
    return BackendKind.FIREWALLD;
  }

  @Override
  public Optional<String> unsupported(FilterRow row) {
    return RichRuleCompiler.unsupported(row);
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    try {
      requireSupported(rows);
      Running running = firewalld.running();
      Model model = plan(rows, running);
      Map<String, String> before = files.read();
      return new Applied(apply(model, running, before), true, List.of());
    } catch (Obstacle e) {
      return rows.isEmpty() ? emptied(e.refused()) : e.refused();
    } catch (IOException e) {
      return fileError(e);
    } finally {
      if (rows.isEmpty()) {
        firewalld.close();
      }
    }
  }

  /** What can be removed without firewalld: everything, if it does not run. */
  private BackendOutcome emptied(Refused refused) {
    try {
      if (files.read().isEmpty()) {
        return new Applied(false, true, List.of());
      }
      if (!WITHOUT_FIREWALLD.contains(refused.reason())) {
        return refused;
      }
      files.write(Map.of());
      return new Applied(true, true, List.of());
    } catch (IOException e) {
      return fileError(e);
    }
  }

  private static Refused fileError(IOException e) {
    return new Refused(
        "FileError",
        "/etc/firewalld cannot be read or written: " + e.getMessage(),
        "make /etc/firewalld writable for Tweed");
  }

  @Override
  public BackendListing look(List<FilterRow> intended) {
    try {
      requireSupported(intended);
      Running running = firewalld.running();
      return RowComparison.compare(intended, plan(intended, running), running);
    } catch (Obstacle e) {
      return new BackendListing.Unreadable(e.refused().message(), e.refused().remedy());
    }
  }

  private static void requireSupported(List<FilterRow> rows) throws Obstacle {
    for (FilterRow row : rows) {
      Optional<String> reason = RichRuleCompiler.unsupported(row);
      if (reason.isPresent()) {
        throw new Obstacle(
            "NotSupportedHere",
            "'" + RowText.of(row) + "' of " + row.origin() + ": " + reason.get(),
            "change that rule, or choose other nodes for it");
      }
    }
  }

  private static Model plan(List<FilterRow> rows, Running running) throws Obstacle {
    try {
      return ModelPlanner.plan(rows, running.policies());
    } catch (IllegalArgumentException e) {
      throw new Obstacle("TooManyRows", e.getMessage(), "use fewer addresses, or larger prefixes");
    }
  }

  /** Tells whether anything had to be done. */
  private boolean apply(Model model, Running running, Map<String, String> before)
      throws IOException, Obstacle {
    if (!ModelDiff.hasFrame(model, running)) {
      if (model.policies().isEmpty() && !canReload(model, running)) {
        return removeWithoutReload(model, running, before);
      }
      reload(model, running, before);
      return true;
    }
    List<DeviceZone> empty = ModelDiff.empty(model, running);
    requireNoOtherZone(empty, running);
    List<ModelDiff.Rules> changes = ModelDiff.rules(model, running);
    if (isSlow(model, changes) && canReload(model, running)) {
      reload(model, running, before);
      return true;
    }
    boolean stale = ModelFiles.differ(before, model.files());
    if (stale) {
      files.write(model.files());
    }
    if (!empty.isEmpty() || !changes.isEmpty()) {
      change(empty, changes, before);
    }
    return stale || !empty.isEmpty() || !changes.isEmpty();
  }

  /** As measured: firewalld looks through all rules of a policy for each it changes. */
  private static boolean isSlow(Model model, List<ModelDiff.Rules> changes) {
    long rules = model.policies().stream().mapToLong(policy -> policy.rules().size()).sum();
    long changed =
        changes.stream().mapToLong(c -> c.missing().size() + (long) c.extra().size()).sum();
    return changed * (8 + rules / 7) > SLOW_MILLIS;
  }

  /** Whether a reload would undo nothing that a person has not saved. */
  private boolean canReload(Model model, Running running) throws Obstacle {
    Running permanent = firewalld.permanent();
    requireNoOtherZone(model.zones(), permanent);
    return ModelDiff.unsaved(running, permanent).isEmpty();
  }

  private void requireReloadable(Model model, Running running) throws Obstacle {
    requireNoOtherZone(model.zones(), running);
    Running permanent = firewalld.permanent();
    requireNoOtherZone(model.zones(), permanent);
    Optional<String> unsaved = ModelDiff.unsaved(running, permanent);
    if (unsaved.isPresent()) {
      throw new Obstacle(
          "UnsavedSettings",
          "firewalld has to be reloaded once, and that would change what somebody made: it runs"
              + " otherwise than its files say in "
              + unsaved.get(),
          "type firewall-cmd --runtime-to-permanent to keep what runs, or firewall-cmd --reload to"
              + " have what the files say");
    }
  }

  private static void requireNoOtherZone(List<DeviceZone> zones, Running running) throws Obstacle {
    for (DeviceZone zone : zones) {
      Optional<String> other = ModelDiff.otherZone(zone, running);
      if (other.isPresent()) {
        throw new Obstacle(
            "DeviceInOtherZone",
            "device %s was put into zone %s by hand".formatted(zone.device(), other.get()),
            "type, with and without --permanent: firewall-cmd --zone=%s --remove-interface=%s"
                .formatted(other.get(), zone.device()));
      }
    }
  }

  /** Another set of policies and zones, or many rules. */
  private void reload(Model model, Running running, Map<String, String> before)
      throws IOException, Obstacle {
    requireReloadable(model, running);
    try {
      files.write(model.files());
      firewalld.checkFiles();
    } catch (IOException | Obstacle e) {
      files.write(before);
      throw e;
    }
    try {
      firewalld.reload();
      requireInForce(model);
    } catch (Obstacle e) {
      files.write(before);
      firewalld.reload();
      throw e;
    }
  }

  /**
   * Leaves policies and zones of ours without effect; the next reload, whose ever, removes them.
   */
  private boolean removeWithoutReload(Model nothing, Running running, Map<String, String> before)
      throws IOException, Obstacle {
    files.write(Map.of());
    boolean changed = !before.isEmpty();
    for (Map.Entry<String, Settings> policy : running.policies().entrySet()) {
      if (Policy.isOurs(policy.getKey()) && !policy.getValue().rules().isEmpty()) {
        firewalld.setRules(policy.getKey(), List.of());
        changed = true;
      }
    }
    for (DeviceZone zone : ModelDiff.leftOver(nothing, running)) {
      firewalld.release(zone);
      changed = true;
    }
    return changed;
  }

  private void change(
      List<DeviceZone> empty, List<ModelDiff.Rules> changes, Map<String, String> before)
      throws IOException, Obstacle {
    boolean iptables = files.usesIptables();
    try {
      for (DeviceZone zone : empty) {
        firewalld.bind(zone);
      }
      for (ModelDiff.Rules change : changes) {
        change(change, iptables);
      }
    } catch (Obstacle e) {
      files.write(before);
      putBack(changes, iptables, e);
      throw e;
    }
  }

  private void change(ModelDiff.Rules change, boolean iptables) throws Obstacle {
    for (List<String> rules : change.steps(iptables)) {
      firewalld.setRules(change.policy(), rules);
    }
  }

  /** From wherever a change ended. */
  private void putBack(List<ModelDiff.Rules> changes, boolean iptables, Obstacle obstacle) {
    try {
      Running now = firewalld.running();
      for (ModelDiff.Rules change : changes) {
        List<String> found = Running.rules(now.policies(), change.policy());
        change(new ModelDiff.Rules(change.policy(), found, change.found()), iptables);
      }
    } catch (Obstacle e) {
      // It went away: it starts with the files before, and the next run begins anew.
      obstacle.addSuppressed(e);
    }
  }

  private void requireInForce(Model model) throws Obstacle {
    Running now = firewalld.running();
    if (!ModelDiff.hasFrame(model, now)
        || !ModelDiff.empty(model, now).isEmpty()
        || !ModelDiff.rules(model, now).isEmpty()) {
      throw new Obstacle(
          "NotTaken",
          "firewalld said yes, and did not take all rules",
          "the rules before are put back; look with: firewall-cmd --list-all-policies");
    }
  }

  /** Until it is used again, changes are not told any more. */
  @Override
  public void close() {
    firewalld.close();
  }
}
