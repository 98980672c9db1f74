package dev.tweed.firewall.firewalld;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What stands between what firewalld runs and what it should. Pure. */
final class ModelDiff {

  /** What a policy has besides rules; all else in one of ours is somebody's mistake. */
  private static final Set<String> FRAME =
      Set.of("priority", "target", "ingress-zones", "egress-zones", "rich rules");

  /** What a zone of ours has. */
  private static final Set<String> ZONE_FRAME = Set.of("target", "interfaces");

  /** How firewalld lists what is not set. */
  private static final Set<List<String>> UNSET = Set.of(List.of(), List.of("no"), List.of("0"));

  /** Settings of a zone that a reload keeps. */
  private static final Set<String> KEPT = Set.of("interfaces");

  private ModelDiff() {}

  /**
   * Rules of one policy to change.
   *
   * @param policy its name
   * @param missing to be added
   * @param extra to be removed
   */
  record Rules(String policy, List<String> missing, List<String> extra) {

    /** Those of the extra that are missing elsewhere: only their place is another. */
    List<String> moved() {
      Set<String> bodies = missing.stream().map(Rules::body).collect(Collectors.toSet());
      return extra.stream().filter(text -> bodies.contains(body(text))).toList();
    }

    private static String body(String text) {
      return text.replaceFirst("^rule priority=\"-?[0-9]+\" ", "");
    }
  }

  /** Whether policies and zones are as they should be, but for rules and devices. */
  static boolean hasFrame(Model model, Running running) {
    Set<String> policies = model.policies().stream().map(Policy::name).collect(Collectors.toSet());
    Set<String> zones = model.zones().stream().map(DeviceZone::name).collect(Collectors.toSet());
    return running.policies().entries().stream()
            .filter(entry -> Policy.isOurs(entry.name()))
            .allMatch(entry -> policies.contains(entry.name()))
        && running.zones().entries().stream()
            .filter(entry -> DeviceZone.isOurs(entry.name()))
            .allMatch(entry -> zones.contains(entry.name()))
        && model.policies().stream()
            .allMatch(
                policy ->
                    running
                        .policies()
                        .entry(policy.name())
                        .filter(e -> isFrame(policy, e))
                        .isPresent())
        && model.zones().stream()
            .allMatch(
                zone ->
                    running.zones().entry(zone.name()).filter(e -> isFrame(zone, e)).isPresent());
  }

  private static boolean isFrame(Policy policy, Listing.Entry entry) {
    return entry.word("priority").equals(Optional.of(Integer.toString(policy.priority())))
        && entry.word("target").equals(Optional.of("CONTINUE"))
        && entry.word("ingress-zones").equals(Optional.of(policy.ends().ingress()))
        && entry.word("egress-zones").equals(Optional.of(policy.ends().egress()))
        && hasNothingBut(FRAME, entry);
  }

  private static boolean isFrame(DeviceZone zone, Listing.Entry entry) {
    return entry.word("target").equals(Optional.of("default"))
        && Set.of(zone.device()).containsAll(entry.words("interfaces"))
        && hasNothingBut(ZONE_FRAME, entry);
  }

  private static boolean hasNothingBut(Set<String> settings, Listing.Entry entry) {
    return entry.settings().entrySet().stream()
        .filter(setting -> !settings.contains(setting.getKey()))
        .allMatch(setting -> UNSET.contains(setting.getValue()));
  }

  /** Zones whose device somebody took out; for a model with its frame in place. */
  static List<DeviceZone> empty(Model model, Running running) {
    return model.zones().stream()
        .filter(
            zone ->
                running
                    .zones()
                    .entry(zone.name())
                    .filter(entry -> entry.words("interfaces").contains(zone.device()))
                    .isEmpty())
        .toList();
  }

  /** Zones of ours that the model has not, with the devices in them. */
  static List<DeviceZone> leftOver(Model model, Running running) {
    return running.zones().entries().stream()
        .filter(entry -> DeviceZone.isOurs(entry.name()))
        .flatMap(
            entry ->
                entry.words("interfaces").stream()
                    .map(device -> new DeviceZone(entry.name(), device)))
        .filter(zone -> !model.zones().contains(zone))
        .toList();
  }

  /** Rules to change, policy by policy; for a model with its frame in place. */
  static List<Rules> rules(Model model, Running running) {
    List<Rules> changes = new ArrayList<>();
    for (Policy policy : model.policies()) {
      List<String> found =
          running.policies().entry(policy.name()).map(Listing.Entry::rules).orElse(List.of());
      List<String> missing = without(policy.texts(), found);
      List<String> extra = without(found, policy.texts());
      if (!missing.isEmpty() || !extra.isEmpty()) {
        changes.add(new Rules(policy.name(), missing, extra));
      }
    }
    return changes;
  }

  private static List<String> without(List<String> texts, List<String> others) {
    Set<String> set = new HashSet<>(others);
    return texts.stream().filter(text -> !set.contains(text)).toList();
  }

  /** Another zone than ours that a device was put in. */
  static Optional<String> otherZone(DeviceZone zone, Running running) {
    return running.zones().entries().stream()
        .filter(entry -> !DeviceZone.isOurs(entry.name()))
        .filter(entry -> entry.words("interfaces").contains(zone.device()))
        .map(Listing.Entry::name)
        .findFirst();
  }

  /**
   * What a reload would change of what people made: the first zone or policy that runs otherwise
   * than its file says, and the setting.
   */
  static Optional<String> unsaved(Running running, Running permanent) {
    return unsaved(running.zones(), permanent.zones())
        .or(() -> unsaved(running.policies(), permanent.policies()));
  }

  private static Optional<String> unsaved(Listing running, Listing permanent) {
    Map<String, Map<String, Set<String>>> runs = theirs(running);
    Map<String, Map<String, Set<String>>> files = theirs(permanent);
    for (String name : union(runs.keySet(), files.keySet())) {
      Map<String, Set<String>> run = runs.getOrDefault(name, Map.of());
      Map<String, Set<String>> file = files.getOrDefault(name, Map.of());
      for (String setting : union(run.keySet(), file.keySet())) {
        if (!run.getOrDefault(setting, Set.of()).equals(file.getOrDefault(setting, Set.of()))) {
          return Optional.of(name + ", " + setting);
        }
      }
    }
    return Optional.empty();
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    Set<String> all = new TreeSet<>(some);
    all.addAll(others);
    return all;
  }

  private static Map<String, Map<String, Set<String>>> theirs(Listing listing) {
    Map<String, Map<String, Set<String>>> theirs = new TreeMap<>();
    for (Listing.Entry entry : listing.entries()) {
      if (Policy.isOurs(entry.name()) || DeviceZone.isOurs(entry.name())) {
        continue;
      }
      Map<String, Set<String>> settings = new TreeMap<>();
      entry
          .settings()
          .forEach(
              (name, words) -> {
                if (!KEPT.contains(name)) {
                  settings.put(name, new TreeSet<>(words));
                }
              });
      theirs.put(entry.name(), settings);
    }
    return theirs;
  }
}
