package dev.tweed.operator.ledger;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlan.Claim;
import dev.tweed.operator.allocation.Cidr;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.ClaimWriter.ClaimResult;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Carries out claims so that no two operators ever hand out overlapping ranges or a second block,
 * however long one of them was asleep in between.
 *
 * <p>Invariant: the NodeSubnets that exist and the intents of the ledger together never conflict. A
 * batch is planned from the ledger and from all NodeSubnets that existed after it was read; it is
 * written into the ledger only if the ledger has not changed since, and carried out after that.
 * Whoever finds intents in the ledger carries them out first, so an intent is forgotten only when
 * its NodeSubnet exists, or the API server will not have it.
 *
 * <p>Not safe for use by several threads.
 */
public final class Allocator {
  /**
   * How long the ledger has to rest before a NodeSubnet may be deleted. Within a third of it after
   * the ledger was read a creation may be sent; the other two are for a request that is under way.
   * Otherwise a creation that somebody sent for an intent of long ago could bring a deleted
   * NodeSubnet back.
   */
  public static final Duration QUIET = Duration.ofSeconds(30);

  private static final int ATTEMPTS = 20;

  private final LedgerStore store;
  private final ClaimWriter writer;
  private final Duration quiet;
  private final LongSupplier nanoTime;
  private Optional<Settled> settled = Optional.empty();
  private Optional<String> restingVersion = Optional.empty();
  private long restingSince;

  /**
   * @param quiet {@link #QUIET}, or less in tests that cannot wait so long
   * @param nanoTime a clock that never jumps, such as {@link System#nanoTime}
   */
  public Allocator(LedgerStore store, ClaimWriter writer, Duration quiet, LongSupplier nanoTime) {
    this.store = store;
    this.writer = writer;
    this.quiet = quiet;
    this.nanoTime = nanoTime;
    this.restingSince = nanoTime.getAsLong();
  }

  /** Plans from the latest NodeSubnets and cursors; called once for each attempt. */
  @FunctionalInterface
  public interface Planning {
    AllocationPlan plan(List<SubnetFacts> subnets, Map<String, Long> cursors);
  }

  /**
   * @param plan the last plan; claims of it are left only where something kept them from being made
   * @param basis the NodeSubnets it was made from
   * @param created NodeSubnets that came into being by us
   * @param refused claims the API server will not have
   * @param conflicts how often another operator was first
   */
  public record Outcome(
      AllocationPlan plan,
      List<SubnetFacts> basis,
      List<SubnetFacts> created,
      List<ClaimResult.Refused> refused,
      int conflicts) {}

  /**
   * Allocates, batch after batch, until nothing is left to claim. When it returns, the ledger holds
   * no intent of ours.
   *
   * @param cached the NodeSubnets as a cache has them, perhaps behind
   * @throws LedgerException when the outcome of a creation stays unknown, or other operators were
   *     first too often; call again later, nothing is lost
   */
  public Outcome allocate(Planning planning, List<SubnetFacts> cached) {
    Round round = new Round(planning);
    for (int conflicts = 0; conflicts < ATTEMPTS; conflicts++) {
      Optional<Outcome> outcome = round.attempt(cached, conflicts);
      if (outcome.isPresent()) {
        return outcome.get();
      }
    }
    throw new LedgerException("another operator was first " + ATTEMPTS + " times; trying again");
  }

  /** One call of {@link #allocate}: what it has done so far. */
  private final class Round {
    private final Planning planning;
    private final List<SubnetFacts> created = new ArrayList<>();
    private final List<ClaimResult.Refused> refused = new ArrayList<>();

    Round(Planning planning) {
      this.planning = planning;
    }

    /** Empty when another operator wrote the ledger in between. */
    Optional<Outcome> attempt(List<SubnetFacts> cached, int conflicts) {
      long asked = nanoTime.getAsLong();
      LedgerStore.Entry entry = store.read();
      observe(entry);
      carryOut(subnets(entry.ledger().intents()), asked);
      List<SubnetFacts> basis =
          new ArrayList<>(complete(cached, entry) ? cached : writer.listLatest());
      while (true) {
        AllocationPlan plan = planning.plan(basis, entry.ledger().cursors());
        if (plan.claims().isEmpty() && entry.ledger().intents().isEmpty()) {
          settled = Optional.of(new Settled(entry.version(), names(basis)));
          return Optional.of(new Outcome(plan, basis, created, refused, conflicts));
        }
        // One write both forgets the intents that are carried out and notes the next ones.
        long wrote = nanoTime.getAsLong();
        Optional<LedgerStore.Entry> mine =
            store.replace(entry, entry.ledger().with(plan.cursors(), specs(plan)));
        if (mine.isEmpty()) {
          return Optional.empty();
        }
        entry = mine.get();
        observe(entry);
        int before = created.size();
        carryOut(plan.claims().stream().map(Allocator::subnet).toList(), wrote);
        // While the ledger is ours nothing but this came into being, so no list is needed.
        basis.addAll(created.subList(before, created.size()));
        if (created.size() - before < plan.claims().size()) {
          store.replace(entry, entry.ledger().settled()).ifPresent(Allocator.this::observe);
          return Optional.of(new Outcome(plan, basis, created, refused, conflicts));
        }
      }
    }

    private void carryOut(List<NodeSubnet> claims, long since) {
      if (claims.isEmpty()) {
        return;
      }
      List<String> unknown = new ArrayList<>();
      long window = quiet.dividedBy(3).toNanos();
      BooleanSupplier fresh = () -> nanoTime.getAsLong() - since < window;
      for (ClaimResult result : writer.create(claims, fresh)) {
        switch (result) {
          case ClaimResult.Created c -> created.add(c.subnet());
          case ClaimResult.Exists e -> {}
          case ClaimResult.Refused r -> refused.add(r);
          case ClaimResult.Unknown u -> unknown.add(u.name() + ": " + u.message());
        }
      }
      if (!unknown.isEmpty()) {
        // The intents stay in the ledger: whoever allocates next carries them out.
        throw new LedgerException(
            unknown.size() + " NodeSubnets may not have been created, first " + unknown.getFirst());
      }
    }
  }

  /**
   * What existed when the ledger came to rest by us.
   *
   * @param version of the ledger then
   * @param names of all NodeSubnets then
   */
  private record Settled(Optional<String> version, Set<String> names) {}

  // Nobody has allocated since we did, and the cache has caught up with what there was then: so it
  // has everything that exists. What it has too much, because it is behind on deletions, is only
  // occupied a little longer.
  private boolean complete(List<SubnetFacts> cached, LedgerStore.Entry entry) {
    return entry.ledger().intents().isEmpty()
        && settled.isPresent()
        && settled.get().version().equals(entry.version())
        && names(cached).containsAll(settled.get().names());
  }

  private static Set<String> names(List<SubnetFacts> subnets) {
    return subnets.stream().map(SubnetFacts::name).collect(Collectors.toSet());
  }

  /** Whether the ledger was at rest for so long that NodeSubnets may be deleted. */
  public boolean mayDelete() {
    return restingVersion.isPresent() && untilDeletable().isZero();
  }

  /**
   * How long from now NodeSubnets may be deleted if nobody writes the ledger; zero also when that
   * is not known before {@link #allocate} has looked.
   */
  public Duration untilDeletable() {
    Duration left = quiet.minusNanos(nanoTime.getAsLong() - restingSince);
    return restingVersion.isEmpty() || left.isNegative() ? Duration.ZERO : left;
  }

  private void observe(LedgerStore.Entry entry) {
    Optional<String> resting =
        entry.ledger().intents().isEmpty()
            ? Optional.of(entry.version().orElse("none"))
            : Optional.empty();
    if (!resting.equals(restingVersion)) {
      restingVersion = resting;
      restingSince = nanoTime.getAsLong();
    }
  }

  private static List<NodeSubnetSpec> specs(AllocationPlan plan) {
    return plan.claims().stream().map(Claim::spec).toList();
  }

  // Without labels: those are brought up to date by the next run.
  private static List<NodeSubnet> subnets(List<NodeSubnetSpec> intents) {
    return intents.stream()
        .flatMap(spec -> Cidr.parse(spec.cidr()).map(cidr -> subnet(cidr, spec, Map.of())).stream())
        .toList();
  }

  private static NodeSubnet subnet(Claim claim) {
    return subnet(claim.cidr(), claim.spec(), claim.labels());
  }

  private static NodeSubnet subnet(Cidr cidr, NodeSubnetSpec spec, Map<String, String> labels) {
    NodeSubnet subnet = new NodeSubnet();
    ObjectMeta metadata = new ObjectMeta();
    metadata.setName(cidr.objectName());
    metadata.setLabels(labels.isEmpty() ? null : labels);
    subnet.setMetadata(metadata);
    subnet.setSpec(spec);
    return subnet;
  }
}
