package dev.tweed.operator.ledger;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetName;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlan.Claim;
import dev.tweed.operator.allocation.IntentValidator;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.ClaimWriter.ClaimResult;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
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
   * How long no intent of the ledger may have been for a NodeSubnet before it is deleted. Within a
   * third of it after the ledger was read a creation may be sent; the other two are for a request
   * that is under way. Otherwise a creation that somebody sent for an intent of long ago could
   * bring a deleted NodeSubnet back.
   */
  public static final Duration QUIET = Duration.ofSeconds(30);

  /** The most claims at once: a ConfigMap of at most 1 MiB holds them. */
  public static final int BATCH = 1_000;

  private static final int ATTEMPTS = 20;

  private final LedgerStore store;
  private final ClaimWriter writer;
  private final Duration quiet;
  private final long window;
  private final BatchSize batch;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private Optional<Known> known = Optional.empty();
  private final LedgerRest rest;
  private Optional<Moment> lost = Optional.empty();

  /**
   * @param quiet {@link #QUIET}, or less in tests that cannot wait so long
   * @param batch claims at once, 1 to {@link #BATCH}
   * @param nanoTime a clock that is never set, such as {@link System#nanoTime}
   * @param clock the time of day, which goes on while the machine is suspended
   */
  public Allocator(
      LedgerStore store,
      ClaimWriter writer,
      Duration quiet,
      int batch,
      LongSupplier nanoTime,
      InstantSource clock) {
    this.store = store;
    this.writer = writer;
    this.quiet = quiet;
    this.window = quiet.dividedBy(3).toNanos();
    this.batch = new BatchSize(batch, window / 2);
    this.nanoTime = nanoTime;
    this.clock = clock;
    this.rest = new LedgerRest(quiet, nanoTime);
  }

  /** Plans from the latest NodeSubnets and cursors; called once for each attempt. */
  @FunctionalInterface
  public interface Planning {
    AllocationPlan plan(List<SubnetFacts> subnets, Map<String, Long> cursors);
  }

  /**
   * @param plan the last plan; claims of it are left where something kept them from being made, or
   *     there was no time for more
   * @param basis NodeSubnets that exist
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
   * Allocates, batch after batch, until nothing is left to claim or a third of {@code quiet} has
   * gone by. In that case, too, at least one creation was settled, so calling again until no claim
   * is left comes to an end however slow the API server is.
   *
   * @param cached the NodeSubnets as a cache has them, perhaps behind
   * @throws LedgerException when no creation could be settled, the ledger was lost a moment ago, or
   *     other operators were first too often; call again later, nothing is lost
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

  /** How far claims were carried out. */
  private enum Progress {
    /** Each exists or is refused. */
    DONE,
    /** The same, but some were made by another. */
    SHARED,
    /** The time is up; the rest stands in the ledger. */
    OUT_OF_TIME,
    /** Another operator has written the ledger. */
    OVERTAKEN
  }

  /** One call of {@link #allocate}: what it has done so far. */
  private final class Round {
    private final Planning planning;
    private final List<SubnetFacts> created = new ArrayList<>();
    private final List<ClaimResult.Refused> refused = new ArrayList<>();
    // CIDRs of intents that came to nothing: refused, or contradicted by what there is.
    private final Set<String> notGiven = new HashSet<>();
    private Optional<Moment> begun = Optional.empty();
    private List<SubnetFacts> basis = List.of();
    private LedgerStore.Entry entry;
    // When the entry was known to be the latest.
    private Moment since;

    Round(Planning planning) {
      this.planning = planning;
    }

    /** Empty when another operator wrote the ledger in between. */
    Optional<Outcome> attempt(List<SubnetFacts> cached, int conflicts) {
      since = now();
      entry = store.read();
      boolean putBack = isPutBack(entry);
      rest.read(entry);
      boolean complete = complete(cached, entry);
      basis = new ArrayList<>(complete ? cached : writer.listLatest());
      if (!isTrusted(putBack)) {
        return Optional.empty();
      }
      note();
      Progress inherited = carryOut(inherited());
      if (inherited == Progress.OVERTAKEN) {
        return Optional.empty();
      }
      if (inherited == Progress.SHARED) {
        basis = new ArrayList<>(writer.listLatest());
        note();
      }
      if (inherited == Progress.OUT_OF_TIME) {
        return outcome(planning.plan(basis, entry.ledger().cursors()), conflicts);
      }
      while (true) {
        AllocationPlan plan = planning.plan(basis, entry.ledger().cursors());
        if (plan.claims().isEmpty()) {
          if (!entry.ledger().intents().isEmpty() && !settle()) {
            return Optional.empty();
          }
          note();
          return outcome(plan, conflicts);
        }
        Progress progress = carryOut(plan);
        if (progress == Progress.OVERTAKEN) {
          return Optional.empty();
        }
        if (progress == Progress.SHARED || progress == Progress.DONE && !refused.isEmpty()) {
          // Should another be first, it settles this.
          settle();
        }
        if (progress != Progress.DONE || !refused.isEmpty()) {
          return outcome(plan, conflicts);
        }
      }
    }

    /**
     * Whether the ledger tells what operators may have begun; false when it is another by now.
     *
     * @throws LedgerException when it does not, until what they had begun is over
     */
    private boolean isTrusted(boolean putBack) {
      boolean blank = entry.ledger().equals(Ledger.empty());
      // With NodeSubnets there was one, unless it was made, with them, since we read it.
      if (blank && !basis.isEmpty() && !renew()) {
        return false;
      }
      if (lost.isEmpty() && (putBack || blank && !basis.isEmpty())) {
        lost = Optional.of(now());
      }
      if (lost.isEmpty()) {
        return true;
      }
      Duration left = quiet.minusNanos(nanoTime.getAsLong() - lost.get().nanos());
      if (left.isPositive()) {
        throw new LedgerException(
            store.name()
                + " was deleted, emptied or put back to an older state. Blocks are handed out again"
                + " in "
                + left.plusMillis(999).toSeconds()
                + " s, when what operators had begun is over");
      }
      lost = Optional.empty();
      return !blank || settle();
    }

    private Optional<Outcome> outcome(AllocationPlan plan, int conflicts) {
      return Optional.of(new Outcome(plan, basis, created, refused, conflicts));
    }

    /** Batch after batch. While the ledger is ours nothing else comes into being. */
    private Progress carryOut(AllocationPlan plan) {
      List<Claim> left = plan.claims();
      while (!left.isEmpty()) {
        List<Claim> next = left.subList(0, Math.min(batch.size(), left.size()));
        left = left.subList(next.size(), left.size());
        // One write both forgets the intents that are carried out and notes the next ones. A cursor
        // that stays behind does no harm: what lies between is taken.
        Map<String, Long> cursors = left.isEmpty() ? plan.cursors() : Map.of();
        List<NodeSubnetSpec> intents = next.stream().map(Claim::spec).toList();
        if (!write(entry.ledger().with(cursors, intents, notGiven))) {
          return Progress.OVERTAKEN;
        }
        Progress progress = carryOut(next.stream().map(Allocator::subnet).toList());
        if (progress != Progress.DONE) {
          return progress;
        }
        if (!left.isEmpty() && outOfTime()) {
          return Progress.OUT_OF_TIME;
        }
      }
      return Progress.DONE;
    }

    private Progress carryOut(List<NodeSubnet> claims) {
      if (claims.isEmpty()) {
        return Progress.DONE;
      }
      Moment start = now();
      Progress progress = insist(claims);
      batch.took(age(start));
      return progress;
    }

    /** Again and again, as long as anything is settled. */
    private Progress insist(List<NodeSubnet> claims) {
      List<NodeSubnet> left = claims;
      boolean shared = false;
      while (!left.isEmpty()) {
        if (age(since) > window / 2 && !renew()) {
          return Progress.OVERTAKEN;
        }
        if (begun.isEmpty()) {
          begun = Optional.of(now());
        } else if (outOfTime()) {
          return Progress.OUT_OF_TIME;
        }
        List<NodeSubnet> open = new ArrayList<>();
        String trouble = "out of time";
        List<ClaimResult> results = writer.create(left, maySend());
        for (int i = 0; i < results.size(); i++) {
          String cidr = left.get(i).getSpec().cidr();
          notGiven.remove(cidr);
          switch (results.get(i)) {
            case ClaimResult.Created c -> {
              created.add(c.subnet());
              basis.add(c.subnet());
            }
            case ClaimResult.Exists e -> shared = true;
            case ClaimResult.Refused r -> {
              refused.add(r);
              notGiven.add(cidr);
            }
            case ClaimResult.NotSent n -> open.add(left.get(i));
            case ClaimResult.Unknown u -> {
              open.add(left.get(i));
              trouble = u.name() + ": " + u.message();
            }
          }
        }
        note();
        if (open.size() == left.size()) {
          // The intents stay in the ledger: whoever allocates next carries them out.
          throw new LedgerException(
              open.size() + " NodeSubnets are still to be created: " + trouble);
        }
        left = open;
      }
      return shared ? Progress.SHARED : Progress.DONE;
    }

    private BooleanSupplier maySend() {
      return () -> age(since) < window && !outOfTime();
    }

    private boolean outOfTime() {
      return begun.filter(moment -> age(moment) >= window).isPresent();
    }

    /**
     * Intents that are still to be carried out; such as contradict what there is are void, and are
     * so again each time, as long as the ledger has them.
     */
    private List<NodeSubnet> inherited() {
      Set<String> there = names(basis);
      List<NodeSubnetSpec> open = new ArrayList<>();
      for (NodeSubnetSpec intent : entry.ledger().intents()) {
        if (name(intent).filter(name -> !there.contains(name)).isPresent()) {
          open.add(intent);
        }
      }
      IntentValidator.contradictions(basis.stream().map(SubnetFacts::spec).toList(), open)
          .forEach(
              (intent, why) -> {
                open.remove(intent);
                notGiven.add(intent.cidr());
                refused.add(
                    new ClaimResult.Refused(
                        name(intent).orElseThrow(),
                        why + ", so it is dropped from " + store.name()));
              });
      return open.stream().map(intent -> subnet(intent, Map.of())).toList();
    }

    /** Looks whether the ledger is still the one we know. */
    private boolean renew() {
      Moment asked = now();
      if (!store.read().version().equals(entry.version())) {
        return false;
      }
      since = asked;
      return true;
    }

    /** Nothing is intended any more; false when another was first. */
    private boolean settle() {
      return write(entry.ledger().settled(notGiven));
    }

    private boolean write(Ledger next) {
      Moment asked = now();
      Optional<LedgerStore.Entry> mine = store.replace(entry, next);
      mine.ifPresent(
          written -> {
            entry = written;
            since = asked;
            rest.wrote(written);
          });
      return mine.isPresent();
    }

    /** All that exists, apart from intents of the ledger, is in the basis. */
    private void note() {
      known = Optional.of(new Known(entry.version(), names(basis)));
    }
  }

  /**
   * What existed at a version of the ledger, apart from intents of it.
   *
   * @param names of all NodeSubnets
   */
  private record Known(Optional<String> version, Set<String> names) {}

  // Nobody has written the ledger since we knew all there was, and the cache has caught up with
  // that: so but for intents it has everything that exists. What it has too much, because it is
  // behind on deletions, is only occupied a little longer.
  private boolean complete(List<SubnetFacts> cached, LedgerStore.Entry entry) {
    return known.isPresent()
        && known.get().version().equals(entry.version())
        && names(cached).containsAll(known.get().names());
  }

  private static Set<String> names(List<SubnetFacts> subnets) {
    return subnets.stream().map(SubnetFacts::name).collect(Collectors.toSet());
  }

  /** Whether a NodeSubnet may be deleted now: no creation of it can be under way. */
  public boolean mayDelete(String cidr) {
    return rest.isOver(cidr);
  }

  /**
   * How long from now a NodeSubnet may be deleted if nobody writes the ledger; zero also when that
   * is not known before {@link #allocate} has looked.
   */
  public Duration untilDeletable(String cidr) {
    return rest.left(cidr);
  }

  /**
   * Writes down who holds blocks that are about to be deleted, that their nodes may have them
   * again.
   *
   * @param holders names of nodes by CIDR
   * @return false when another has written the ledger since it was seen, and nothing may be deleted
   *     now
   */
  public boolean noteHolders(Map<String, String> holders) {
    LedgerStore.Entry before = rest.seen().orElseThrow();
    Ledger next = before.ledger().released(holders);
    if (next.lastHolders().equals(before.ledger().lastHolders())) {
      // By a run before, whose deletions failed.
      return store.read().version().equals(before.version());
    }
    Optional<LedgerStore.Entry> mine = store.replace(before, next);
    mine.ifPresent(
        written -> {
          rest.wrote(written);
          known =
              known
                  .filter(k -> k.version().equals(before.version()))
                  .map(k -> new Known(written.version(), k.names()));
        });
    return mine.isPresent();
  }

  /** Who held released blocks last, by CIDR, as the ledger was when it was last seen. */
  public SequencedMap<String, String> lastHolders() {
    return rest.seen().map(LedgerStore.Entry::ledger).orElse(Ledger.empty()).lastHolders();
  }

  // A ledger that somebody else than an operator wrote.
  private boolean isPutBack(LedgerStore.Entry entry) {
    Ledger last = rest.seen().map(LedgerStore.Entry::ledger).orElse(Ledger.empty());
    Ledger now = entry.ledger();
    boolean older = now.writes() > 0 && now.writes() <= last.writes();
    boolean gone = now.equals(Ledger.empty());
    return (older || gone) && !now.equals(last);
  }

  /**
   * @param nanos by the clock that is never set
   * @param wall by the time of day
   */
  private record Moment(long nanos, Instant wall) {}

  private Moment now() {
    return new Moment(nanoTime.getAsLong(), clock.instant());
  }

  // By the clock that went further: one stands still while the machine is suspended, the other may
  // be set back.
  private long age(Moment moment) {
    return Math.max(
        nanoTime.getAsLong() - moment.nanos(),
        Duration.between(moment.wall(), clock.instant()).toNanos());
  }

  private static NodeSubnet subnet(Claim claim) {
    return subnet(claim.spec(), claim.labels());
  }

  private static Optional<String> name(NodeSubnetSpec spec) {
    return IpPrefix.tryParseNetwork(spec.cidr()).map(block -> NodeSubnetName.of(block).value());
  }

  // Without labels those of an intent of the ledger: they are brought up to date by the next run.
  private static NodeSubnet subnet(NodeSubnetSpec spec, Map<String, String> labels) {
    NodeSubnet subnet = new NodeSubnet();
    ObjectMeta metadata = new ObjectMeta();
    metadata.setName(name(spec).orElseThrow());
    metadata.setLabels(labels.isEmpty() ? null : labels);
    subnet.setMetadata(metadata);
    subnet.setSpec(spec);
    return subnet;
  }
}
