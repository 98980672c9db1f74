package dev.tweed.firewall.rules;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A port or a range of ports.
 *
 * @param first 1..65535
 * @param last not below first; equal to it for a single port
 */
public record PortRange(int first, int last) implements Comparable<PortRange> {

  private static final Comparator<PortRange> ORDER =
      Comparator.comparingInt(PortRange::first).thenComparingInt(PortRange::last);

  /**
   * @throws IllegalArgumentException if a port is out of range or the range is reversed
   */
  public PortRange {
    if (first < 1 || last > 65535 || first > last) {
      throw new IllegalArgumentException(
          "ports are 1..65535, the smaller first; not " + first + ":" + last);
    }
  }

  /** A single port. */
  public static PortRange of(int port) {
    return new PortRange(port, port);
  }

  /** Whether this is one port. */
  public boolean isSingle() {
    return first == last;
  }

  /** Whether the port is in this range. */
  public boolean contains(int port) {
    return first <= port && port <= last;
  }

  /** Whether the two have a port in common. */
  boolean overlaps(PortRange other) {
    return first <= other.last && other.first <= last;
  }

  /** Whether all ports of the other are in this range. */
  boolean containsAll(PortRange other) {
    return first <= other.first && other.last <= last;
  }

  /** The same ports in as few ranges as can be, sorted, with gaps between them. */
  public static List<PortRange> union(List<PortRange> ranges) {
    List<PortRange> kept = new ArrayList<>();
    for (PortRange range : ranges.stream().sorted().toList()) {
      if (!kept.isEmpty() && range.first <= kept.getLast().last + 1) {
        PortRange last = kept.removeLast();
        kept.add(new PortRange(last.first, Math.max(last.last, range.last)));
      } else {
        kept.add(range);
      }
    }
    return List.copyOf(kept);
  }

  /** Places it takes in a multiport match of iptables, which has 15. */
  int slots() {
    return isSingle() ? 1 : 2;
  }

  @Override
  public int compareTo(PortRange other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return isSingle() ? Integer.toString(first) : first + ":" + last;
  }
}
