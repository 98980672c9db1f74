package dev.tweed.firewall.firewalld;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code firewall-cmd --list-all-policies} or {@code --list-all-zones} prints.
 *
 * @param entries in its order
 */
record Listing(List<Entry> entries) {

  Listing {
    entries = List.copyOf(entries);
  }

  /**
   * A policy or a zone.
   *
   * @param name of it
   * @param settings by name; each word, or each line where there is one for each
   */
  record Entry(String name, Map<String, List<String>> settings) {
    /** The only word of a setting; empty if there is none, or more. */
    Optional<String> word(String setting) {
      List<String> words = words(setting);
      return words.size() == 1 ? Optional.of(words.getFirst()) : Optional.empty();
    }

    List<String> words(String setting) {
      return settings.getOrDefault(setting, List.of());
    }

    List<String> rules() {
      return words("rich rules");
    }
  }

  Optional<Entry> entry(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** Reads; lines of another shape are left out. */
  static Listing parse(String text) {
    List<Entry> entries = new ArrayList<>();
    List<String> words = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank()) {
        continue;
      }
      if (line.startsWith("\t")) {
        words.add(line.strip());
      } else if (line.startsWith("  ")) {
        int colon = line.indexOf(':');
        if (colon > 0 && !entries.isEmpty()) {
          words = new ArrayList<>();
          String value = line.substring(colon + 1).strip();
          if (!value.isEmpty()) {
            words.addAll(List.of(value.split("\\s+")));
          }
          entries.getLast().settings().put(line.substring(0, colon).strip(), words);
        }
      } else {
        int end = line.indexOf(" ("); // as in "public (default, active)"
        String name = end < 0 ? line.strip() : line.substring(0, end);
        entries.add(new Entry(name, new LinkedHashMap<>()));
      }
    }
    return new Listing(entries);
  }
}
