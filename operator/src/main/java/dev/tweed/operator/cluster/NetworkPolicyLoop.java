package dev.tweed.operator.cluster;

import dev.tweed.crds.NodePolicySpec;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PeerSliceDiff;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceReader;
import dev.tweed.crds.PeerSliceReader.WaitingNamespaces;
import dev.tweed.crds.PolicyProgramSpec;
import dev.tweed.operator.cluster.CompiledFacts.NodePolicyFacts;
import dev.tweed.operator.networkpolicy.PolicyIndex;
import dev.tweed.operator.networkpolicy.PolicyOutlook;
import io.fabric8.kubernetes.client.KubernetesClientException;
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
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what nodes enforce as the policies of the cluster have it: docs/adr/0012. In a thread of
 * its own, so that neither this nor anything else waits for the other. Each run looks at what has
 * changed, and a slow one at everything.
 *
 * <p>What is referred to is written before what refers to it, and deleted after it. So something is
 * written only if what it needs exists, or was refused for good: then it closes, and says so.
 */
final class NetworkPolicyLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkPolicyLoop.class);

  /** Changes that come together are one run. */
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** Every node that needs a set gets each write of it. */
  private static final Duration SET_PAUSE = Duration.ofSeconds(1);

  /**
   * Kinds are watched separately: so much later than that new pods of a namespace do not wait any
   * more every node knows it, and may be told no more of those that run.
   */
  private static final Duration SETTLE = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration REFUSED_RETRY = Duration.ofSeconds(30);
  private static final Duration RESYNC = Duration.ofMinutes(5);

  /** A kind that cannot be listed for so long is no accident. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How long pods are watched after the last policy went: the next often follows. */
  private static final Duration LINGER = Duration.ofMinutes(1);

  private final NetworkPolicyWatches watches;
  private final NetworkPolicyWriter writer;
  private final BoundedCalls calls;
  private final Supplier<Map<String, String>> nodeUids;
  private final BiConsumer<String, Optional<PolicyOutlook>> outlooks;
  private final boolean enabled;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final SteadyTime time;
  private final RunRequests requests;
  private final Thread thread =
      Thread.ofPlatform().name("tweed-network-policies").unstarted(this::loop);

  // Of the thread only.
  private PolicyIndex index = new PolicyIndex();
  private final Set<String> programs = new TreeSet<>(); // names to look at
  private final Set<String> sets = new TreeSet<>();
  private final Set<String> nodes = new TreeSet<>();
  private final Map<String, String> refused = new HashMap<>(); // programs, and why
  private final Set<String> refusedSets = new HashSet<>();
  private final Map<String, Instant> written = new HashMap<>(); // sets
  private Map<String, String> uids = Map.of();
  private Instant everything;
  private Optional<Instant> idleSince = Optional.empty();
  private Optional<Instant> settles = Optional.empty();
  private final Set<String> toldOf = new HashSet<>(); // programs whose outlook is known elsewhere
  private boolean podsAsked;
  private boolean failed;
  private Optional<Instant> unlistedSince = Optional.empty();
  private boolean saidUnlisted;
  private Optional<Instant> due = Optional.empty();

  private volatile boolean told;
  private volatile Optional<Instant> runningSince = Optional.empty();

  /**
   * @param nodeUids UIDs of the cluster's Nodes by name
   * @param outlooks told where policies have to be in force, by program; empty where one is gone
   * @param enabled otherwise all of it is taken back
   */
  NetworkPolicyLoop(
      NetworkPolicyWatches watches,
      NetworkPolicyWriter writer,
      BoundedCalls calls,
      Supplier<Map<String, String>> nodeUids,
      BiConsumer<String, Optional<PolicyOutlook>> outlooks,
      boolean enabled,
      OperatorEvents events,
      OperatorMeters meters,
      SteadyTime time) {
    this.watches = watches;
    this.writer = writer;
    this.calls = calls;
    this.nodeUids = nodeUids;
    this.outlooks = outlooks;
    this.enabled = enabled;
    this.events = events;
    this.meters = meters;
    this.time = time;
    this.requests = new RunRequests(time);
    this.everything = time.now();
  }

  /** Begins; the first run comes at once. */
  void start() {
    thread.start();
  }

  /** Asks for a run; returns at once. */
  void request() {
    requests.request();
  }

  /** Whether where all policies have to be in force was told. */
  boolean hasTold() {
    return told;
  }

  /** As {@link ClusterLoop#runningSince}. */
  Optional<Instant> runningSince() {
    return runningSince;
  }

  private void loop() {
    Instant earliest = time.now();
    Instant next = earliest;
    while (requests.await(earliest, next)) {
      Instant start = time.now();
      runningSince = Optional.of(start);
      due = Optional.empty();
      failed = false;
      try {
        run(start);
      } catch (RuntimeException | Error e) {
        LOG.warn("network policies were not looked at, tried again: {}", Duties.message(e));
        LOG.debug("run failed", e);
        failed = true;
        everything = start; // what was asked about may be forgotten
      }
      runningSince = Optional.empty();
      boolean unlisted = tellOfUnlisted(start);
      meters.failing(
          Duty.NETWORK_POLICIES,
          failed || unlisted || !refused.isEmpty() || !refusedSets.isEmpty());
      if (failed) {
        at(start.plus(RETRY));
      }
      earliest = time.now().plus(failed ? RETRY.dividedBy(4) : PAUSE);
      next = due.map(d -> earlier(d, everything)).orElse(everything);
    }
  }

  /** Whether something cannot be listed, without which nothing is written. */
  private boolean tellOfUnlisted(Instant now) {
    Map<String, String> unlisted = watches.unlisted();
    if (unlisted.isEmpty()) {
      unlistedSince = Optional.empty();
      saidUnlisted = false;
      return false;
    }
    unlistedSince = unlistedSince.or(() -> Optional.of(now));
    if (!saidUnlisted && !now.isBefore(unlistedSince.get().plus(PATIENCE))) {
      events.networkPoliciesNotRead(unlisted);
      saidUnlisted = true;
    }
    return true;
  }

  private void at(Instant when) {
    due = Optional.of(due.map(d -> earlier(d, when)).orElse(when));
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private void run(Instant now) {
    // All of them begin at once; nothing is written before all are in.
    boolean known = watches.knowsCompiled() & (!enabled || watches.knowsPolicies());
    if (!known) {
      at(now.plus(RETRY));
      return;
    }
    drain(watches.policies(), index::policy);
    drain(watches.clusterPolicies(), index::policy);
    if (index.isIdle()) {
      rest(now);
    } else {
      idleSince = Optional.empty();
      podsAsked = true;
      if (!watches.knowsPods()) {
        at(now.plus(RETRY));
        return;
      }
    }
    drain(watches.namespaces(), index::namespace);
    drain(watches.pods(), index::pod);
    uids = nodeUids.get();
    index.nodes(uids.keySet());
    settle(now);
    look(now);
    write(now);
    meters.networkPolicies(index.policies(), index.sets(), index.pods());
  }

  private static <F> void drain(DeltaStore<?, F> store, BiConsumer<String, Optional<F>> change) {
    for (String key : store.drain()) {
      change.accept(key, store.facts(key));
    }
  }

  // Without policies there is nothing to resolve.
  private void rest(Instant now) {
    idleSince = idleSince.or(() -> Optional.of(now));
    Instant end = idleSince.get().plus(LINGER);
    if (now.isBefore(end)) {
      at(end);
    } else if (podsAsked) {
      podsAsked = false;
      watches.forgetPods();
      index = new PolicyIndex();
      everything = now;
    }
  }

  private void settle(Instant now) {
    settles = settles.filter(now::isBefore);
    settles.ifPresentOrElse(this::at, index::settle);
  }

  private void look(Instant now) {
    PolicyIndex.Touched touched = index.touched();
    Set<String> changed = new HashSet<>(touched.outlooks());
    if (!now.isBefore(everything)) {
      touched = index.everything();
      changed.addAll(touched.outlooks());
      changed.addAll(toldOf);
      programs.addAll(watches.programs().keys());
      nodes.addAll(watches.nodes().keys());
      watches.slices().keys().forEach(this::addSet);
      everything = now.plus(RESYNC);
    }
    programs.addAll(touched.programs());
    sets.addAll(touched.sets());
    nodes.addAll(touched.nodes());
    programs.addAll(watches.programs().drain());
    nodes.addAll(watches.nodes().drain());
    watches.slices().drain().forEach(this::addSet);
    changed.forEach(this::tell);
    told = true;
  }

  private void addSet(String slice) {
    PeerSliceName.tryParse(slice).ifPresent(n -> sets.add(n.set()));
  }

  private void tell(String program) {
    Optional<PolicyOutlook> outlook = index.outlook(program);
    outlooks.accept(
        program, outlook.map(o -> o.withRefused(Optional.ofNullable(refused.get(program)))));
    if (outlook.isPresent()) {
      toldOf.add(program);
    } else {
      toldOf.remove(program);
    }
  }

  private void write(Instant now) {
    Map<String, List<String>> slices = slices();
    sets.remove(PeerSliceName.NAMESPACES);
    refused.keySet().removeIf(p -> index.program(p).isEmpty());
    refusedSets.removeIf(s -> !index.needs(s));
    putSets(slices, now);
    putPrograms();
    // Of pods that are not watched nodes can only be told what they are told already.
    if (namespaces(true, now) && (podsAsked || settles.isEmpty())) {
      boolean told = putNodes();
      deleteNodes();
      if (told) {
        namespaces(false, now);
      }
      deletePrograms();
      deleteSets(slices());
    }
    if (!programs.isEmpty() || !nodes.isEmpty()) {
      at(now.plus(RETRY));
    }
  }

  /** Names of the slices of each set. */
  private Map<String, List<String>> slices() {
    Map<String, List<String>> bySet = new HashMap<>();
    if (!sets.isEmpty()) {
      for (String slice : watches.slices().keys()) {
        PeerSliceName.tryParse(slice)
            .ifPresent(n -> bySet.computeIfAbsent(n.set(), s -> new ArrayList<>()).add(slice));
      }
    }
    return bySet;
  }

  private List<PeerSlice> slices(List<String> names) {
    List<PeerSlice> slices = new ArrayList<>();
    for (String name : names) {
      PeerSlice slice = new PeerSlice();
      slice.getMetadata().setName(name);
      watches.slices().facts(name).flatMap(s -> s).ifPresent(slice::setSpec);
      slices.add(slice);
    }
    return slices;
  }

  private record SetWrites(String set, List<PeerSliceDiff.Write> writes) {}

  private void putSets(Map<String, List<String>> slices, Instant now) {
    List<SetWrites> wanted = new ArrayList<>();
    written.values().removeIf(w -> !now.isBefore(w.plus(SET_PAUSE)));
    for (String set : List.copyOf(sets)) {
      if (!index.needs(set)) {
        continue; // to be deleted, below
      }
      List<String> existing = slices.getOrDefault(set, List.of());
      if (!existing.isEmpty() && written.containsKey(set)) {
        at(written.get(set).plus(SET_PAUSE));
        continue;
      }
      List<PeerSliceDiff.Write> writes =
          PeerSliceDiff.diff(set, slices(existing), index.members(set));
      if (writes.isEmpty()) {
        sets.remove(set);
      } else {
        wanted.add(new SetWrites(set, writes));
      }
    }
    for (SetWrites done :
        each(
            "PeerSlice",
            wanted,
            SetWrites::set,
            w -> writer.slices(w.writes()),
            (w, why) -> {
              refusedSets.add(w.set());
              sets.remove(w.set());
            })) {
      written.put(done.set(), now);
      refusedSets.remove(done.set());
      sets.remove(done.set());
    }
    if (sets.stream().anyMatch(s -> index.needs(s) && !written.containsKey(s))) {
      at(now.plus(RETRY));
    }
  }

  private record ProgramWrite(String name, PolicyProgramSpec spec) {}

  private void putPrograms() {
    List<ProgramWrite> wanted = new ArrayList<>();
    for (String name : List.copyOf(programs)) {
      Optional<PolicyProgramSpec> spec = index.program(name);
      if (spec.isEmpty()) {
        continue;
      }
      String digest = CompiledFacts.digest(spec.get(), name);
      if (watches.programs().facts(name).filter(f -> f.digest().equals(digest)).isPresent()) {
        accepted(name);
        programs.remove(name);
      } else if (index.setsOf(name).stream().allMatch(s -> refusedSets.contains(s) || exists(s))) {
        wanted.add(new ProgramWrite(name, spec.get()));
      }
    }
    for (ProgramWrite done :
        each(
            "PolicyProgram",
            wanted,
            ProgramWrite::name,
            w -> writer.program(w.name(), w.spec()),
            (w, why) -> {
              refused.put(w.name(), why);
              programs.remove(w.name());
              tell(w.name());
            })) {
      accepted(done.name());
      programs.remove(done.name());
    }
  }

  private void accepted(String program) {
    if (refused.remove(program) != null) {
      tell(program);
    }
  }

  private boolean exists(String set) {
    return watches.slices().facts(new PeerSliceName(set, 0).toString()).isPresent();
  }

  /**
   * Set namespaces.
   *
   * @param fewer whether only those go that no policy can select pods of any more: before their
   *     pods are out of the NodePolicies, as others come in only after theirs are in. With the last
   *     policy the set is emptied so, and deleted when there are no NodePolicies any more
   * @return whether it is as it should be
   */
  private boolean namespaces(boolean fewer, Instant now) {
    List<String> names =
        watches.slices().keys().stream()
            .filter(s -> s.startsWith(PeerSliceName.NAMESPACES))
            .toList();
    List<PeerSlice> existing = slices(names);
    if (index.isIdle() && !fewer) {
      return !watches.nodes().keys().isEmpty() || deleteSet(names);
    }
    Optional<WaitingNamespaces> before =
        existing.stream().anyMatch(s -> s.getSpec() == null)
            ? Optional.empty()
            : PeerSliceReader.read(existing).waiting();
    PolicyIndex.Waiting waiting = index.waiting();
    Set<String> hashes = new HashSet<>(waiting.hashes());
    boolean all = waiting.all();
    if (fewer) {
      if (before.isEmpty()) {
        return true; // every new pod waits meanwhile
      }
      if (!before.get().all()) {
        all = false;
        if (!waiting.all()) {
          hashes.retainAll(before.get().hashes());
        } else {
          return true; // more
        }
      }
    }
    List<PeerSliceDiff.Write> writes =
        all
            ? PeerSliceDiff.allNamespaces(existing)
            : PeerSliceDiff.diff(PeerSliceName.NAMESPACES, existing, hashes);
    if (writes.isEmpty()) {
      return true;
    }
    boolean done =
        !each(
                "PeerSlice",
                List.of(new SetWrites(PeerSliceName.NAMESPACES, writes)),
                SetWrites::set,
                w -> writer.slices(w.writes()),
                (w, why) -> {})
            .isEmpty();
    if (done && fewer) {
      index.linger(before.orElseThrow());
      settles = Optional.of(now.plus(SETTLE));
      at(settles.get());
    }
    return done;
  }

  private record NodeWrite(String name, NodePolicySpec spec) {}

  /** Whether every NodePolicy is as it should be, or cannot be. */
  private boolean putNodes() {
    List<NodeWrite> wanted = new ArrayList<>();
    Set<String> held = new HashSet<>();
    for (String name : List.copyOf(nodes)) {
      Optional<NodePolicySpec> spec = index.node(name);
      if (spec.isEmpty()) {
        continue;
      }
      String digest = CompiledFacts.digest(spec.get(), uids.get(name));
      if (watches.nodes().facts(name).filter(f -> f.digest().equals(digest)).isPresent()) {
        nodes.remove(name);
      } else if (spec.get().classes().stream()
          .flatMap(c -> c.programs().stream())
          .allMatch(p -> refused.containsKey(p) || watches.programs().facts(p).isPresent())) {
        wanted.add(new NodeWrite(name, spec.get()));
      } else {
        held.add(name);
      }
    }
    // Those first that have something to close.
    wanted.sort(Comparator.comparing(w -> w.spec().classes().isEmpty()));
    each(
            "NodePolicy",
            wanted,
            NodeWrite::name,
            w -> writer.node(w.name(), uids.get(w.name()), w.spec()),
            (w, why) -> nodes.remove(w.name()))
        .forEach(done -> nodes.remove(done.name()));
    return held.isEmpty() && wanted.stream().noneMatch(w -> nodes.contains(w.name()));
  }

  private void deleteNodes() {
    List<String> gone =
        nodes.stream().filter(n -> index.node(n).isEmpty()).collect(Collectors.toList());
    gone.removeIf(n -> watches.nodes().facts(n).isEmpty() && nodes.remove(n));
    if (gone.isEmpty()) {
      return;
    }
    nodes.removeAll(each("NodePolicy", gone, n -> n, writer::deleteNode, (n, why) -> {}));
  }

  private void deletePrograms() {
    List<String> gone =
        programs.stream().filter(p -> index.program(p).isEmpty()).collect(Collectors.toList());
    gone.removeIf(p -> watches.programs().facts(p).isEmpty() && programs.remove(p));
    if (gone.isEmpty()) {
      return;
    }
    Set<String> needed = new HashSet<>();
    for (String node : watches.nodes().keys()) {
      watches.nodes().facts(node).map(NodePolicyFacts::programs).ifPresent(needed::addAll);
    }
    gone.removeIf(needed::contains);
    programs.removeAll(each("PolicyProgram", gone, p -> p, writer::deleteProgram, (p, why) -> {}));
  }

  private void deleteSets(Map<String, List<String>> slices) {
    Set<String> gone = sets.stream().filter(s -> !index.needs(s)).collect(Collectors.toSet());
    gone.removeIf(s -> !slices.containsKey(s) && sets.remove(s));
    if (gone.isEmpty()) {
      return;
    }
    Set<String> needed = new HashSet<>();
    for (String program : watches.programs().keys()) {
      watches.programs().facts(program).ifPresent(f -> needed.addAll(f.sets()));
    }
    for (String set : gone) {
      if (needed.contains(set) || !deleteSet(slices.get(set))) {
        at(time.now().plus(RETRY));
      } else {
        sets.remove(set);
      }
    }
  }

  // The first of a set is what makes it known.
  private boolean deleteSet(List<String> slices) {
    List<String> order =
        slices.stream().sorted(Comparator.comparing((String s) -> !s.endsWith("-0"))).toList();
    return each("PeerSlice", order, s -> s, writer::deleteSlice, (s, why) -> {}).size()
        == order.size();
  }

  /**
   * Writes several at a time.
   *
   * @param onRefused told those that the API server will not take, and why
   * @return those that were written
   */
  private <A> List<A> each(
      String kind,
      List<A> elements,
      Function<A, String> name,
      Consumer<A> write,
      BiConsumer<A, String> onRefused) {
    record Outcome<A>(A element, Optional<RuntimeException> failure) {}
    List<A> done = new ArrayList<>();
    for (Outcome<A> outcome :
        calls.all(
            elements,
            calls.budget(),
            e -> {
              write.accept(e);
              return new Outcome<>(e, Optional.<RuntimeException>empty());
            },
            (e, failure) -> new Outcome<>(e, Optional.of(failure)))) {
      if (outcome.failure().isEmpty()) {
        done.add(outcome.element());
        continue;
      }
      failed = true;
      String why = Duties.message(outcome.failure().get());
      LOG.warn("{} {} not written, tried again: {}", kind, name.apply(outcome.element()), why);
      if (outcome.failure().get() instanceof KubernetesClientException e
          && ApiFailure.of(e) == ApiFailure.REFUSED) {
        onRefused.accept(outcome.element(), why);
        everything = earlier(everything, time.now().plus(REFUSED_RETRY));
      }
    }
    meters.wroteNetworkPolicies(kind, done.size());
    return done;
  }

  /** Ends after the run that is on. */
  @Override
  public void close() {
    requests.close();
    try {
      if (!thread.join(Duration.ofSeconds(15))) {
        LOG.warn("the last look at network policies did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
