package dev.tweed.firewall.firewalld;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What stands between what firewalld runs and what it should. Pure. */
final class ModelDiff {

  /** What somebody wrote for people. */
  private static final Set<String> WORDS = Set.of("short", "description", "version");

  /** Settings of a zone that a reload keeps. */
  private static final Set<String> KEPT = Set.of("interfaces");

  private ModelDiff() {}

  /**
   * Rules of one policy to change.
   *
   * @param policy its name
   * @param found those there are
   * @param wanted those there should be
   */
  record Rules(String policy, List<String> found, List<String> wanted) {

    /** Whether bans have come or gone, and that is all. */
    boolean isOfBans() {
      return changed() == 0;
    }

    /** How many rules of ours change. */
    long changed() {
      return Stream.concat(missing().stream(), extra().stream())
          .filter(rule -> !ZoneBans.isRepeated(rule))
          .count();
    }

    List<String> missing() {
      return without(wanted, found);
    }

    List<String> extra() {
      return without(found, wanted);
    }

    /**
     * What to set the rules to, one after the other. firewalld removes before it adds, so that new
     * ones come first, beside the old: there is no moment without either. Only by iptables it would
     * remove the first of two that differ in nothing but their place, so there such an old one goes
     * before.
     */
    List<List<String>> steps(boolean iptables) {
      List<String> start = iptables ? without(found, moved()) : found;
      List<String> both = new ArrayList<>(start);
      both.addAll(missing());
      List<List<String>> steps = new ArrayList<>();
      List<String> last = found;
      for (List<String> next : List.of(start, both, wanted)) {
        if (!Set.copyOf(next).equals(Set.copyOf(last))) {
          steps.add(next);
          last = next;
        }
      }
      return steps;
    }

    /** Those of the extra that are missing elsewhere: only their place is another. */
    private List<String> moved() {
      Set<String> bodies = missing().stream().map(Rules::body).collect(Collectors.toSet());
      return extra().stream().filter(text -> bodies.contains(body(text))).toList();
    }

    private static String body(String text) {
      return text.replaceFirst("^rule priority=\"-?[0-9]+\" ", "");
    }
  }

  /** Whether policies and zones are as they should be, but for rules and devices. */
  static boolean hasFrame(Model model, FirewalldConfig running) {
    Map<String, Settings> policies = new TreeMap<>();
    model.policies().forEach(policy -> policies.put(policy.name(), frame(policy)));
    Map<String, Settings> zones = new TreeMap<>();
    model
        .zones()
        .forEach(zone -> zones.put(zone.name(), new Settings(Map.of("target", "default"))));
    return policies.equals(frames(running.policies(), Policy::isOurs, Set.of("rich_rules")))
        && zones.equals(frames(running.zones(), DeviceZone::isOurs, Set.of("interfaces")))
        && model.zones().stream()
            .allMatch(
                zone ->
                    Set.of(zone.device()).containsAll(running.zones().get(zone.name()).devices()));
  }

  private static Settings frame(Policy policy) {
    return new Settings(
        Map.of(
            "priority", policy.priority(),
            "target", "CONTINUE",
            "ingress_zones", List.of(policy.ends().ingress()),
            "egress_zones", List.of(policy.ends().egress())));
  }

  /** Those of ours, but for some settings; all else in one of them is somebody's mistake. */
  private static Map<String, Settings> frames(
      Map<String, Settings> running, Predicate<String> ours, Set<String> besides) {
    Map<String, Settings> frames = new TreeMap<>();
    running.forEach(
        (name, settings) -> {
          if (ours.test(name)) {
            Map<String, Object> values = new TreeMap<>(settings.values());
            values.keySet().removeAll(WORDS);
            values.keySet().removeAll(besides);
            frames.put(name, new Settings(values));
          }
        });
    return frames;
  }

  /** Zones whose device somebody took out; for a model with its frame in place. */
  static List<DeviceZone> empty(Model model, FirewalldConfig running) {
    return model.zones().stream()
        .filter(
            zone ->
                !running.zones().containsKey(zone.name())
                    || !running.zones().get(zone.name()).devices().contains(zone.device()))
        .toList();
  }

  /** Zones of ours that the model has not, with the devices in them. */
  static List<DeviceZone> leftOver(Model model, FirewalldConfig running) {
    return running.zones().entrySet().stream()
        .filter(zone -> DeviceZone.isOurs(zone.getKey()))
        .flatMap(
            zone ->
                zone.getValue().devices().stream()
                    .map(device -> new DeviceZone(zone.getKey(), device)))
        .filter(zone -> !model.zones().contains(zone))
        .toList();
  }

  /** Rules to change, policy by policy; for a model with its frame in place. */
  static List<Rules> rules(Model model, FirewalldConfig running) {
    return model.policies().stream()
        .map(
            policy ->
                new Rules(
                    policy.name(),
                    FirewalldConfig.rules(running.policies(), policy.name()),
                    policy.texts()))
        .filter(change -> !Set.copyOf(change.found()).equals(Set.copyOf(change.wanted())))
        .toList();
  }

  private static List<String> without(List<String> texts, List<String> others) {
    Set<String> set = new HashSet<>(others);
    return texts.stream().filter(text -> !set.contains(text)).toList();
  }

  /** Another zone than ours that a device was put in. */
  static Optional<String> otherZone(DeviceZone zone, FirewalldConfig running) {
    return running.zones().entrySet().stream()
        .filter(entry -> !DeviceZone.isOurs(entry.getKey()))
        .filter(entry -> entry.getValue().devices().contains(zone.device()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /**
   * What a reload would change of what people made: the first zone or policy that runs otherwise
   * than its file says, and the setting. Bans are no person's settings, and are put back.
   */
  static Optional<String> unsaved(FirewalldConfig running, FirewalldConfig permanent) {
    Map<String, Settings> zones = new TreeMap<>(running.zones());
    ZoneBans.unsaved(running, permanent)
        .forEach(ban -> zones.computeIfPresent(ban.zone(), (z, s) -> s.without(ban.rule())));
    return unsaved(zones, permanent.zones())
        .or(() -> unsaved(running.policies(), permanent.policies()));
  }

  private static Optional<String> unsaved(
      Map<String, Settings> running, Map<String, Settings> permanent) {
    Map<String, Map<String, Object>> runs = theirs(running);
    Map<String, Map<String, Object>> files = theirs(permanent);
    for (String name : union(runs.keySet(), files.keySet())) {
      Map<String, Object> run = runs.getOrDefault(name, Map.of());
      Map<String, Object> file = files.getOrDefault(name, Map.of());
      for (String setting : union(run.keySet(), file.keySet())) {
        if (!Objects.equals(run.get(setting), file.get(setting))) {
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

  private static Map<String, Map<String, Object>> theirs(Map<String, Settings> all) {
    Map<String, Map<String, Object>> theirs = new TreeMap<>();
    all.forEach(
        (name, settings) -> {
          if (!Policy.isOurs(name) && !DeviceZone.isOurs(name)) {
            Map<String, Object> values = new TreeMap<>(settings.values());
            values.keySet().removeAll(WORDS);
            values.keySet().removeAll(KEPT);
            values.replaceAll(
                (setting, value) -> value instanceof List<?> list ? new HashSet<>(list) : value);
            theirs.put(name, values);
          }
        });
    return theirs;
  }
}
