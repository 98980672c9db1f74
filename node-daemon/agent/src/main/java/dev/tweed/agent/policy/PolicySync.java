package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceReader;
import dev.tweed.enforce.gate.CniResults;
import dev.tweed.enforce.gate.GatePlanner;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.kernel.PolicyKernel;
import dev.tweed.enforce.kernel.PolicyTableWriter;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.Program;
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
import java.util.stream.Stream;
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

  /** Everything is read back at most this often, unless that is quick. */
  private static final Duration AUDIT_PAUSE = Duration.ofSeconds(1);

  private static final Duration QUICK = Duration.ofMillis(20);

  /** A table that somebody changes is looked at at once; counters are read as often as this. */
  private static final Duration COUNTERS = Duration.ofSeconds(10);

  /** Until pods that wait are told. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int NAMES = 5;

  private final String nodeName;
  private final Supplier<ClusterView> cluster;
  private final Supplier<PolicyView> policies;
  private final BiPredicate<Set<String>, Set<String>> follow;
  private final PolicyKernel kernel;
  private final Supplier<Optional<CniResults>> results;
  private final Function<IpAddress, Optional<String>> holder;
  private final PolicyOptions options;
  private final Path cniResults;
  private final PolicyMark mark;
  private final LetInFile letIn;
  private final Listener listener;
  private final LongSupplier nanoTime;
  private final UnrecordedPods unrecorded = new UnrecordedPods(PATIENCE);
  private OptionalInt log;
  private PolicyTableCompiler closed;
  private PolicyTableCompiler open;

  private boolean first = true;
  private Set<String> free = Set.of();
  private Map<String, Program> programs = Map.of();
  private Map<String, PeerSet> sets = Map.of();
  private Set<String> missing = Set.of();
  private Optional<Long> missingSince = Optional.empty();
  private Optional<Long> auditedAt = Optional.empty();
  private Optional<Long> waitingSince = Optional.empty();
  private Optional<Long> portsSince = Optional.empty();
  private boolean ungated;
  private long auditNanos;
  private boolean written;
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
    compilers(log);
  }

  private void compilers(OptionalInt log) {
    this.log = log;
    closed = new PolicyTableCompiler(false, log);
    open = new PolicyTableCompiler(true, log);
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
      return sync();
    } catch (NetlinkException | UncheckedIOException e) {
      failed(e.getMessage());
      return false;
    }
  }

  @Override
  public void close() {
    kernel.close();
  }

  private boolean sync() {
    ClusterView seen = cluster.get();
    if (!seen.complete()) {
      return true; // a change of it asks for the next sync
    }
    NodeSpace space = NodeSpace.of(seen, nodeName);
    if (space.blocks().isEmpty()) {
      return true;
    }
    PolicyView view = policies.get();
    return switch (view.listing()) {
      case AWAITED -> await(seen, space);
      case REFUSED -> {
        await(seen, space);
        become(true); // no such kinds, say: what is in the kernel stays
        yield true;
      }
      case RECEIVED -> sync(seen, space, view);
    };
  }

  /** Nothing is known of policies yet. After a boot that must not open what was closed. */
  private boolean await(ClusterView seen, NodeSpace space) {
    if (!mark.isThere()) {
      // Without the API server nobody starts pods but the kubelet those that need none.
      become(ready || seen.fromMemory().isPresent());
      return true;
    }
    if (!written && !options.startsOpen() && !kernel.isThere()) {
      NodeState nobody = state(space, List.of(), Map.of(), Map.of());
      write(closed.compile(nobody), nobody, /* startsOpen= */ false);
      LOG.info("there were policies before this boot: pods are closed until they are known again");
    }
    become(true);
    return true;
  }

  private boolean sync(ClusterView seen, NodeSpace space, PolicyView view) {
    Set<String> needed =
        view.node().stream()
            .flatMap(n -> n.pods().stream())
            .flatMap(p -> p.programs().stream())
            .collect(Collectors.toSet());
    programs = known(needed, view);
    Set<String> neededSets =
        programs.values().stream()
            .flatMap(p -> Stream.concat(p.ingress().stream(), p.egress().stream()))
            .flatMap(r -> r.peers().sets().stream())
            .collect(Collectors.toSet());
    boolean listed = follow.test(needed, neededSets);
    PeerSliceReader.Sets read = PeerSliceReader.readSpecs(view.slices());
    sets = known(neededSets, read);
    boolean exist =
        view.node().isPresent()
            || view.slices().keySet().stream()
                .anyMatch(s -> s.set().equals(PeerSliceName.NAMESPACES));
    Optional<CniResults> pods = results.get();
    if (pods.isEmpty() || first && exist && !listed) {
      return await(seen, space);
    }
    List<Link> links = kernel.links();
    local = LocalPod.of(pods.get().results(), links, holder);
    if (!exist) {
      return !listed || none();
    }
    boolean gated = isGated(pods.get(), arePorts(links, space.bridges()));
    if (first) {
      free = letInBefore();
      first = false;
    }
    mark.set(true);
    return enforce(space.with(local), view, read, pods.get(), gated);
  }

  /** There is no policy: no table, and all pods may do everything. */
  private boolean none() {
    if (kernel.remove()) {
      listener.changed();
      LOG.info("there is no network policy any more; the table is removed");
    }
    mark.set(false);
    first = false;
    written = false;
    attempted = Optional.empty();
    letIn.delete();
    free = local.stream().map(LocalPod::uid).collect(Collectors.toSet());
    show(Optional.empty());
    listener.found(AgentReason.PolicyTableFailed, Optional.empty());
    listener.found(AgentReason.PodsWaitForPolicy, Optional.empty());
    listener.found(AgentReason.PodsNotGated, Optional.empty());
    listener.found(AgentReason.PolicyBypassed, Optional.empty());
    listener.found(AgentReason.SpoofGuardFailed, Optional.empty());
    become(true);
    return true;
  }

  /** UIDs of pods that ran before this process knew of policies. */
  private Set<String> letInBefore() {
    return letIn
        .read()
        .orElseGet(
            () ->
                kernel.isThere() || mark.isThere()
                    ? Set.of()
                    : local.stream().map(LocalPod::uid).collect(Collectors.toSet()));
  }

  /** One that was known and is gone while it is referred to counts as it last was. */
  private Map<String, Program> known(Set<String> needed, PolicyView view) {
    Map<String, Program> known = new HashMap<>();
    for (String name : needed) {
      Optional<Program> program = view.programs().get(name);
      Optional.ofNullable(program == null ? programs.get(name) : program.orElse(null))
          .ifPresent(p -> known.put(name, p));
    }
    return known;
  }

  private Map<String, PeerSet> known(Set<String> needed, PeerSliceReader.Sets read) {
    Map<String, PeerSet> known = new HashMap<>();
    for (String name : needed) {
      PeerSet before = sets.get(name);
      PeerSet set = read.missing().contains(name) ? null : read.known().getOrDefault(name, before);
      if (set != null) {
        // The same object, so that nothing is made of it again.
        known.put(name, set.equals(before) ? before : set);
      }
    }
    return known;
  }

  /**
   * Whether the runtime tells of pods before they run. Its directory comes with the first of them,
   * so that on a new node there is none yet; where pods run and it does not come there will be
   * none. Where none of them is in it, it is another runtime's.
   *
   * @param ports whether there are devices as of pods
   */
  private boolean isGated(CniResults pods, boolean ports) {
    if (!local.isEmpty() || !ports && (pods.kept() || !ungated)) {
      portsSince = Optional.empty();
      ungated = false;
      return true;
    }
    long now = nanoTime.getAsLong();
    portsSince = portsSince.or(() -> Optional.of(now));
    long left = PATIENCE.toNanos() - (now - portsSince.get());
    // Pods that run already, when the first table is written, would have made it.
    ungated = ungated || !written && !pods.kept() || left <= 0;
    if (!ungated) {
      listener.again(Duration.ofNanos(left));
    }
    return !ungated;
  }

  private static boolean arePorts(List<Link> links, Set<String> bridges) {
    Set<Integer> masters =
        links.stream()
            .filter(link -> bridges.contains(link.name()))
            .map(Link::index)
            .collect(Collectors.toSet());
    return links.stream()
        .anyMatch(
            link ->
                masters.contains(link.masterIndex())
                    && link.kind().equals(Optional.of("veth"))
                    && link.alias().isEmpty()); // of ours is that for probes
  }

  private boolean enforce(
      NodeSpace space, PolicyView view, PeerSliceReader.Sets read, CniResults pods, boolean gated) {
    Optional<NodePolicyRecord> node = view.node();
    List<PodEntry> told = node.map(NodePolicyRecord::pods).orElse(List.of());
    GatePlanner.Admission admission =
        GatePlanner.plan(
            local,
            new GatePlanner.Word(
                told,
                node.map(NodePolicyRecord::unreadablePods).orElse(Set.of()),
                node.flatMap(NodePolicyRecord::unreadable).isPresent()
                    ? Optional.empty()
                    : read.waiting().map(w -> new GatePlanner.Waiting(w.all(), w.hashes()))),
            free,
            byApi(told, pods, gated));
    NodeState state = state(space, admission.entries(), programs, sets);
    boolean startsOpen = options.startsOpen() || !gated;
    CompiledPolicies compiled = compiler(startsOpen).compile(state);
    if (isIncomplete(compiled.missing())) {
      return true;
    }
    free = admission.free();
    letIn.write(free);
    attempted =
        Optional.of(
            new EnforcedPolicies(
                node,
                state,
                compiled,
                Map.of(),
                admission.waiting().size(),
                Optional.empty(),
                Optional.empty()));
    compiled = write(compiled, state, startsOpen);
    written = true;
    Map<Integer, Set<IpAddress>> ports = new HashMap<>();
    local.forEach(
        p -> ports.computeIfAbsent(p.device(), d -> new HashSet<>()).addAll(p.addresses()));
    Optional<String> unguarded =
        kernel.writeSpoof(options.spoofGuard() ? Optional.of(ports) : Optional.empty());
    listener.found(AgentReason.SpoofGuardFailed, unguarded.map(PolicySync::unguarded));
    listener.found(AgentReason.PolicyTableFailed, Optional.empty());
    become(true);
    tellOf(admission.waiting());
    listener.found(AgentReason.PodsNotGated, gated ? Optional.empty() : Optional.of(notGated()));
    return audit(node, state, compiled, admission.waiting().size());
  }

  private PolicyTableCompiler compiler(boolean startsOpen) {
    return startsOpen ? open : closed;
  }

  /** Writes it; without what logs, where the kernel has not got that (nft_log, nft_limit). */
  private CompiledPolicies write(CompiledPolicies compiled, NodeState state, boolean startsOpen) {
    PolicyTableWriter.Outcome outcome = kernel.write(compiled);
    if (log.isEmpty() || outcome.refusal().filter(r -> isUnknown(r.error())).isEmpty()) {
      require(outcome);
      return compiled;
    }
    LOG.info("what network policies drop is counted and not logged: {}", outcome.refusal());
    compilers(OptionalInt.empty());
    return write(compiler(startsOpen).compile(state), state, startsOpen);
  }

  private static boolean isUnknown(NetlinkError error) {
    return error.errno() == Errno.ENOENT || error.errno() == Errno.EOPNOTSUPP;
  }

  /** UIDs of pods whose address is the one that the API tells. */
  private Set<String> byApi(List<PodEntry> told, CniResults pods, boolean gated) {
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
    if (missing.containsAll(now)) {
      missing = now;
      missingSince = Optional.empty();
      return false;
    }
    long time = nanoTime.getAsLong();
    if (missingSince.isEmpty()) {
      missingSince = Optional.of(time);
    }
    long left = GRACE.toNanos() - (time - missingSince.get());
    if (left > 0) {
      listener.again(Duration.ofNanos(left));
      return true;
    }
    missing = now;
    missingSince = Optional.empty();
    return false;
  }

  private boolean audit(
      Optional<NodePolicyRecord> node, NodeState state, CompiledPolicies compiled, int waiting) {
    if (kernel.isChanged()) {
      long begin = nanoTime.getAsLong();
      long left = auditedAt.map(at -> AUDIT_PAUSE.toNanos() - (begin - at)).orElse(0L);
      if (left > 0 && auditNanos > QUICK.toNanos()) {
        listener.again(Duration.ofNanos(left));
        return true;
      }
      PolicyTableWriter.Outcome outcome = kernel.audit();
      require(outcome);
      auditedAt = Optional.of(nanoTime.getAsLong());
      auditNanos = nanoTime.getAsLong() - begin;
      if (outcome.transactions() > 0) {
        LOG.warn("the table of network policies was changed by something else; it is repaired");
        listener.repaired();
      }
    }
    Optional<String> bypass = kernel.bypass();
    listener.found(AgentReason.PolicyBypassed, bypass.map(PolicySync::bypassed));
    show(
        Optional.of(
            new EnforcedPolicies(
                node, state, compiled, kernel.drops(), waiting, bypass, Optional.empty())));
    listener.again(COUNTERS);
    return true;
  }

  private void show(Optional<EnforcedPolicies> now) {
    enforced = now;
    listener.enforced(now);
  }

  private static NodeState state(
      NodeSpace space,
      List<PodEntry> pods,
      Map<String, Program> programs,
      Map<String, PeerSet> sets) {
    return new NodeState(space.blocks(), space.own(), space.space(), pods, programs, sets);
  }

  private void become(boolean now) {
    boolean news = now && !ready;
    ready = now;
    if (news) {
      listener.ready();
    }
  }

  private void require(PolicyTableWriter.Outcome outcome) {
    if (outcome.transactions() > 0) {
      listener.changed();
    }
    outcome
        .refusal()
        .ifPresent(
            r -> {
              throw new NetlinkException(
                  NetlinkException.Reason.REFUSED,
                  r.error().errno(),
                  r.error()
                      + r.request().map(q -> " to " + q.getClass().getSimpleName()).orElse(""));
            });
  }

  private void failed(String why) {
    become(ready || options.startsOpen());
    enforced
        .filter(this::isHeld)
        .or(() -> attempted.map(EnforcedPolicies::nowhere))
        .ifPresent(e -> show(Optional.of(e.failing(why))));
    listener.found(
        AgentReason.PolicyTableFailed,
        Optional.of(
            NodeFinding.of(
                AgentReason.PolicyTableFailed,
                "table inet tweed-policy",
                "network policies are in force as they were before, if they were: " + why,
                "the kernel needs nf_tables with conntrack (modprobe nft_ct nf_conntrack), and the"
                    + " daemon the capability NET_ADMIN; it is tried again by itself")));
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
      waitingSince = Optional.empty();
      listener.found(AgentReason.PodsWaitForPolicy, Optional.empty());
      return;
    }
    long now = nanoTime.getAsLong();
    waitingSince = waitingSince.or(() -> Optional.of(now));
    long left = PATIENCE.toNanos() - (now - waitingSince.get());
    if (left > 0) {
      listener.again(Duration.ofNanos(left));
      return;
    }
    listener.found(
        AgentReason.PodsWaitForPolicy,
        Optional.of(
            NodeFinding.of(
                AgentReason.PodsWaitForPolicy,
                "NodePolicy/" + nodeName,
                "%d pods are closed until the operator has said which policies select them: %s"
                    .formatted(
                        waiting.size(),
                        waiting.stream()
                            .map(p -> p.namespace() + "/" + p.name())
                            .sorted()
                            .limit(NAMES)
                            .collect(Collectors.joining(", "))),
                "see whether the operator runs: 'kubectl -n tweed-system get pods'")));
  }

  private NodeFinding notGated() {
    return NodeFinding.of(
        AgentReason.PodsNotGated,
        cniResults.toString(),
        "has nothing of the pods that run here, so they are known by the API server's word only: one that a policy selects is"
            + " open from its start until the API server has its address",
        "mount it into the daemon's pod, or name the directory where the container runtime keeps"
            + " results of CNI plugins by --cni-results-dir");
  }

  private static NodeFinding unguarded(String why) {
    return NodeFinding.of(
        AgentReason.SpoofGuardFailed,
        "table bridge tweed-spoof",
        "a pod with NET_RAW can send as another pod of this node: " + why,
        "the kernel needs nf_tables for bridges (modprobe nf_tables_bridge, CONFIG_NF_TABLES_BRIDGE);"
            + " or say that it is not to be had, by --policy-spoof-guard=false");
  }

  private static NodeFinding bypassed(String why) {
    return NodeFinding.of(
        AgentReason.PolicyBypassed,
        "bridge",
        why + ": packets between pods of this node pass no network policy",
        "modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1"
            + " net.bridge.bridge-nf-call-ip6tables=1");
  }
}
