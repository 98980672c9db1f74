package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.BridgeDevice;
import dev.tweed.dataplane.plan.DesiredState;
import dev.tweed.dataplane.plan.ForeignPrefixes;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.PlannedPeer;
import dev.tweed.dataplane.plan.RouteAnswerEvaluator;
import dev.tweed.dataplane.plan.RouteCause;
import dev.tweed.dataplane.plan.RouteQuestionPlanner;
import dev.tweed.dataplane.plan.RouteShadow;
import dev.tweed.dataplane.plan.RouteShadowPlanner;
import dev.tweed.dataplane.plan.RouteTarget;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteAnswer;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.RuleAction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Asks the kernel which way packets take: to what has just been programmed and what others' routes
 * cover at once, to everything else now and then. It takes little time at each look, and says when
 * it wants another.
 *
 * <p>Failures cost nothing but knowledge: everything is asked anew later.
 */
public final class RouteSweep {

  /** Time for one look. */
  private static final Duration SLICE = Duration.ofMillis(20);

  /**
   * The same while another look has to follow: of thousands of peers the sync around it takes
   * longer.
   */
  private static final Duration LONG_SLICE = Duration.ofMillis(50);

  /**
   * Until the next look, when not all could be asked. Where one comes sooner, or something was
   * programmed, more of that may be waiting: then a single chunk is asked.
   */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Everything is asked at most this often... */
  private static final Duration MIN_INTERVAL = Duration.ofSeconds(5);

  /**
   * ...and at least this often, if there is a look: a little sooner than syncs come by themselves.
   */
  private static final Duration MAX_INTERVAL = Duration.ofSeconds(50);

  /** Targets asked about between two looks at the clock; 128 questions of each rule take 2 ms. */
  private static final int CHUNK = 16;

  /**
   * What a look found.
   *
   * @param shadowed peers whose packets do not take our route
   * @param again when to look again before something happens, if so
   */
  public record Outcome(List<Finding> findings, Set<IpPrefix> shadowed, Optional<Duration> again) {
    /** Copies the collections. */
    public Outcome {
      findings = List.copyOf(findings);
      shadowed = Set.copyOf(shadowed);
    }
  }

  /** A shadow with the answer it was explained by. */
  private record Found(RouteShadow shadow, RouteAnswer answer) {}

  private final Rtnetlink netlink;
  private final Marks marks;
  private final RouteNews news;
  private final LongSupplier nanoTime;
  private final Runnable between;

  private boolean swept;
  private boolean partsKnown;
  private long sweptAt;
  private long recheckedAt;
  private long lookedAt;
  private boolean sweepWanted;

  /** Whether what is due is so by time alone. */
  private boolean routine;

  private List<RoutingRule> rules = List.of();

  /** Rules that nothing is asked about, and those of them that lead pods' packets somewhere. */
  private List<RoutingRule> notAsked = List.of();

  private List<RoutingRule> unchecked = List.of();
  private Optional<BridgeDevice> bridge = Optional.empty();
  private int bridgeIndex;
  private List<PlannedPeer> peers = List.of();
  private List<IpPrefix> pools = List.of();
  private final Set<RouteTarget> targets = new LinkedHashSet<>();
  private final LinkedHashSet<RouteTarget> urgent = new LinkedHashSet<>();
  private final LinkedHashSet<RouteTarget> due = new LinkedHashSet<>();
  private final Map<RouteTarget, Found> shadows = new LinkedHashMap<>();

  private final ForeignPrefixes parts = new ForeignPrefixes();

  /** Networks among the pools that somebody's rules are for. */
  private final ForeignPrefixes ruled = new ForeignPrefixes();

  /**
   * @param marks know our routes
   * @param news what the monitor hears
   * @param nanoTime monotonic clock, nanoseconds
   * @param between called before each few questions
   */
  public RouteSweep(
      Rtnetlink netlink, Marks marks, RouteNews news, LongSupplier nanoTime, Runnable between) {
    this.between = between;
    this.netlink = netlink;
    this.marks = marks;
    this.news = news;
    this.nanoTime = nanoTime;
    this.lookedAt = nanoTime.getAsLong() - PAUSE.toNanos();
  }

  /** Nothing is known any more, and nothing to be asked. */
  public void forget() {
    swept = false;
    partsKnown = false;
    sweepWanted = false;
    targets.clear();
    peers = List.of();
    bridge = Optional.empty();
    urgent.clear();
    due.clear();
    shadows.clear();
    parts.clear();
    news.watch(Set.of());
  }

  /**
   * Asks what there is time for.
   *
   * @param networks all pools
   * @param desired what the sync wanted
   * @param actual what it found at its end
   * @param programmed blocks whose routes it wrote
   * @param wanting blocks whose routes are not there
   */
  public Outcome look(
      List<IpPrefix> networks,
      DesiredState desired,
      ActualState actual,
      Set<IpPrefix> programmed,
      Set<IpPrefix> wanting) {
    Optional<Link> device =
        desired.bridge().map(BridgeDevice::name).flatMap(actual::link).filter(Link::isUp);
    if (device.isEmpty()) {
      forget();
      return new Outcome(List.of(), Set.of(), Optional.empty());
    }
    try {
      follow(networks, desired, device.get().index());
      hear(news.take());
      if (!programmed.isEmpty()) {
        targets.stream()
            .filter(target -> programmed.contains(target.prefix()))
            .filter(RouteTarget.PeerBlock.class::isInstance)
            .toList()
            .reversed()
            .forEach(urgent::addFirst);
      }
      recheck();
      beginSweep();
      boolean busy = !programmed.isEmpty() || nanoTime.getAsLong() - lookedAt < PAUSE.toNanos();
      ask(actual, wanting, busy ? Duration.ZERO : isRoutine() ? SLICE : LONG_SLICE);
      lookedAt = nanoTime.getAsLong();
    } catch (NetlinkException e) {
      partsKnown = false;
      sweepWanted = true;
      rules = List.of(); // what follows from them may not be known
    }
    return outcome(actual);
  }

  private void follow(List<IpPrefix> networks, DesiredState desired, int index) {
    boolean sameBridge = desired.bridge().equals(bridge);
    List<PlannedPeer> wanted = desired.peers();
    sweepWanted |= index != bridgeIndex || !networks.equals(pools);
    // Mostly one comes or goes; to hash all of thousands takes longer than to compare them.
    int first = alike(peers, wanted);
    int rest =
        alike(
            peers.subList(first, peers.size()).reversed(),
            wanted.subList(first, wanted.size()).reversed());
    Set<RouteTarget> gone = targets(peers.subList(first, peers.size() - rest));
    Set<RouteTarget> come = targets(wanted.subList(first, wanted.size() - rest));
    if (!sameBridge) {
      gone.addAll(targets(bridge));
      come.addAll(targets(desired.bridge()));
    }
    boolean sameNetworks = sameBridge && networks.equals(pools);
    bridge = desired.bridge();
    bridgeIndex = index;
    pools = List.copyOf(networks);
    peers = wanted;
    // Routes inside a block were no news before it was one.
    partsKnown &= come.isEmpty();
    gone.removeAll(come);
    targets.removeAll(gone);
    urgent.removeAll(gone);
    due.removeAll(gone);
    shadows.keySet().removeAll(gone);
    come.stream().filter(targets::add).forEach(urgent::add);
    if (!sameNetworks) {
      understand();
    }
  }

  /** How many of both are the same from the beginning on. */
  private static int alike(List<PlannedPeer> some, List<PlannedPeer> others) {
    if (some == others) {
      return some.size();
    }
    int count = 0;
    while (count < Math.min(some.size(), others.size())
        && some.get(count).equals(others.get(count))) {
      count++;
    }
    return count;
  }

  private static Set<RouteTarget> targets(List<PlannedPeer> peers) {
    return peers.stream()
        .map(peer -> new RouteTarget.PeerBlock(peer.node(), peer.route()))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static Set<RouteTarget> targets(Optional<BridgeDevice> bridge) {
    return bridge.stream()
        .flatMap(device -> device.gateways().stream().map(gateway -> Map.entry(device, gateway)))
        .flatMap(
            at ->
                Stream.of(
                    new RouteTarget.OwnBlock(at.getValue(), at.getKey().name()),
                    new RouteTarget.Outside(at.getValue().family())))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private void hear(RouteNews.News told) {
    sweepWanted |= told.lost();
    // Routes inside blocks may have come unseen.
    partsKnown &= !told.lost();
    if (told.rules()) {
      read(netlink.rules());
    }
    if (told.links()) {
      urgent.addAll(shadows.keySet());
    }
    for (RouteNews.Changed route : told.routes()) {
      hear(route);
    }
  }

  private void hear(RouteNews.Changed route) {
    IpPrefix prefix = route.destination();
    if (notAsked.stream().anyMatch(rule -> rule.table() == route.table())) {
      unchecked = leading(notAsked);
    }
    boolean main = route.table() == Route.MAIN_TABLE;
    if (!main && pools.stream().anyMatch(prefix::contains)) {
      sweepWanted = true;
      return;
    }
    for (RouteTarget target : targets) {
      IpPrefix block = target.prefix();
      boolean covers =
          target instanceof RouteTarget.Outside outside
              ? prefix.contains(RouteQuestionPlanner.outside(outside.family()))
              : block.contains(prefix)
                  // In the same table the longer prefix wins, which is ours.
                  || prefix.contains(block) && (!main || shadows.containsKey(target));
      if (covers) {
        urgent.add(target);
        if (!(target instanceof RouteTarget.Outside) && prefix.length() > block.length()) {
          parts.add(prefix);
        }
      }
    }
  }

  private void read(List<RoutingRule> present) {
    if (!present.equals(rules)) {
      rules = present;
      sweepWanted = true;
      understand();
    }
  }

  /** What follows from the rules for the pools and the blocks of this node. */
  private void understand() {
    ruled.clear();
    rules.stream()
        .flatMap(rule -> rule.destination().stream())
        .map(IpPrefix::network)
        .filter(this::overlapsPools)
        .forEach(ruled::add);
    notAsked =
        RouteShadowPlanner.notAsked(
            rules, marks.routeProtocol(), bridge.map(BridgeDevice::gateways).orElse(List.of()));
    unchecked = leading(notAsked);
  }

  /** Those that drop, or whose table has a route to pods. */
  private List<RoutingRule> leading(List<RoutingRule> all) {
    return all.stream()
        .filter(
            rule ->
                rule.action() != RuleAction.LOOKUP
                    || !routes(
                            rule.family(),
                            rule.table(),
                            route -> overlapsPools(route.destination()))
                        .isEmpty())
        .toList();
  }

  private boolean overlapsPools(IpPrefix prefix) {
    for (IpPrefix pool : pools) {
      if (pool.overlaps(prefix)) {
        return true;
      }
    }
    return false;
  }

  private List<Route> routes(AddressFamily family, long table, Predicate<Route> keep) {
    return netlink.routes(RouteFilter.ALL.withFamily(family).withTable(table), keep);
  }

  private void beginSweep() {
    long now = nanoTime.getAsLong();
    long since = now - sweptAt;
    boolean wanted = sweepWanted || since >= MAX_INTERVAL.toNanos();
    if (swept && (!wanted || since < MIN_INTERVAL.toNanos())) {
      return;
    }
    read(netlink.rules());
    if (!partsKnown) {
      findParts();
      partsKnown = true;
    }
    routine = swept && !sweepWanted && (routine || due.isEmpty());
    swept = true;
    sweepWanted = false;
    sweptAt = now;
    due.addAll(targets);
  }

  /** Whether what is left to ask may wait for the next sync. */
  private boolean isRoutine() {
    return urgent.isEmpty() && (due.isEmpty() || routine);
  }

  /** What ends without an event. */
  private List<RouteTarget> silent() {
    return shadows.values().stream()
        .map(Found::shadow)
        .filter(
            shadow ->
                !(shadow.cause() instanceof RouteCause.ByRoute
                    || shadow.cause() instanceof RouteCause.ByRule))
        .map(RouteShadow::target)
        .toList();
  }

  private void recheck() {
    long now = nanoTime.getAsLong();
    if (now - recheckedAt >= MIN_INTERVAL.toNanos()) {
      recheckedAt = now;
      urgent.addAll(silent());
    }
  }

  /** What events will tell later: routes of others inside blocks. */
  private void findParts() {
    Predicate<IpPrefix> inside =
        ForeignPrefixes.inside(
            targets.stream()
                .filter(target -> !(target instanceof RouteTarget.Outside))
                .map(RouteTarget::prefix)
                .toList());
    Predicate<Route> foreign =
        route ->
            !route.protocol().equals(marks.routeProtocol())
                && overlapsPools(route.destination())
                && inside.test(route.destination());
    parts.clear();
    netlink.routes(RouteFilter.ALL, foreign).forEach(route -> parts.add(route.destination()));
  }

  private void ask(ActualState actual, Set<IpPrefix> wanting, Duration slice) {
    if (urgent.isEmpty() && due.isEmpty()) {
      return;
    }
    RouteQuestionPlanner planner =
        new RouteQuestionPlanner(
            bridgeIndex, bridge.orElseThrow().gateways(), actual.addresses(), rules);
    RouteAnswerEvaluator evaluator =
        new RouteAnswerEvaluator(marks.routeProtocol(), bridge.get().name(), actual.links(), rules);
    Explainer explainer = new Explainer(evaluator);
    long end = nanoTime.getAsLong() + slice.toNanos();
    do {
      between.run();
      List<RouteTarget> chunk = new ArrayList<>(CHUNK);
      Set<RouteTarget> anew = new HashSet<>();
      poll(urgent, chunk);
      anew.addAll(chunk);
      poll(due, chunk);
      List<List<RouteQuestion>> questions =
          chunk.stream().map(target -> planner.plan(target, partsOf(target))).toList();
      List<RouteAnswer> answers =
          netlink.ask(questions.stream().flatMap(Collection::stream).toList());
      int at = 0;
      for (int i = 0; i < chunk.size(); i++) {
        List<RouteQuestion> asked = questions.get(i);
        judge(
            chunk.get(i),
            asked,
            answers.subList(at, at + asked.size()),
            explainer,
            anew.contains(chunk.get(i)));
        if (wanting.contains(chunk.get(i).prefix())) {
          shadows.computeIfPresent(
              chunk.get(i), (target, found) -> found.shadow().isByAbsence() ? null : found);
        }
        at += asked.size();
      }
    } while (!(urgent.isEmpty() && due.isEmpty()) && nanoTime.getAsLong() - end < 0);
  }

  private List<IpPrefix> partsOf(RouteTarget target) {
    return Stream.concat(parts.in(target).stream(), ruled.in(target).stream()).toList();
  }

  private static void poll(LinkedHashSet<RouteTarget> queue, List<RouteTarget> chunk) {
    Iterator<RouteTarget> first = queue.iterator();
    while (chunk.size() < CHUNK && first.hasNext()) {
      RouteTarget target = first.next();
      if (!chunk.contains(target)) {
        chunk.add(target);
      }
      first.remove();
    }
  }

  private void judge(
      RouteTarget target,
      List<RouteQuestion> asked,
      List<RouteAnswer> answers,
      Explainer explainer,
      boolean anew) {
    List<RouteQuestion> wrong = explainer.evaluator.wrong(target, asked, answers);
    if (wrong.isEmpty()) {
      shadows.remove(target);
      return;
    }
    RouteAnswer answer = answers.get(asked.indexOf(wrong.getFirst()));
    Found before = shadows.get(target);
    if (!anew
        && before != null
        && before.answer().equals(answer)
        && before.shadow().asked().equals(wrong)) {
      return;
    }
    RouteCause cause = explainer.explain(wrong.getFirst(), answer);
    shadows.put(target, new Found(new RouteShadow(target, wrong, cause), answer));
  }

  /** Reads each table at most once, and of it only what is about pods or the outside. */
  private final class Explainer {
    private final RouteAnswerEvaluator evaluator;
    private final Map<AddressFamily, Map<Long, List<Route>>> tables = new HashMap<>();

    private Explainer(RouteAnswerEvaluator evaluator) {
      this.evaluator = evaluator;
    }

    private RouteCause explain(RouteQuestion question, RouteAnswer answer) {
      AddressFamily family = question.destination().family();
      return evaluator.cause(
          question,
          answer,
          table ->
              tables
                  .computeIfAbsent(family, any -> new HashMap<>())
                  .computeIfAbsent(table, any -> routes(family, table, this::matters)));
    }

    private boolean matters(Route route) {
      IpPrefix prefix = route.destination();
      return overlapsPools(prefix)
          || prefix.contains(RouteQuestionPlanner.outside(prefix.family()));
    }
  }

  private Outcome outcome(ActualState actual) {
    List<RouteShadow> found = shadows.values().stream().map(Found::shadow).toList();
    List<Finding> findings = new ArrayList<>();
    if (!found.isEmpty()) {
      findings.addAll(
          new RouteShadowPlanner(
                  bridge.orElseThrow().name(), pools, actual.links(), actual.addresses())
              .plan(found, blocks(peers)));
    }
    RouteShadowPlanner.notChecked(unchecked).ifPresent(findings::add);
    Set<Integer> links = new HashSet<>();
    Set<IpPrefix> blocks = new HashSet<>();
    for (RouteShadow shadow : found) {
      if (shadow.cause() instanceof RouteCause.ByRoute by) {
        links.add(by.route().linkIndex());
      }
      if (shadow.target() instanceof RouteTarget.OwnBlock) {
        links.add(bridgeIndex);
      }
      if (shadow.target() instanceof RouteTarget.PeerBlock) {
        blocks.add(shadow.target().prefix());
      }
    }
    news.watch(links);
    return new Outcome(findings, blocks, again());
  }

  private static Map<AddressFamily, Long> blocks(List<PlannedPeer> peers) {
    return peers.stream()
        .collect(Collectors.groupingBy(peer -> peer.block().family(), Collectors.counting()));
  }

  private Optional<Duration> again() {
    // What no event has called for goes on with the next sync: each reads the whole kernel.
    if (!isRoutine()) {
      return Optional.of(PAUSE);
    }
    boolean recheck = !silent().isEmpty();
    if (!sweepWanted && !recheck) {
      return Optional.empty();
    }
    long from = sweepWanted ? sweptAt : recheckedAt;
    long rest = from + MIN_INTERVAL.toNanos() - nanoTime.getAsLong();
    return Optional.of(Duration.ofNanos(Math.max(PAUSE.toNanos(), rest)));
  }
}
