package dev.tweed.firewall.iptables;

import java.util.HashSet;
import java.util.Set;

/** Which rows are still in order, if some were moved. */
public final class RowOrder {

  /** The position of a row that was not found. */
  public static final int NOWHERE = -1;

  private RowOrder() {}

  /**
   * Indices of rows whose positions ascend: as many as there can be, so that of those that were
   * moved as few as possible are blamed.
   *
   * @param positions of the rows, in the order they should have
   */
  public static Set<Integer> kept(int[] positions) {
    int[] before = new int[positions.length];
    int[] tails = new int[positions.length]; // of sequences of each length, the smallest last one
    int length = 0;
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] == NOWHERE) {
        continue;
      }
      int low = 0;
      int high = length;
      while (low < high) {
        int middle = (low + high) / 2;
        if (positions[tails[middle]] < positions[i]) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      before[i] = low == 0 ? NOWHERE : tails[low - 1];
      tails[low] = i;
      length = Math.max(length, low + 1);
    }
    Set<Integer> indices = new HashSet<>();
    for (int i = length == 0 ? NOWHERE : tails[length - 1]; i != NOWHERE; i = before[i]) {
      indices.add(i);
    }
    return indices;
  }
}
