package dev.tweed.policy;

import java.util.List;

/**
 * Whom a rule is about: any of these. Nothing at all is nobody, never anybody: what could not be
 * read, or selects nobody, must not open a rule.
 *
 * @param anyone every address, also of none of the cluster's
 * @param allPods every pod of the cluster, by {@link AddressSpace#isPod}
 * @param sets names of {@link PeerSet}s
 * @param blocks networks; they mean pods, too
 */
public record Peers(boolean anyone, boolean allPods, List<String> sets, List<IpBlock> blocks) {
  /** Every address. */
  public static final Peers ANYONE = new Peers(true, false, List.of(), List.of());

  public Peers {
    sets = List.copyOf(sets);
    blocks = List.copyOf(blocks);
  }

  /** Members of these sets. */
  public static Peers sets(String... names) {
    return new Peers(false, false, List.of(names), List.of());
  }

  /** Addresses of these networks. */
  public static Peers blocks(IpBlock... blocks) {
    return new Peers(false, false, List.of(), List.of(blocks));
  }
}
