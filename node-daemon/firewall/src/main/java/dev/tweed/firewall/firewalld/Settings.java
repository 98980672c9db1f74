package dev.tweed.firewall.firewalld;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a policy or a zone is set to.
 *
 * @param values by name: texts, numbers, lists... Nothing that is not set: false, 0 or empty
 */
record Settings(Map<String, Object> values) {

  /** As a policy calls them, and a zone. */
  private static final List<String> RULES = List.of("rich_rules", "rules_str");

  Settings {
    Map<String, Object> set = new TreeMap<>(values);
    set.values().removeIf(Settings::isUnset);
    values = Map.copyOf(set);
  }

  private static boolean isUnset(Object value) {
    return value.equals(false)
        || value.equals(0)
        || value.equals("")
        || value instanceof List<?> list && list.isEmpty();
  }

  Optional<Object> value(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** A list of texts; empty if it is not set, or not one. */
  List<String> texts(String name) {
    return values.get(name) instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of();
  }

  List<String> rules() {
    return RULES.stream().flatMap(name -> texts(name).stream()).toList();
  }

  /** The same without a rule. */
  Settings without(String rule) {
    Map<String, Object> rest = new TreeMap<>(values);
    RULES.forEach(
        name -> rest.put(name, texts(name).stream().filter(other -> !other.equals(rule)).toList()));
    return new Settings(rest);
  }

  List<String> devices() {
    return texts("interfaces");
  }
}
