package dev.tweed.firewall.firewalld;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Numbers for things in an order, such that as many as can be keep the number they have. Pure. */
final class PriorityPlanner {

  /** The smallest priority of a rich rule but one, which bans have; ours end below 0. */
  static final int MIN = -32_767;

  static final int MAX = -1;

  /** Room for that many between neighbours, as long as there is. */
  private static final int SPACING = 64;

  private PriorityPlanner() {}

  /**
   * Plans.
   *
   * @param wanted in order, no two alike
   * @param found numbers that are taken
   * @return one number each, rising
   * @throws IllegalArgumentException for more than there are numbers
   */
  static <T> List<Integer> plan(List<T> wanted, Map<T, Integer> found) {
    if (wanted.size() > MAX - MIN + 1) {
      throw new IllegalArgumentException(wanted.size() + " rules have no room in a policy");
    }
    List<Optional<Integer>> kept = kept(wanted, found);
    return fill(kept)
        // No room left somewhere: all anew.
        .or(() -> fill(Collections.nCopies(wanted.size(), Optional.empty())))
        .orElseThrow();
  }

  /** The longest rising sequence among the numbers found; empty where a new one is needed. */
  private static <T> List<Optional<Integer>> kept(List<T> wanted, Map<T, Integer> found) {
    int[] numbers =
        wanted.stream()
            .mapToInt(item -> found.getOrDefault(item, Integer.MAX_VALUE))
            .map(number -> number < MIN || number > MAX ? Integer.MAX_VALUE : number)
            .toArray();
    // Of the sequences of each length the one with the smallest end, by that: where it has it.
    NavigableMap<Integer, Integer> ends = new TreeMap<>();
    int[] before = new int[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] != Integer.MAX_VALUE) {
        Map.Entry<Integer, Integer> shorter = ends.lowerEntry(numbers[i]);
        before[i] = shorter == null ? -1 : shorter.getValue();
        Integer replaced = ends.ceilingKey(numbers[i]);
        if (replaced != null) {
          ends.remove(replaced);
        }
        ends.put(numbers[i], i);
      }
    }
    List<Optional<Integer>> kept =
        new ArrayList<>(Collections.nCopies(numbers.length, Optional.empty()));
    for (int i = ends.isEmpty() ? -1 : ends.lastEntry().getValue(); i >= 0; i = before[i]) {
      kept.set(i, Optional.of(numbers[i]));
    }
    return kept;
  }

  private static Optional<List<Integer>> fill(List<Optional<Integer>> kept) {
    Integer[] numbers = new Integer[kept.size()];
    int i = 0;
    while (i < numbers.length) {
      if (kept.get(i).isPresent()) {
        numbers[i] = kept.get(i).get();
        i++;
        continue;
      }
      int end = i;
      while (end < numbers.length && kept.get(end).isEmpty()) {
        end++;
      }
      int below = i == 0 ? MIN - 1 : numbers[i - 1];
      int above = end == numbers.length ? MAX + 1 : kept.get(end).get();
      int count = end - i;
      int step = Math.min(SPACING, (above - below) / (count + 1));
      if (step == 0) {
        return Optional.empty();
      }
      // New ones at an end keep close to their neighbours; a beginning is made in the middle.
      int start =
          i == 0 && end == numbers.length
              ? below + (above - below - (count + 1) * step) / 2
              : i == 0 ? above - (count + 1) * step : below;
      for (int k = 0; k < count; k++) {
        numbers[i + k] = start + (k + 1) * step;
      }
      i = end;
    }
    return Optional.of(Arrays.asList(numbers));
  }
}
