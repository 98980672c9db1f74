package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.enforce.gate.CniResults;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.kernel.PolicyKernel;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PodEntry;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sync of network policies: what the operator has compiled for this node, and the pods that run
 * on it, brought to the kernel, read back and told. Used by one thread.
 *
 * <p>While there is no policy there is no table. While it is not known whether there is, what is in
 * the kernel stays; after a boot, when nothing is, pods are closed if there were policies before.
 */
public final class PolicySync implements BooleanSupplier, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PolicySync.class);

  /** What was referred to before it came is waited for; kinds are watched separately. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** A table that somebody changes is looked at at once; counters are read as often as this. */
  private static final Duration COUNTERS = Duration.ofSeconds(10);

  /** Until pods that wait are told. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final String nodeName;
  private final Supplier<ClusterView> cluster;
  private final Supplier<PolicyView> policies;
  private final BiPredicate<Set<String>, Set<String>> follow;
  private final PolicyKernel kernel;
  private final PolicyTableSync table;
  private final Supplier<Optional<CniResults>> results;
  private final Function<IpAddress, Optional<String>> holder;
  private final PolicyOptions options;
  private final Path cniResults;
  private final PolicyMark mark;
  private final LetInFile letIn;
  private final Listener listener;
  private final LongSupplier nanoTime;
  private final UnrecordedPods unrecorded = new UnrecordedPods(PATIENCE);
  private final GateDetector gates = new GateDetector(PATIENCE);
  private final GracePeriod missingPeriod = new GracePeriod(GRACE);
  private final GracePeriod waitingPeriod = new GracePeriod(PATIENCE);

  private boolean first = true;
  private boolean written;
  private NodePolicies known = NodePolicies.NONE;
  private Set<String> missing = Set.of();
  private Set<String> free = Set.of();
  private volatile boolean ready;
  private Optional<EnforcedPolicies> attempted = Optional.empty();
  private volatile Optional<EnforcedPolicies> enforced = Optional.empty();
  private volatile List<LocalPod> local = List.of();

  /** Who is told. */
  public interface Listener {
    /** The only finding of its reason, or that there is none. */
    void found(AgentReason reason, Optional<NodeFinding> finding);

    /** What is in force now; empty where there is no policy. */
    void enforced(Optional<EnforcedPolicies> policies);

    /** What packets may pass has changed, in the kernel. */
    void changed();

    /** Something else had changed the table, and it is as it should be again. */
    void repaired();

    /** Another sync should come within this time. */
    void again(Duration delay);

    /** Pods may be started from now on, as far as policies go. */
    void ready();
  }

  /**
   * @param follow has programs and sets followed; whether they have been listed
   * @param results what the runtime remembers of pods; empty while that is not known, and an {@link
   *     UncheckedIOException} where it cannot be read
   * @param holder the container that an address is given to in this boot
   * @param cniResults where the runtime keeps them, for people
   * @param sysctls the node's {@code /proc/sys/net}
   * @param runDir state that does not survive a reboot
   * @param stateDir state that outlives a reboot
   * @param log group of the packet log for some of what is dropped; empty is none
   * @param nanoTime as {@link System#nanoTime}
   */
  public PolicySync(
      String nodeName,
      Supplier<ClusterView> cluster,
      Supplier<PolicyView> policies,
      BiPredicate<Set<String>, Set<String>> follow,
      PolicyOptions options,
      Supplier<Optional<CniResults>> results,
      Function<IpAddress, Optional<String>> holder,
      Path cniResults,
      Path sysctls,
      Path runDir,
      Path stateDir,
      Listener listener,
      OptionalInt log,
      LongSupplier nanoTime) {
    this.nodeName = nodeName;
    this.cluster = cluster;
    this.policies = policies;
    this.follow = follow;
    this.kernel = new PolicyKernel(sysctls);
    this.results = results;
    this.holder = holder;
    this.cniResults = cniResults;
    this.options = options;
    this.mark = new PolicyMark(stateDir);
    this.letIn = new LetInFile(runDir);
    this.listener = listener;
    this.nanoTime = nanoTime;
    this.table = new PolicyTableSync(kernel, listener, log, nanoTime);
  }

  /** Whether pods may be started: closed where they have to be, or nothing asks for that. */
  public boolean isReady() {
    return ready;
  }

  /** Pods that run here, as of the last run. */
  public List<LocalPod> local() {
    return local;
  }

  /** What is in force. */
  public Optional<EnforcedPolicies> enforced() {
    return enforced;
  }

  /** Runs once; true if nothing has to be tried again before something changes. */
  @Override
  public boolean getAsBoolean() {
    try {
      sync();
      return true;
    } catch (NetlinkException | UncheckedIOException e) {
      failed(e.getMessage());
      return false;
    }
  }

  @Override
  public void close() {
    kernel.close();
  }

  private void sync() {
    ClusterView seen = cluster.get();
    if (!seen.complete()) {
      return; // a change of it asks for the next sync
    }
    NodeSpace space = NodeSpace.of(seen, nodeName);
    if (space.blocks().isEmpty()) {
      return;
    }
    PolicyView view = policies.get();
    boolean listed = false;
    Optional<CniResults> pods = Optional.empty(); // nor asked for before: they may not be readable
    if (view.listing() == ClusterView.Listing.RECEIVED) {
      known = known.next(view);
      listed = follow.test(known.programNames(), known.setNames());
      pods = results.get();
    }
    boolean marked = mark.isThere();
    PolicyPlanner.Plan plan =
        PolicyPlanner.plan(
            new PolicyPlanner.Facts(
                view.listing(),
                known.exist(),
                listed,
                pods.isPresent(),
                first,
                seen.fromMemory().isPresent(),
                marked,
                written || marked && kernel.isThere()),
            options.startsOpen());
    List<Link> links = List.of();
    if (plan.needsPods()) {
      links = kernel.links();
      local = LocalPod.of(pods.orElseThrow().results(), links, holder);
    }
    switch (plan) {
      case WAIT, LOOK -> {}
      case KEEP -> becomeReady();
      case CLOSE -> close(space);
      case REMOVE -> remove();
      case ENFORCE -> enforce(space, pods.orElseThrow(), links);
    }
  }

  /** After a boot: what was closed must not be open until policies are known again. */
  private void close(NodeSpace space) {
    NodeState nobody =
        PolicyReading.of(space, NodePolicies.NONE, List.of(), Set.of(), Set.of()).state();
    table.write(table.compile(nobody, false), nobody, /* startsOpen= */ false);
    LOG.info("there were policies before this boot: pods are closed until they are known again");
    becomeReady();
  }

  /** There is no policy: no table, and all pods may do everything. */
  private void remove() {
    table.remove();
    mark.set(false);
    first = false;
    written = false;
    attempted = Optional.empty();
    letIn.delete();
    free = uids(local);
    show(Optional.empty());
    tell(AgentReason.PolicyTableFailed, Optional.empty());
    tell(AgentReason.PodsWaitForPolicy, Optional.empty());
    tell(AgentReason.PodsNotGated, Optional.empty());
    tell(AgentReason.PolicyBypassed, Optional.empty());
    tell(AgentReason.SpoofGuardFailed, Optional.empty());
    becomeReady();
  }

  private void enforce(NodeSpace space, CniResults pods, List<Link> links) {
    GateDetector.Gate gate =
        gates.detect(pods, local, links, space.bridges(), written, nanoTime.getAsLong());
    gate.left().ifPresent(listener::again);
    if (first) {
      free = letInBefore();
      first = false;
    }
    mark.set(true);
    PolicyReading reading = PolicyReading.of(space, known, local, free, byApi(pods, gate.gated()));
    boolean startsOpen = options.startsOpen() || !gate.gated();
    CompiledPolicies compiled = table.compile(reading.state(), startsOpen);
    if (isIncomplete(compiled.missing())) {
      return;
    }
    free = reading.free();
    letIn.write(free);
    attempted = Optional.of(enforced(reading, compiled, Map.of(), Optional.empty()));
    compiled = table.write(compiled, reading.state(), startsOpen);
    written = true;
    Optional<String> unguarded =
        kernel.writeSpoof(options.spoofGuard() ? Optional.of(ports()) : Optional.empty());
    tell(AgentReason.SpoofGuardFailed, unguarded.map(PolicyFindingMapper::unguarded));
    tell(AgentReason.PolicyTableFailed, Optional.empty());
    becomeReady();
    tellOf(reading.waiting());
    tell(
        AgentReason.PodsNotGated,
        gate.gated() ? Optional.empty() : Optional.of(PolicyFindingMapper.notGated(cniResults)));
    Optional<Duration> later = table.audit();
    if (later.isPresent()) {
      listener.again(later.get());
      return;
    }
    Optional<String> bypass = kernel.bypass();
    tell(AgentReason.PolicyBypassed, bypass.map(PolicyFindingMapper::bypassed));
    show(Optional.of(enforced(reading, compiled, kernel.drops(), bypass)));
    listener.again(COUNTERS);
  }

  /** UIDs of pods that ran before this process knew of policies. */
  private Set<String> letInBefore() {
    return letIn
        .read()
        .orElseGet(() -> kernel.isThere() || mark.isThere() ? Set.of() : uids(local));
  }

  private static Set<String> uids(List<LocalPod> pods) {
    return pods.stream().map(LocalPod::uid).collect(Collectors.toSet());
  }

  /** UIDs of pods whose address is the one that the API tells. */
  private Set<String> byApi(CniResults pods, boolean gated) {
    List<PodEntry> told = known.node().map(NodePolicyRecord::pods).orElse(List.of());
    if (!gated) {
      return told.stream().map(PodEntry::uid).collect(Collectors.toSet());
    }
    long time = nanoTime.getAsLong();
    Set<String> found = unrecorded.find(told, pods, holder, time);
    unrecorded.untilNext(time).ifPresent(left -> listener.again(Duration.ofNanos(left)));
    return found;
  }

  /** Whether something is missing that may just be on its way. */
  private boolean isIncomplete(Set<String> now) {
    if (!missing.containsAll(now)) {
      Duration left = missingPeriod.left(nanoTime.getAsLong());
      if (left.isPositive()) {
        listener.again(left);
        return true;
      }
    }
    missing = now;
    missingPeriod.end();
    return false;
  }

  /** Addresses that may send through each port of a bridge, by its index. */
  private Map<Integer, Set<IpAddress>> ports() {
    Map<Integer, Set<IpAddress>> ports = new HashMap<>();
    local.forEach(
        p -> ports.computeIfAbsent(p.device(), d -> new HashSet<>()).addAll(p.addresses()));
    return ports;
  }

  private EnforcedPolicies enforced(
      PolicyReading reading,
      CompiledPolicies compiled,
      Map<String, Long> drops,
      Optional<String> bypass) {
    return new EnforcedPolicies(
        known.node(),
        reading.state(),
        compiled,
        drops,
        reading.waiting().size(),
        bypass,
        Optional.empty());
  }

  private void show(Optional<EnforcedPolicies> now) {
    enforced = now;
    listener.enforced(now);
  }

  private void tell(AgentReason reason, Optional<NodeFinding> finding) {
    listener.found(reason, finding);
  }

  private void becomeReady() {
    boolean news = !ready;
    ready = true;
    if (news) {
      listener.ready();
    }
  }

  private void failed(String why) {
    if (options.startsOpen()) {
      becomeReady();
    }
    enforced
        .filter(this::isHeld)
        .or(() -> attempted.map(EnforcedPolicies::nowhere))
        .ifPresent(e -> show(Optional.of(e.failing(why))));
    tell(AgentReason.PolicyTableFailed, Optional.of(PolicyFindingMapper.failed(why)));
  }

  /** Whether the kernel still has it, which nobody knows where that cannot be read. */
  private boolean isHeld(EnforcedPolicies policies) {
    try {
      return kernel.holds(policies.compiled());
    } catch (NetlinkException e) {
      return false;
    }
  }

  private void tellOf(List<LocalPod> waiting) {
    if (waiting.isEmpty()) {
      waitingPeriod.end();
      tell(AgentReason.PodsWaitForPolicy, Optional.empty());
      return;
    }
    Duration left = waitingPeriod.left(nanoTime.getAsLong());
    if (left.isPositive()) {
      listener.again(left);
      return;
    }
    tell(
        AgentReason.PodsWaitForPolicy, Optional.of(PolicyFindingMapper.waiting(nodeName, waiting)));
  }
}
