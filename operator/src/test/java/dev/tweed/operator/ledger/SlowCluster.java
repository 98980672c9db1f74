package dev.tweed.operator.ledger;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.operator.allocation.AllocationHistory;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.DaemonFacts;
import dev.tweed.operator.allocation.LastBlocks;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeAddresses;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** An API server in virtual time: every request takes as long as a test likes. */
final class SlowCluster implements ClaimWriter, LedgerStore {
  static final int PARALLEL = 16;
  private static final int PAGE = 500;

  final Map<String, SubnetFacts> there = new LinkedHashMap<>();
  long nanos;
  Duration suspended = Duration.ZERO;
  Duration latency;

  /** The time, in nanos, at which it answers again. */
  long silentUntil;

  /** Every so many-th creation is turned away; 0: none. */
  int turnsAway;

  Set<String> refuses = Set.of();
  int posts;
  int lists;
  int writes;
  Entry ledger = new Entry(Ledger.empty(), Optional.empty());

  /** What happens before a creation, once. */
  Runnable beforeCreation = () -> {};

  /** What happens before a list, once. */
  Runnable beforeList = () -> {};

  SlowCluster(Duration latency) {
    this.latency = latency;
  }

  Allocator operator() {
    return operator(Allocator.BATCH);
  }

  Allocator operator(int batch) {
    return new Allocator(
        this,
        this,
        Allocator.QUIET,
        batch,
        () -> nanos,
        () -> Instant.EPOCH.plusNanos(nanos).plus(suspended));
  }

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  private void request() {
    if (nanos < silentUntil) {
      pass(Duration.ofSeconds(8));
      throw new IllegalStateException("no answer");
    }
    pass(latency);
  }

  @Override
  public String name() {
    return "ConfigMap tweed-system/tweed-allocations";
  }

  @Override
  public Entry read() {
    request();
    return ledger;
  }

  @Override
  public Optional<Entry> replace(Entry read, Ledger next) {
    request();
    if (!read.version().equals(ledger.version())) {
      return Optional.empty();
    }
    put(next);
    return Optional.of(ledger);
  }

  /** As a person does, who cares for no version. */
  void put(Ledger next) {
    ledger = new Entry(next, Optional.of("" + ++writes));
  }

  void deleteLedger() {
    ledger = new Entry(Ledger.empty(), Optional.empty());
  }

  @Override
  public List<SubnetFacts> listLatest() {
    lists++;
    Runnable before = beforeList;
    beforeList = () -> {};
    before.run();
    List<SubnetFacts> all = new ArrayList<>(there.values());
    for (int page = 0; page <= all.size() / PAGE; page++) {
      request();
    }
    return all;
  }

  @Override
  public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
    Runnable before = beforeCreation;
    beforeCreation = () -> {};
    before.run();
    List<ClaimResult> results = new ArrayList<>();
    int underWay = 0;
    for (NodeSubnet claim : claims) {
      results.add(mayStart.getAsBoolean() ? create(claim) : notSent(claim));
      if (results.getLast() instanceof ClaimResult.NotSent) {
        continue;
      }
      if (++underWay == PARALLEL) {
        underWay = 0;
        pass(nanos < silentUntil ? Duration.ofSeconds(8) : latency);
      }
    }
    return results;
  }

  private static ClaimResult notSent(NodeSubnet claim) {
    return new ClaimResult.NotSent(claim.getMetadata().getName());
  }

  private ClaimResult create(NodeSubnet claim) {
    String name = claim.getMetadata().getName();
    posts++;
    if (nanos < silentUntil) {
      return new ClaimResult.Unknown(name, "no answer");
    }
    if (turnsAway > 0 && posts % turnsAway == 0) {
      return new ClaimResult.Unknown(name, "too many requests");
    }
    if (refuses.contains(claim.getSpec().nodeName())) {
      return new ClaimResult.Refused(name, "by a webhook");
    }
    SubnetFacts made = facts(claim);
    return there.putIfAbsent(name, made) == null
        ? new ClaimResult.Created(made)
        : new ClaimResult.Exists(name);
  }

  /** What a cache has that is up to date. */
  List<SubnetFacts> cache() {
    return new ArrayList<>(there.values());
  }

  /** Plans for nodes 0 to count - 1, all in one network. */
  static Allocator.Planning planning(int count) {
    return planning(count, "10.0.0.0/8", 24);
  }

  static Allocator.Planning planning(int count, String pool, int nodePrefixLength) {
    List<NodeFacts> nodes =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new NodeFacts(
                        "node-" + i,
                        "uid-" + i,
                        Instant.EPOCH.plusSeconds(i),
                        Map.of(),
                        NodeAddresses.of(List.of("192.0.%d.%d".formatted(i / 250, i % 250 + 1))),
                        List.of(),
                        "",
                        0))
            .toList();
    PodNetworkSpec spec =
        PodNetworkSpec.ofPools(List.of(new PodNetworkSpec.Pool(pool, nodePrefixLength, null)));
    NetworkFacts network =
        new NetworkFacts("default", "u", 1, Instant.EPOCH, false, false, spec, List.of());
    return (subnets, cursors) ->
        AllocationPlanner.plan(
            new AllocationInput(
                List.of(network),
                nodes,
                subnets,
                Map.of(),
                DaemonFacts.none(),
                new AllocationHistory(LastBlocks.none(), cursors, Map.of()),
                Duration.ofMinutes(5),
                Set.of(),
                Instant.EPOCH));
  }

  private static SubnetFacts facts(NodeSubnet subnet) {
    return new SubnetFacts(
        subnet.getMetadata().getName(),
        "u",
        "1",
        1,
        Instant.EPOCH,
        subnet.getSpec(),
        Map.of(),
        Optional.empty(),
        false,
        false);
  }
}
