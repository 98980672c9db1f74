package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses whom to probe, so that the nodes together probe everyone without a word between them. The
 * families are chosen from apart, for they fail apart.
 *
 * <p>Where there are too many, all blocks stand in {@value #CHOSEN} rings, each in another order,
 * and a node probes the next one in each: so each is probed by as many others. One ring is shuffled
 * anew each {@link #STEP}, so the choice moves on by one peer at a time, and in an hour to others.
 */
final class ProbeRotation {

  /** Up to so many peers of a family, all are probed. */
  static final int ALL = 30;

  /** Of more, so many. */
  static final int CHOSEN = 12;

  /** Peers that stay beside those chosen, because they are unreached. */
  static final int KEPT = 12;

  /** How long a choice lasts. */
  static final Duration STEP = Duration.ofMinutes(5);

  private ProbeRotation() {}

  /**
   * Those to probe, at most {@value #ALL} of each family.
   *
   * @param step number of the {@link #STEP}; should be the same on all nodes
   * @param unreached peers to go on with while they exist, the first before the last
   */
  static List<Target> choose(ProbeTargets targets, long step, Collection<Target> unreached) {
    List<Target> chosen = new ArrayList<>();
    for (AddressFamily family : AddressFamily.values()) {
      Optional<Source> own =
          targets.own().stream().filter(source -> source.block().family() == family).findFirst();
      own.ifPresent(source -> choose(source, targets.peers(), step, unreached, chosen));
    }
    return chosen;
  }

  private static void choose(
      Source own, List<Target> all, long step, Collection<Target> unreached, List<Target> chosen) {
    List<Target> peers =
        all.stream().filter(peer -> peer.block().family() == own.block().family()).toList();
    if (peers.size() <= ALL) {
      chosen.addAll(peers);
      return;
    }
    Set<Target> next = new HashSet<>();
    long[] keys = peers.stream().mapToLong(peer -> key(peer.block())).toArray();
    for (int ring = 0; ring < CHOSEN; ring++) {
      long order = mix(mix(ring + 1) + Math.floorDiv(step + ring, CHOSEN));
      long place = mix(key(own.block()) ^ order);
      int nearest = -1;
      long distance = 0;
      for (int i = 0; i < keys.length; i++) {
        long between = mix(keys[i] ^ order) - place;
        if ((nearest < 0 || Long.compareUnsigned(between, distance) < 0)
            && !next.contains(peers.get(i))) {
          nearest = i;
          distance = between;
        }
      }
      next.add(peers.get(nearest));
    }
    Set<Target> existing = Set.copyOf(peers);
    unreached.stream()
        .filter(peer -> existing.contains(peer) && !next.contains(peer))
        .limit(KEPT)
        .toList()
        .forEach(next::add);
    peers.stream().filter(next::contains).forEach(chosen::add);
  }

  private static long key(IpPrefix block) {
    return mix(
        block.length()
            + switch (block.address()) {
              case Ipv4Address v4 -> mix(v4.value());
              case Ipv6Address v6 -> mix(v6.high()) + v6.low();
            });
  }

  /** Spreads what differs in any bit over all bits (the finalizer of SplitMix64). */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
