package dev.tweed.operator.allocation;

import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keeps one mistake from taking the blocks of a whole network, and with them the way to its running
 * pods. Many is more than {@link #FEW} blocks and more than {@link #PERCENT} % of the network's,
 * counted over those that are due and those that are marked to be.
 *
 * <p>Of nodes that exist (a wrong nodeSelector, a controller that takes labels off, other podCIDRs)
 * many are not released at all until a person agrees or the cause is gone. A mass may come one by
 * one: those that went in the last hour count too ({@link RecentReleases}), so more than that do
 * not go in an hour.
 *
 * <p>Nodes that do not exist may have been deleted by mistake too, but mostly are gone for good,
 * and nobody should have to agree to that every night. Many of those are only kept longer: until
 * nothing has been heard of a node for {@link #PATIENCE}, or until a pool has nothing left for a
 * node that needs a block; then who has been silent longest goes first.
 */
public final class ReleaseValve {
  /** So many blocks are never many. */
  static final int FEW = 3;

  /** Nor are so many of a network's, in percent. */
  static final int PERCENT = 10;

  /**
   * How long nothing is heard of nodes, of many that are gone, before their blocks are released.
   */
  public static final Duration PATIENCE = Duration.ofHours(1);

  private final AllocationInput input;
  private final Map<String, Integer> blocks = new HashMap<>();
  private final List<Release> released = new ArrayList<>();
  private final List<Release> suspended = new ArrayList<>();
  private final List<Release> kept = new ArrayList<>();

  private ReleaseValve(AllocationInput input) {
    this.input = input;
    blocks.putAll(input.history().released());
    input.subnets().forEach(s -> blocks.merge(s.spec().podNetwork(), 1, Integer::sum));
  }

  /**
   * @param released to be released now
   * @param suspended of nodes that exist, due or marked, that are not released until a person
   *     agrees
   * @param pending of nodes that left their network, due or marked, that nothing keeps
   * @param nextDeadline when the next of those that are kept is released, if nothing changes
   */
  record Verdict(
      List<Release> released,
      List<Release> suspended,
      List<Release> pending,
      Optional<Instant> nextDeadline) {}

  /**
   * @param due what would be released now
   * @param marked what would be later
   * @param needs how many nodes found no free block in the pools they may draw from, of one family
   */
  static Verdict judge(
      List<Release> due,
      List<Release> marked,
      Map<List<Pool>, Integer> needs,
      AllocationInput input) {
    ReleaseValve valve = new ReleaseValve(input);
    Set<String> agreed =
        input.networks().stream()
            .filter(NetworkFacts::releaseAgreed)
            .map(NetworkFacts::name)
            .collect(Collectors.toSet());
    List<Release> all = Stream.concat(due.stream(), marked.stream()).toList();
    Set<String> many =
        valve.many(all, input.history().released(), r -> r.reason().ofNodeThatExists());
    Set<String> manyGone = valve.many(all, Map.of(), r -> r.reason() == ReleaseReason.NodeGone);
    Set<String> unasked = new HashSet<>(many);
    unasked.removeAll(agreed);
    all.stream()
        .filter(r -> r.reason().ofNodeThatExists() && unasked.contains(network(r)))
        .forEach(valve.suspended::add);
    for (Release release : due) {
      boolean held =
          release.reason().ofNodeThatExists()
              ? many.contains(network(release))
              : release.reason() == ReleaseReason.NodeGone
                  && manyGone.contains(network(release))
                  && valve.silentFor(release).compareTo(PATIENCE) < 0;
      if (!held) {
        valve.released.add(release);
      } else if (agreed.contains(network(release))) {
        valve.released.add(release.byAgreement());
      } else if (release.reason() == ReleaseReason.NodeGone) {
        valve.kept.add(release);
      }
    }
    valve.serve(needs);
    return new Verdict(
        List.copyOf(valve.released),
        List.copyOf(valve.suspended),
        all.stream()
            .filter(r -> r.reason() == ReleaseReason.NodeLeft && !unasked.contains(network(r)))
            .toList(),
        valve.kept.stream().map(r -> valve.heard(r).plus(PATIENCE)).min(Comparator.naturalOrder()));
  }

  private static String network(Release release) {
    return release.subnet().spec().podNetwork();
  }

  private Set<String> many(
      List<Release> all, Map<String, Integer> before, Predicate<Release> which) {
    Map<String, Integer> count = new HashMap<>(before);
    all.stream().filter(which).forEach(r -> count.merge(network(r), 1, Integer::sum));
    count
        .entrySet()
        .removeIf(
            e ->
                e.getValue() <= FEW
                    || 100L * e.getValue() <= (long) PERCENT * blocks.get(e.getKey()));
    return count.keySet();
  }

  // Without Leases nothing but the time since the Node is gone is known.
  private Instant heard(Release release) {
    return input
        .daemons()
        .lastHeard()
        .getOrDefault(
            release.subnet().spec().nodeName(), release.subnet().goneSince().orElse(input.now()));
  }

  private Duration silentFor(Release release) {
    return Duration.between(heard(release), input.now());
  }

  private void serve(Map<List<Pool>, Integer> needs) {
    kept.sort(Comparator.comparing(this::heard).thenComparing(r -> r.subnet().name()));
    Set<String> used = new HashSet<>();
    needs.forEach(
        (pools, nodes) ->
            Stream.concat(released.stream(), kept.stream())
                .filter(r -> !used.contains(r.subnet().name()) && fits(r, pools))
                .limit(nodes)
                .forEach(r -> used.add(r.subnet().name())));
    kept.stream().filter(r -> used.contains(r.subnet().name())).forEach(released::add);
    kept.removeIf(r -> used.contains(r.subnet().name()));
  }

  private static boolean fits(Release release, List<Pool> pools) {
    return IpPrefix.tryParseNetwork(release.subnet().spec().cidr())
        .filter(
            block ->
                pools.stream()
                    .anyMatch(
                        p -> p.nodePrefixLength() == block.length() && p.cidr().contains(block)))
        .isPresent();
  }
}
