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
    return texts("rich_rules");
  }

  List<String> devices() {
    return texts("interfaces");
  }
}
