package dev.tweed.fastpath;

import java.util.HashSet;
import java.util.Set;

/** Effective capabilities of a process. A pure function of its /proc/PID/status (proc(5)). */
public final class Capabilities {
  private static final String EFFECTIVE = "CapEff:";

  private Capabilities() {}

  /**
   * Their numbers (linux/capability.h).
   *
   * @throws IllegalArgumentException if the text has no line CapEff, or that is no number
   */
  public static Set<Integer> parse(String status) {
    String value =
        status
            .lines()
            .filter(line -> line.startsWith(EFFECTIVE))
            .map(line -> line.substring(EFFECTIVE.length()).strip())
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no line " + EFFECTIVE));
    long bits = Long.parseUnsignedLong(value, 16);
    Set<Integer> numbers = new HashSet<>();
    for (int number = 0; number < Long.SIZE; number++) {
      if ((bits >>> number & 1) == 1) {
        numbers.add(number);
      }
    }
    return numbers;
  }
}
