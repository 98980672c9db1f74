package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.RefusalException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings a model in by its files and a reload of them. That would also undo what a person changed
 * without {@code --permanent}, and bring in what was changed only there; so as long as there is
 * such a change, it is refused. Bans and direct rules, which programs make and nobody saves, are
 * put back after it.
 */
final class ModelReload {

  private final Firewalld firewalld;
  private final ModelFiles files;

  /** What runs, is in no file, and survives a reload of ours. */
  private record Unsaved(List<ZoneBans.Ban> bans, DirectRules direct) {}

  ModelReload(Firewalld firewalld, ModelFiles files) {
    this.firewalld = firewalld;
    this.files = files;
  }

  /** Whether it would undo nothing that a person has not saved. */
  boolean isHarmless(Model model, FirewalldConfig running) throws RefusalException {
    return unsaved(model, running, firewalld.permanent()).isEmpty();
  }

  private static Optional<String> unsaved(
      Model model, FirewalldConfig running, FirewalldConfig permanent) throws RefusalException {
    requireNoOtherZone(model.zones(), permanent);
    return ModelDiff.unsaved(running, permanent);
  }

  static void requireNoOtherZone(List<DeviceZone> zones, FirewalldConfig running)
      throws RefusalException {
    for (DeviceZone zone : zones) {
      Optional<String> other = ModelDiff.otherZone(zone, running);
      if (other.isPresent()) {
        throw new RefusalException(
            "DeviceInOtherZone",
            "device %s was put into zone %s by hand".formatted(zone.device(), other.get()),
            "type, with and without --permanent: firewall-cmd --zone=%s --remove-interface=%s"
                .formatted(other.get(), zone.device()));
      }
    }
  }

  /**
   * Reloads.
   *
   * @param before the files to put back if the model is not taken
   */
  void run(Model model, FirewalldConfig running, Map<String, String> before)
      throws IOException, RefusalException {
    FirewalldConfig permanent = firewalld.permanent();
    requireHarmless(model, running, permanent);
    Unsaved unsaved = new Unsaved(ZoneBans.unsaved(running, permanent), firewalld.direct());
    try {
      files.write(model.files());
      firewalld.checkFiles();
    } catch (IOException | RefusalException e) {
      files.write(before);
      throw e;
    }
    try {
      reload(unsaved);
      for (ModelDiff.Rules change : ModelDiff.rules(model, firewalld.running())) {
        if (change.isOfBans()) {
          firewalld.setRules(change.policy(), change.wanted());
        }
      }
      requireInForce(model);
    } catch (RefusalException e) {
      files.write(before);
      reload(unsaved);
      throw e;
    }
  }

  private void reload(Unsaved unsaved) throws RefusalException {
    firewalld.reload();
    firewalld.putBack(unsaved.bans(), unsaved.direct());
  }

  private static void requireHarmless(
      Model model, FirewalldConfig running, FirewalldConfig permanent) throws RefusalException {
    requireNoOtherZone(model.zones(), running);
    Optional<String> unsaved = unsaved(model, running, permanent);
    if (unsaved.isPresent()) {
      throw new RefusalException(
          "UnsavedSettings",
          "firewalld has to be reloaded once, and that would change what somebody made: it runs"
              + " otherwise than its files say in "
              + unsaved.get(),
          "type firewall-cmd --runtime-to-permanent to keep what runs, or firewall-cmd --reload to"
              + " have what the files say");
    }
  }

  private void requireInForce(Model model) throws RefusalException {
    FirewalldConfig now = firewalld.running();
    if (!ModelDiff.hasFrame(model, now)
        || !ModelDiff.empty(model, now).isEmpty()
        || !ModelDiff.rules(model, now).isEmpty()) {
      throw new RefusalException(
          "NotTaken",
          "firewalld said yes, and did not take all rules",
          "the rules before are put back; look with: firewall-cmd --list-all-policies");
    }
  }
}
