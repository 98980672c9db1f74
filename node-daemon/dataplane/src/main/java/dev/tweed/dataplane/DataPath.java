package dev.tweed.dataplane;

import dev.tweed.dataplane.kernel.BridgePorts;
import dev.tweed.dataplane.kernel.DriftDetector;
import dev.tweed.dataplane.kernel.HostSysctlsReader;
import dev.tweed.dataplane.kernel.InspectionReader;
import dev.tweed.dataplane.kernel.KernelMonitor;
import dev.tweed.dataplane.kernel.KernelReader;
import dev.tweed.dataplane.kernel.KernelWriter;
import dev.tweed.dataplane.kernel.NftReader;
import dev.tweed.dataplane.kernel.RouteNews;
import dev.tweed.dataplane.kernel.RouteSweep;
import dev.tweed.dataplane.kernel.RulesReader;
import dev.tweed.dataplane.kernel.StepHook;
import dev.tweed.dataplane.kernel.SysctlJournal;
import dev.tweed.dataplane.kernel.SysctlReader;
import dev.tweed.dataplane.kernel.SysctlRestorer;
import dev.tweed.dataplane.kernel.SysctlWatch;
import dev.tweed.dataplane.kernel.SysctlWriter;
import dev.tweed.dataplane.kernel.TunnelFilterReader;
import dev.tweed.dataplane.kernel.WayCache;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.ArrivalFilter;
import dev.tweed.dataplane.plan.ChangeFailure;
import dev.tweed.dataplane.plan.DesiredState;
import dev.tweed.dataplane.plan.EventFilter;
import dev.tweed.dataplane.plan.FailureInterpreter;
import dev.tweed.dataplane.plan.FormerPeers;
import dev.tweed.dataplane.plan.HostRoutes;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.NodeFacts;
import dev.tweed.dataplane.plan.NodeStatePlanner;
import dev.tweed.dataplane.plan.PeerProgress;
import dev.tweed.dataplane.plan.PeerTable;
import dev.tweed.dataplane.plan.Plan;
import dev.tweed.dataplane.plan.PlannedPeer;
import dev.tweed.dataplane.plan.ProbeFacts;
import dev.tweed.dataplane.plan.ProbeTablePlanner;
import dev.tweed.dataplane.plan.RouteContest;
import dev.tweed.dataplane.plan.StateChange;
import dev.tweed.dataplane.plan.StateDiff;
import dev.tweed.dataplane.plan.SysctlContradictionPlanner;
import dev.tweed.dataplane.plan.SysctlSetting;
import dev.tweed.dataplane.plan.TunnelFilter;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.dataplane.plan.TunnelStrangerPlanner;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The data path of this node. One per process, used by one thread; it owns sockets.
 *
 * <p>Closing it leaves everything in the kernel as it is.
 */
public final class DataPath implements AutoCloseable {

  /**
   * Writing may disturb what was right (systemd-udevd sets addresses of new devices): look again.
   */
  private static final int ROUNDS = 3;

  private final Marks marks;
  private final Rtnetlink netlink;
  private final KernelReader reader;
  private final KernelWriter writer;
  private final Path sysctlDir;
  private final SysctlReader sysctls;
  private final SysctlJournal journal;
  private final HostSysctlsReader hostSysctls;
  private final SysctlRestorer restorer;
  private final RulesReader rules;
  private final NfTables tables;
  private final TunnelFilterReader filter;
  private final FormerPeers formerPeers = new FormerPeers();
  private final LongSupplier nanoTime;
  private final InspectionReader inspection;
  private final BridgePorts ports = new BridgePorts();
  private final RouteSweep routes;
  private final DriftDetector lookout;
  private final NodeStatePlanner planner;
  private final RouteContest contest;
  private final FailureInterpreter interpreter = new FailureInterpreter();

  /** What the sync before wanted and reached; empty before the first. */
  private Optional<Reached> reached = Optional.empty();

  /** What the last sync saw at its end. */
  private Optional<Seen> seen = Optional.empty();

  private record Seen(ProbeFacts probes, HostRoutes routes, ActualState actual) {}

  /** The peers there are, for those that come; empty where only a sync can tell what to do. */
  private Optional<PeerTable> table = Optional.empty();

  /** What was done for peers ahead of the next sync, which tells it. */
  private final List<KernelWriter.Done> early = new ArrayList<>();

  /**
   * Those that came after the snapshot was taken of the sync under way or, without one, the last.
   */
  private final List<PeerTable.Arrival> arrivals = new ArrayList<>();

  /** Those before, which the last plan did not have either. */
  private List<PeerTable.Arrival> arrivedBefore = List.of();

  /** Whether that of the next sync is taken already. */
  private boolean begun;

  private SafePoints safePoints = SafePoints.NONE;

  private record Reached(DesiredState desired, Set<StateChange> unfinished) {}

  /**
   * What writing came to.
   *
   * @param changes what is left to do
   * @param failures of steps, whether they are left to do or not
   */
  private record Written(
      ActualState actual, List<StateChange> changes, List<ChangeFailure> failures) {}

  /** The last plan, empty before the first. */
  private Optional<Planned> planned = Optional.empty();

  /** A plan and all that it follows from. */
  private record Planned(
      ClusterSnapshot snapshot, NodeFacts facts, Set<Integer> ports, Plan plan) {}

  /** What the kernel holds, and the steps from there to what is wanted. */
  private record Comparison(ActualState actual, StateDiff.Steps steps) {}

  /**
   * Over these connections to the kernel, which it closes.
   *
   * @param hook is called before each step that does not go by it
   */
  DataPath(
      DataPathOptions options,
      Rtnetlink netlink,
      NfTables tables,
      LongSupplier nanoTime,
      StepHook hook) {
    this.netlink = netlink;
    this.tables = tables;
    this.nanoTime = nanoTime;
    this.filter = new TunnelFilterReader(tables);
    this.marks = new Marks(options.aliasPrefix(), new RouteProtocol(options.routeProtocol()));
    WayCache ways = new WayCache(netlink::routeTo, nanoTime);
    this.reader = new KernelReader(netlink, marks, ways, options.podAddresses(), this::pause);
    this.sysctlDir = options.sysctlDir();
    this.sysctls = new SysctlReader(sysctlDir);
    this.rules = new RulesReader(new NftReader(tables));
    this.inspection = new InspectionReader(reader, new NftReader(tables), filter, marks);
    this.hostSysctls = new HostSysctlsReader(options.hostRoot());
    this.journal = new SysctlJournal(options.sysctlNotes());
    SysctlWriter sysctlWriter = new SysctlWriter(options.sysctlDir(), journal, hook);
    this.writer = new KernelWriter(netlink, sysctlWriter, tables, marks);
    this.restorer = new SysctlRestorer(sysctls, sysctlWriter, journal);
    RouteNews routeNews = new RouteNews();
    this.routes = new RouteSweep(netlink, marks, routeNews, nanoTime, this::pause);
    this.lookout =
        new DriftDetector(netlink.portId(), tables::portId, rules, ports, routeNews, ways);
    this.planner = new NodeStatePlanner(marks);
    this.contest = new RouteContest(marks, nanoTime);
  }

  /**
   * Opens the sockets in the calling thread's network namespace. Later calls must come from threads
   * in the same one.
   *
   * @throws DataPathException when the kernel cannot be talked to at all
   */
  public static DataPath open(DataPathOptions options) {
    return open(options, System::nanoTime);
  }

  /**
   * As above, with another clock.
   *
   * @param nanoTime monotonic clock, nanoseconds
   */
  public static DataPath open(DataPathOptions options, LongSupplier nanoTime) {
    try {
      return new DataPath(
          options, RtnetlinkSocket.open(), new NfTablesSocket(), nanoTime, StepHook.NONE);
    } catch (NetlinkException e) {
      throw new DataPathException("cannot open a netlink socket: " + e.getMessage(), e);
    }
  }

  /** The snapshot of the next sync is taken from now on: it may not have peers added later. */
  public void begin() {
    arrivedBefore = List.copyOf(arrivals);
    arrivals.clear();
    begun = true;
  }

  /**
   * Brings the kernel to what the snapshot asks for: read, plan, compare, apply, verify. Run twice,
   * the second run changes nothing. What the kernel refuses is in the report and stops nothing
   * else.
   */
  public SyncReport sync(ClusterSnapshot snapshot) {
    return sync(snapshot, SafePoints.NONE);
  }

  /**
   * The same, where peers may be added on the way. It is as if they had come after it: the report
   * does not have them.
   *
   * @param during is asked now and then until this returns
   */
  public SyncReport sync(ClusterSnapshot snapshot, SafePoints during) {
    if (!begun) {
      begin();
    }
    begun = false;
    safePoints = during;
    List<Change> applied = new ArrayList<>();
    boolean ended = false;
    try {
      SyncReport report = sync(snapshot, applied);
      ended = true;
      return report;
    } catch (NetlinkException e) {
      // Nothing is known for certain now; the next sync reads everything again.
      reached = Optional.empty();
      seen = Optional.empty();
      lookout.suspectRoutes();
      return new SyncReport(
          false,
          "",
          0,
          Optional.empty(),
          snapshot.peers().size(),
          0,
          applied,
          List.of(
              new Finding(
                  Reason.ProgrammingFailed,
                  SyncReport.NETLINK,
                  "the exchange with the kernel failed: " + e.getMessage(),
                  "")),
          Map.of(),
          List.of(),
          Optional.empty());
    } finally {
      safePoints = SafePoints.NONE;
      if (!ended) {
        table = Optional.empty();
      }
    }
  }

  /**
   * Brings a peer that is new into the kernel by what the last sync left, in a time that does not
   * depend on how many there are; the kernel's acknowledgement is the proof. The next sync that
   * begins has to come soon, with a snapshot that has it: it compares everything, and tells.
   *
   * @return whether it is there; if not, nothing is lost, and only the next sync can tell
   */
  public boolean add(Peer peer) {
    if (table.isEmpty() || lookout.suspectsRoutes()) {
      return false;
    }
    if (table.get().knows(peer)) {
      return true;
    }
    Optional<PeerTable.Arrival> arrival = table.get().add(peer);
    if (arrival.isEmpty() || arrival.get().steps().stream().anyMatch(contest::isHeld)) {
      table = Optional.empty();
      return false;
    }
    lookout.expect(arrival.get().peer());
    arrivals.add(arrival.get());
    // What is there is another than was seen, so the next sync reads before it writes.
    seen = Optional.empty();
    reader.forgetNextHops();
    try {
      KernelWriter.Outcome outcome = apply(arrival.get().steps());
      early.addAll(outcome.done());
      if (outcome.failures().isEmpty()) {
        return true;
      }
    } catch (NetlinkException e) {
      // As in a sync, whose turn it is now.
      reached = Optional.empty();
      lookout.suspectRoutes();
    }
    table = Optional.empty();
    return false;
  }

  private SyncReport sync(ClusterSnapshot snapshot, List<Change> applied) {
    // Told before the snapshot was taken, and in it for all that.
    arrivals.removeIf(
        arrival ->
            snapshot.peers().stream().anyMatch(p -> p.block().equals(arrival.peer().block())));
    // What comes on the way is judged by the table, which must not have what goes with this sync.
    table = table.filter(last -> !lookout.suspectsRoutes() && last.isOf(snapshot, arrivals));
    Set<Integer> portsBefore = ports.known();
    Set<IpPrefix> routed = new HashSet<>();
    for (KernelWriter.Done done : early) {
      applied.add(done.report(false));
      routeOf(done.change()).ifPresent(routed::add);
    }
    early.clear();
    routed.addAll(lookAhead(snapshot, applied));
    NodeFacts facts = reader.facts(snapshot);
    Plan plan = plan(snapshot, facts, portsBefore);
    DesiredState desired = plan.desired();
    applied.addAll(restoreUnasked(plan));
    boolean suspect = lookout.suspectsRoutes();
    if (suspect) {
      table = Optional.empty();
      lookout.routesAreRead();
      reader.forgetNextHops();
    }
    Comparison comparison =
        compare(
            desired,
            reader.actual(
                facts.links(),
                facts.addresses(),
                sysctls.read(desired.sysctls()),
                rules.read(),
                filter()));
    ActualState found = comparison.actual();
    List<StateChange> differences = comparison.steps().changes();
    journal.found(desired.nodeSysctls(), found::sysctl);
    Set<StateChange> drift = drift(differences, found);
    List<StateChange> steps = differences;
    if (!desired.remembered() && (suspect || contest.isNeeded(differences, drift))) {
      RouteContest.Verdict verdict = contest.judge(differences, drift, desired, reader.table());
      steps = verdict.steps();
      drift.addAll(verdict.again());
    }

    // Before the first change, so that the events of our own are judged by what they bring about.
    lookOut(snapshot, plan, found);
    Written written =
        write(desired, new Written(found, differences, List.of()), steps, drift, applied, routed);
    ActualState actual = written.actual();
    List<StateChange> changes = written.changes();
    ports.follow(portsBefore, actual.links(), bridgeIndex(snapshot, actual));
    reached = Optional.of(new Reached(desired, new HashSet<>(changes)));
    NodeFacts now =
        new NodeFacts(actual.links(), actual.addresses(), Map.of(), facts.probes(), facts.routes());
    table = table.filter(last -> PeerTable.areOfOthers(changes) && last.stands(now, plan, actual));
    if (arrivals.isEmpty()) {
      seen = Optional.of(new Seen(facts.probes(), facts.routes(), actual));
      table = table.or(() -> PeerTable.of(snapshot, now, plan, actual, changes));
    } else {
      seen = Optional.empty();
    }
    lookOut(snapshot, plan, actual);

    List<Finding> findings = findings(plan, written, comparison.steps().contradiction());
    boolean verified =
        findings.stream().noneMatch(Finding::isBlocking)
            && plan.isComplete()
            && changes.stream().allMatch(StateChange::isDispensable);
    RouteSweep.Outcome ways = ways(snapshot, desired, actual, changes, routed, findings);
    findings.addAll(ways.findings());
    return new SyncReport(
        verified,
        plan.device(),
        plan.podMtu(),
        plan.underlay(),
        outsideDevices(facts),
        snapshot.peers().size(),
        PeerProgress.programmed(desired, changes, ways.shadowed()),
        applied,
        findings,
        kept(desired, actual),
        probes(desired, changes),
        // Others can be added once a sync has those that came on the way.
        arrivals.isEmpty() || table.isPresent() ? ways.again() : Optional.of(Duration.ZERO));
  }

  /**
   * Takes the steps, and looks what they have come to, until nothing is left that could be done.
   *
   * @param found what is there before
   * @param applied where what was done is added
   * @param routed where the blocks are added whose routes were written
   */
  private Written write(
      DesiredState desired,
      Written found,
      List<StateChange> first,
      Set<StateChange> drift,
      List<Change> applied,
      Set<IpPrefix> routed) {
    ActualState actual = found.actual();
    List<StateChange> changes = found.changes();
    List<StateChange> steps = first;
    Map<StateChange, ChangeFailure> failures = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      List<StateChange> todo =
          steps.stream()
              .filter(change -> !failures.containsKey(change) && !contest.isHeld(change))
              .filter(change -> !ArrivalFilter.isInTheWay(arrivals, change))
              .toList();
      if (todo.isEmpty()) {
        break;
      }
      if (!PeerTable.areOfOthers(todo)) {
        table = Optional.empty();
      }
      KernelWriter.Outcome outcome = apply(todo);
      outcome.done().forEach(done -> applied.add(done.report(drift.contains(done.change()))));
      outcome.done().forEach(done -> routeOf(done.change()).ifPresent(routed::add));
      outcome.failures().forEach(failure -> failures.put(failure.change(), failure));
      if (outcome.touchedRules()) {
        rules.forget();
      }
      reader.forgetNextHops();
      actual = reader.actual(sysctls.read(desired.sysctls()), rules.read(), filter());
      changes = difference(desired, actual).changes();
      steps = changes;
      if (round == ROUNDS - 1) {
        steps.stream()
            .filter(new HashSet<>(todo)::contains)
            .filter(change -> !failures.containsKey(change) && !contest.isHeld(change))
            .map(change -> new ChangeFailure(change, new ChangeFailure.Cause.NotKept()))
            .forEach(failure -> failures.put(failure.change(), failure));
      }
    }
    return new Written(actual, changes, List.copyOf(failures.values()));
  }

  private List<Finding> findings(Plan plan, Written written, Optional<String> contradiction) {
    DesiredState desired = plan.desired();
    ActualState actual = written.actual();
    Set<StateChange> unfinished = new HashSet<>(written.changes());
    List<Finding> findings = new ArrayList<>(plan.findings());
    findings.addAll(
        interpreter.interpret(
            written.failures().stream().filter(f -> unfinished.contains(f.change())).toList()));
    findings.addAll(contest.findings(actual));
    ProbeTablePlanner.plan(desired, actual).ifPresent(findings::add);
    contradiction.map(DataPath::notAsRemembered).ifPresent(findings::add);
    if (desired.rules().isPresent() && actual.rules() instanceof NftListing.Unreadable unreadable) {
      findings.add(interpreter.nftUnavailable(unreadable.message(), desired.rulesRequired()));
    }
    if (desired.tunnelFilter().isPresent()
        && actual.tunnelFilter() instanceof TunnelFilterListing.Unreadable unreadable) {
      findings.add(interpreter.tunnelFilterUnavailable(unreadable.message()));
    }
    Set<IpAddress> former =
        formerPeers.after(
            desired.tunnelFilter().map(TunnelFilter::peers).orElse(Set.of()), nanoTime.getAsLong());
    TunnelStrangerPlanner.plan(desired.tunnelFilter(), actual.tunnelFilter(), former)
        .ifPresent(findings::add);
    findings.addAll(
        SysctlContradictionPlanner.plan(desired.sysctls(), hostSysctls.read(), actual::sysctl));
    return findings;
  }

  /** The valid peers, by the last sync; none after one that broke off. */
  public List<PeerWay> peers() {
    return reached.stream()
        .flatMap(last -> last.desired().peers().stream())
        .map(
            peer ->
                switch (peer.path()) {
                  case PlannedPeer.Path.Tunnelled(String device, IpAddress vtep, MacAddress mac) ->
                      new PeerWay(
                          peer.node(), peer.block(), device, vtep, Optional.of(mac), peer.mtu());
                  case PlannedPeer.Path.Direct(String device, IpAddress gateway) ->
                      new PeerWay(
                          peer.node(), peer.block(), device, gateway, Optional.empty(), peer.mtu());
                })
        .toList();
  }

  private static List<String> outsideDevices(NodeFacts facts) {
    return facts.routes().outside().stream()
        .flatMap(index -> facts.link(index).stream())
        .map(Link::name)
        .sorted()
        .toList();
  }

  /** The addresses by which this node can be probed, once nothing is left to do for them. */
  private static List<IpAddress> probes(DesiredState desired, List<StateChange> remaining) {
    return remaining.stream().anyMatch(StateChange::concernsProbe)
        ? List.of()
        : desired.probe().stream()
            .flatMap(probe -> probe.addresses().stream())
            .map(IpPrefix::address)
            .toList();
  }

  /**
   * Brings peers that came or went into the kernel by what the last sync saw, before the reading of
   * everything, which takes longer the more peers there are. What has become wrong since is found
   * and put right by that.
   */
  private Set<IpPrefix> lookAhead(ClusterSnapshot snapshot, List<Change> applied) {
    if (seen.isEmpty()
        || table.isPresent()
        || lookout.suspectsRoutes()
        || planned.filter(last -> last.snapshot().equals(snapshot)).isPresent()) {
      return Set.of();
    }
    ActualState actual = seen.get().actual();
    NodeFacts facts =
        new NodeFacts(
            actual.links(),
            actual.addresses(),
            reader.ways(snapshot),
            seen.get().probes(),
            seen.get().routes());
    Plan plan = planAnew(snapshot, facts, ports.known());
    List<StateChange> changes =
        StateDiff.between(plan.desired(), actual, marks).changes().stream()
            .filter(change -> change.concernsPeer() && !contest.isHeld(change))
            .toList();
    Set<IpPrefix> routed = new HashSet<>();
    if (!changes.isEmpty()) {
      lookOut(snapshot, plan, actual);
      KernelWriter.Outcome outcome = apply(changes);
      for (KernelWriter.Done done : outcome.done()) {
        applied.add(done.report(false));
        routeOf(done.change()).ifPresent(routed::add);
      }
      reader.follow(outcome, actual.links());
    }
    return routed;
  }

  private KernelWriter.Outcome apply(List<StateChange> changes) {
    KernelWriter.Outcome outcome = writer.apply(changes);
    outcome.done().stream()
        .map(KernelWriter.Done::change)
        .filter(change -> change.kind() == Change.Kind.FILTER)
        .forEach(filter::follow);
    return outcome;
  }

  /** The plan: that of before while nothing has changed that it follows from. */
  private Plan plan(ClusterSnapshot snapshot, NodeFacts facts, Set<Integer> before) {
    return planned
        .filter(last -> last.facts().equals(facts) && last.ports().equals(before))
        .filter(last -> last.snapshot().equals(snapshot))
        .map(Planned::plan)
        .orElseGet(() -> planAnew(snapshot, facts, before));
  }

  private Plan planAnew(ClusterSnapshot snapshot, NodeFacts facts, Set<Integer> before) {
    Plan plan = safePoints.during(() -> planner.plan(snapshot, facts, before));
    planned = Optional.of(new Planned(snapshot, facts, before, plan));
    return plan;
  }

  /** Nothing is done to routes by nexthop objects of an earlier reading: they are read anew. */
  private Comparison compare(DesiredState desired, ActualState actual) {
    StateDiff.Steps steps = difference(desired, actual);
    if (!reader.hasKeptNextHops()
        || steps.changes().stream().noneMatch(StateChange::concernsNextHops)) {
      return new Comparison(actual, steps);
    }
    reader.forgetNextHops();
    ActualState fresh = actual.withNextHops(reader.nextHops());
    return new Comparison(fresh, difference(desired, fresh));
  }

  /** What is to be done, for peers that came meanwhile nothing. */
  private StateDiff.Steps difference(DesiredState desired, ActualState actual) {
    StateDiff.Steps steps = safePoints.during(() -> StateDiff.between(desired, actual, marks));
    return new StateDiff.Steps(
        ArrivalFilter.without(arrivals, steps.changes()), steps.contradiction());
  }

  private void pause() {
    safePoints.pause();
  }

  private TunnelFilterListing filter() {
    pause();
    return filter.read();
  }

  private static Optional<IpPrefix> routeOf(StateChange change) {
    return change instanceof StateChange.PutRoute put
        ? Optional.of(put.route().destination())
        : Optional.empty();
  }

  /** Which way packets take. While nothing is forwarded at all, that is told already. */
  private RouteSweep.Outcome ways(
      ClusterSnapshot snapshot,
      DesiredState desired,
      ActualState actual,
      List<StateChange> unfinished,
      Set<IpPrefix> routed,
      List<Finding> findings) {
    if (findings.stream().anyMatch(finding -> finding.reason() == Reason.ReadOnlySysctl)) {
      return new RouteSweep.Outcome(List.of(), Set.of(), Optional.empty());
    }
    Set<IpPrefix> wanting =
        unfinished.stream().flatMap(change -> routeOf(change).stream()).collect(Collectors.toSet());
    return routes.look(snapshot.network().podCidrs(), desired, actual, routed, wanting);
  }

  private static Finding notAsRemembered(String contradiction) {
    return new Finding(
        Reason.NotAsRemembered,
        "kernel",
        "what this node remembers is not used, since what is in the kernel is another: "
            + contradiction,
        "");
  }

  /**
   * What the PodNetwork asked for once and asks for no more gets its old value back, and so does
   * what devices had that packets of pods no longer use, where that is known.
   */
  private List<Change> restoreUnasked(Plan plan) {
    DesiredState desired = plan.desired();
    if (desired.remembered()) {
      return List.of();
    }
    Set<String> wanted =
        desired.nodeSysctls().stream().map(SysctlSetting::path).collect(Collectors.toSet());
    return restorer
        .restore(
            note ->
                !wanted.contains(note.path())
                    && (note.asked()
                        // While it is used, peers may send otherwise than they are to by now.
                        || plan.isComplete()
                            && note.device()
                                .filter(d -> !wanted.contains(forwarding(d)))
                                .isPresent()))
        .restored();
  }

  private static String forwarding(String device) {
    return "ipv4/conf/" + device + "/forwarding";
  }

  private static int bridgeIndex(ClusterSnapshot snapshot, ActualState actual) {
    return actual.link(snapshot.network().bridgeName()).map(Link::index).orElse(-1);
  }

  private void lookOut(ClusterSnapshot snapshot, Plan plan, ActualState actual) {
    EventFilter relevance = new EventFilter(marks, snapshot, plan, actual.links());
    arrivals.forEach(arrival -> relevance.expect(arrival.peer()));
    lookout.lookFor(relevance, plan.desired().sysctls(), actual, bridgeIndex(snapshot, actual));
  }

  /** What an earlier sync had brought about and is no longer so. */
  private Set<StateChange> drift(List<StateChange> changes, ActualState actual) {
    if (changes.isEmpty() || reached.isEmpty()) {
      return new HashSet<>();
    }
    List<PeerTable.Arrival> came = new ArrayList<>(arrivals);
    came.addAll(arrivedBefore);
    Set<StateChange> missing =
        new HashSet<>(
            ArrivalFilter.without(
                came, StateDiff.between(reached.get().desired(), actual, marks).changes()));
    missing.removeAll(reached.get().unfinished());
    return missing;
  }

  private static Map<String, String> kept(DesiredState desired, ActualState actual) {
    Map<String, String> values = new LinkedHashMap<>();
    desired
        .sysctls()
        .forEach(
            setting ->
                actual
                    .sysctl(setting.path())
                    .ifPresent(value -> values.put("net/" + setting.path(), value)));
    return values;
  }

  /** What of ours is in the kernel now; changes nothing. */
  public Inspection inspect() {
    return inspection.read();
  }

  /**
   * Removes everything that carries a mark of ours and looks again. Sysctls that still have the
   * value we gave them get back the one they had before.
   */
  public CleanupReport cleanup() {
    reached = Optional.empty();
    seen = Optional.empty();
    table = Optional.empty();
    arrivals.clear();
    early.clear();
    routes.forget();
    lookout.lookForNothing();
    return new Cleanup(reader, writer, rules, filter, restorer, marks).run();
  }

  /**
   * Reports when something that this data path put into the kernel no longer is as planned. What
   * happened before, or happens after a failure, is found by the next sync.
   *
   * @param onChange called on a thread of the monitor; must return at once
   * @throws DataPathException when the kernel cannot be listened to
   */
  public DataPathMonitor monitor(Runnable onChange) {
    try {
      rules.watched(true);
      return KernelMonitor.open(lookout, new SysctlWatch(sysctlDir), onChange);
    } catch (NetlinkException e) {
      rules.watched(false);
      throw new DataPathException("cannot listen to the kernel: " + e.getMessage(), e);
    } finally {
      lookout.eventsMissed();
    }
  }

  /**
   * How this host reaches an address now; empty if it does not.
   *
   * @throws NetlinkException when the kernel cannot be asked
   */
  public Optional<HostWay> wayTo(IpAddress address) {
    return netlink
        .routeTo(address)
        .map(route -> new HostWay(route.linkIndex(), route.gateway(), route.preferredSource()));
  }

  /**
   * Whether this host has an address.
   *
   * @throws NetlinkException when the kernel cannot be asked
   */
  public boolean hasAddress(IpAddress address) {
    // Those of a VRF are in a table that is not asked.
    return netlink.routeTo(address).filter(r -> r.type().equals(RouteType.LOCAL)).isPresent()
        || netlink.addresses().stream().anyMatch(a -> a.prefix().address().equals(address));
  }

  @Override
  public void close() {
    tables.close();
    netlink.close();
  }
}
