package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.RefusalException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Makes a model what firewalld runs and what its files say: rules without a reload, another set of
 * policies or zones with one. Hundreds of changed rules are brought in by a reload too, where
 * nothing is undone by it: firewalld makes a transaction of each rule, which takes up to 0.15 s
 * where there are a thousand.
 *
 * <p>For each change it also parses all rules of all policies, so that more policies with fewer
 * rules each would not save much (docs/benchmarks.md), and their number could not follow the rules'
 * without a reload.
 */
final class ModelWriter {

  /** Slower than this by single rules is done by a reload. */
  private static final long SLOW_MILLIS = 5_000;

  /** A node that joins changes a row of each entry that means it, on all nodes at the same time. */
  private static final int FEW = 50;

  private static final long LONGEST_MILLIS = 30_000;

  private final Firewalld firewalld;
  private final ModelFiles files;
  private final ModelReload reload;

  ModelWriter(Firewalld firewalld, ModelFiles files) {
    this.firewalld = firewalld;
    this.files = files;
    this.reload = new ModelReload(firewalld, files);
  }

  /**
   * Writes.
   *
   * @param model what should be
   * @param running what runs
   * @return whether anything had to be done but to follow bans
   */
  boolean write(Model model, FirewalldConfig running) throws IOException, RefusalException {
    Map<String, String> before = files.read();
    if (!ModelDiff.hasFrame(model, running)) {
      if (model.policies().isEmpty() && !reload.isHarmless(model, running)) {
        return removeWithoutReload(model, running, before);
      }
      reload.run(model, running, before);
      return true;
    }
    List<DeviceZone> empty = ModelDiff.empty(model, running);
    ModelReload.requireNoOtherZone(empty, running);
    List<ModelDiff.Rules> changes = ModelDiff.rules(model, running);
    if (isSlow(model, changes) && reload.isHarmless(model, running)) {
      reload.run(model, running, before);
      return true;
    }
    boolean stale = ModelFiles.differ(before, model.files());
    if (stale) {
      files.write(model.files());
    }
    if (!empty.isEmpty() || !changes.isEmpty()) {
      change(empty, changes, before);
    }
    return stale || !empty.isEmpty() || !changes.stream().allMatch(ModelDiff.Rules::isOfBans);
  }

  /** Whether {@link #write} would have anything to do. */
  boolean isNeeded(Model model, FirewalldConfig running) throws IOException {
    return !ModelDiff.hasFrame(model, running)
        || !ModelDiff.empty(model, running).isEmpty()
        || !ModelDiff.rules(model, running).isEmpty()
        || ModelFiles.differ(files.read(), model.files());
  }

  /** As measured: firewalld looks through all rules for each it changes. */
  private static boolean isSlow(Model model, List<ModelDiff.Rules> changes) {
    long rules = model.policies().stream().mapToLong(policy -> policy.rules().size()).sum();
    long changed = changes.stream().mapToLong(ModelDiff.Rules::changed).sum();
    long millis = changed * (8 + rules / 7);
    return millis > SLOW_MILLIS && (changed > FEW || millis > LONGEST_MILLIS);
  }

  /**
   * Leaves policies and zones of ours without effect; the next reload, whose ever, removes them.
   */
  private boolean removeWithoutReload(
      Model nothing, FirewalldConfig running, Map<String, String> before)
      throws IOException, RefusalException {
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
      throws IOException, RefusalException {
    boolean iptables = files.usesIptables();
    try {
      for (DeviceZone zone : empty) {
        firewalld.bind(zone);
      }
      for (ModelDiff.Rules change : changes) {
        change(change, iptables);
      }
    } catch (RefusalException e) {
      files.write(before);
      putBack(changes, iptables, e);
      throw e;
    }
  }

  private void change(ModelDiff.Rules change, boolean iptables) throws RefusalException {
    for (List<String> rules : change.steps(iptables)) {
      firewalld.setRules(change.policy(), rules);
    }
  }

  /** From wherever a change ended. */
  private void putBack(List<ModelDiff.Rules> changes, boolean iptables, RefusalException obstacle) {
    try {
      FirewalldConfig now = firewalld.running();
      for (ModelDiff.Rules change : changes) {
        List<String> found = FirewalldConfig.rules(now.policies(), change.policy());
        change(new ModelDiff.Rules(change.policy(), found, change.found()), iptables);
      }
    } catch (RefusalException e) {
      // It went away: it starts with the files before, and the next run begins anew.
      obstacle.addSuppressed(e);
    }
  }
}
