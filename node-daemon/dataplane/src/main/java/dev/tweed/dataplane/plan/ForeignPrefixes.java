package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpPrefix;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Networks that somebody has or had a route or a rule for: to know where packets to a block go, the
 * ends of those inside are to be asked about, too. Mutable.
 */
public final class ForeignPrefixes {

  /** Somebody may have one for each pod; beyond this the ends of blocks have to do. */
  private static final int MAX = 256;

  private final TreeSet<IpPrefix> prefixes = new TreeSet<>();

  /** Forgets all. */
  public void clear() {
    prefixes.clear();
  }

  /** Adds a network. */
  public void add(IpPrefix prefix) {
    if (prefixes.size() < MAX) {
      prefixes.add(prefix);
    }
  }

  /** Whether a network is a part of one of these blocks. */
  public static Predicate<IpPrefix> inside(Collection<IpPrefix> blocks) {
    Set<IpPrefix> all = new HashSet<>(blocks);
    List<Integer> lengths = all.stream().map(IpPrefix::length).distinct().toList();
    return prefix ->
        lengths.stream()
            .filter(length -> length < prefix.length())
            .anyMatch(length -> all.contains(new IpPrefix(prefix.address(), length).network()));
  }

  /** Those inside a target; the outside has none. */
  public Collection<IpPrefix> in(RouteTarget target) {
    IpPrefix block = target.prefix();
    return target instanceof RouteTarget.Outside
        ? List.of()
        : prefixes.tailSet(block, false).stream().takeWhile(block::contains).toList();
  }
}
