package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.BridgeDevice;
import dev.tweed.dataplane.plan.DesiredState;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.PlannedPeer;
import dev.tweed.dataplane.plan.ProbeState;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteAnswer;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.Rtnetlink;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When what is asked, with a kernel and a clock of the test's. */
class RouteSweepTest {
  private static final RouteProtocol OURS = new RouteProtocol(116);
  private static final List<IpPrefix> POOLS = List.of(IpPrefix.parse("10.0.0.0/8"));
  private static final int BRIDGE = 7;
  private static final int TUNNEL = 8;

  /** A question and its answer on a slow machine. */
  private static final long QUESTION = Duration.ofNanos(30_000).toNanos();

  private static final Duration SYNC = Duration.ofMillis(60);

  private final List<RoutingRule> rules = new ArrayList<>();

  /** The route that decides about a block. */
  private final Map<IpPrefix, Route> routes = new HashMap<>();

  private final List<RouteQuestion> asked = new ArrayList<>();
  private boolean broken;
  private long now = Duration.ofDays(3).toNanos();
  private final RouteNews news = new RouteNews();
  private final RouteSweep sweep =
      new RouteSweep(kernel(), new Marks("tweed:", OURS), news, () -> now, () -> {});

  private List<PlannedPeer> peers = peers(3);

  @Test
  void fiveThousandPeersAreSweptInSlicesAndInTime() {
    peers = peers(5000);
    sweepAll();
    shadow(peers.getLast().block());
    asked.clear();

    // When a rule changes
    rules.add(RoutingRule.lookup(AddressFamily.IPV4, 100, 52, RouteProtocol.BOOT));
    news.note(new NetlinkEvent.RuleChanged(rules.getFirst(), false, 1));
    long event = now;
    RouteSweep.Outcome outcome = look();
    while (outcome.findings().isEmpty()) {
      now += outcome.again().orElseThrow().toNanos() + SYNC.toNanos();
      long begin = now;
      outcome = look();
      assertThat(Duration.ofNanos(now - begin)).isLessThan(Duration.ofMillis(53));
    }

    assertThat(Duration.ofNanos(now - event)).isLessThan(Duration.ofSeconds(10));
    assertThat(outcome.shadowed()).containsExactly(peers.getLast().block());
  }

  @Test
  void whatIsDueByTimeAloneGoesOnWithTheSyncsThatComeAnyway() {
    peers = peers(5000);
    sweepAll();
    shadow(peers.getLast().block());
    asked.clear();

    // When nothing is told, and a sync comes each minute
    int syncs = 0;
    RouteSweep.Outcome outcome;
    do {
      now += Duration.ofMinutes(1).toNanos();
      outcome = look();
      if (outcome.findings().isEmpty()) {
        assertThat(outcome.again()).isEmpty();
      }
      syncs++;
    } while (outcome.findings().isEmpty() && syncs < 100);

    // Then it is found all the same
    assertThat(outcome.shadowed()).containsExactly(peers.getLast().block());
    assertThat(syncs).isBetween(2, 60);
  }

  @Test
  void whatWasProgrammedIsAskedAtOnceAndInLittleTime() {
    peers = peers(5000);
    sweepAll();
    asked.clear();
    IpPrefix block = peers.get(77).block();

    long begin = now;
    look(Set.of(block), Set.of());

    assertThat(asked).hasSize(4).allMatch(question -> block.contains(question.destination()));
    assertThat(Duration.ofNanos(now - begin)).isLessThan(Duration.ofMillis(1));

    // And when it is the first time that all are
    sweep.forget();
    begin = now;
    look(Set.copyOf(peers.stream().map(PlannedPeer::block).toList()), Set.of());
    assertThat(Duration.ofNanos(now - begin)).isLessThan(Duration.ofMillis(8));
  }

  @Test
  void syncsThatComeOneAfterTheOtherAreNotHeldUp() {
    peers = peers(5000);
    look();

    int looks = 0;
    Duration longest = Duration.ZERO;
    do {
      now += Duration.ofMillis(15).toNanos();
      long begin = now;
      look();
      Duration took = Duration.ofNanos(now - begin);
      longest = took.compareTo(longest) > 0 ? took : longest;
      looks++;
    } while (asked.size() < 5000 * 4);

    assertThat(longest).isLessThan(Duration.ofMillis(3));
    assertThat(Duration.ofNanos(looks * Duration.ofMillis(15).toNanos()))
        .as("everything is asked in time")
        .isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void everythingIsAskedAtMostOnceInFiveSecondsAndNoChangeIsLost() {
    sweepAll();
    int perSweep = asked.size();
    asked.clear();

    // Given rules that come and go all the time
    long begin = now;
    while (now - begin < Duration.ofSeconds(20).toNanos()) {
      rules.add(RoutingRule.lookup(AddressFamily.IPV4, rules.size(), 52, RouteProtocol.BOOT));
      news.note(new NetlinkEvent.RuleChanged(rules.getFirst(), false, 1));
      look();
      now += Duration.ofMillis(200).toNanos();
    }
    assertThat(asked.size()).isBetween(3 * perSweep, 5 * perSweep);

    // When the last comes right after one was served
    now += Duration.ofSeconds(5).toNanos();
    look();
    asked.clear();
    rules.removeFirst();
    news.note(new NetlinkEvent.RuleChanged(rules.getFirst(), true, 1));
    now += look().again().orElseThrow().toNanos();
    assertThat(asked).isEmpty();
    RouteSweep.Outcome outcome = look();

    assertThat(asked).hasSize(perSweep);
    assertThat(outcome.again()).isEmpty();
  }

  @Test
  void aRuleEventThatChangesNothingCostsNothing() {
    sweepAll();
    asked.clear();
    now += Duration.ofSeconds(6).toNanos();

    news.note(
        new NetlinkEvent.RuleChanged(
            RoutingRule.lookup(AddressFamily.IPV4, 1, 52, RouteProtocol.BOOT), true, 1));

    assertThat(look().again()).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void ofARouteOnlyWhatItCoversIsAsked() {
    peers = peers(600);
    sweepAll();
    asked.clear();

    // 10.1.0.0/16 has the blocks 256 to 511
    told("10.1.0.0/16", 52);
    sweepAll();
    assertThat(asked)
        .hasSize(256 * 4)
        .allMatch(q -> q.destination().toString().startsWith("10.1."));

    // In our own table a shorter prefix loses
    asked.clear();
    told("10.1.0.0/16", Route.MAIN_TABLE);
    look();
    assertThat(asked).isEmpty();

    // A part of a block
    told("10.1.7.64/26", Route.MAIN_TABLE);
    look();
    assertThat(asked)
        .extracting(question -> question.destination().toString())
        .containsOnly("10.1.7.0", "10.1.7.255", "10.1.7.64", "10.1.7.127");
  }

  @Test
  void nowAndThenEverythingIsAskedWithoutAnEvent() {
    sweepAll();
    shadow(peers.getFirst().block());
    now += Duration.ofSeconds(20).toNanos();
    assertThat(look().findings()).isEmpty();

    now += Duration.ofSeconds(40).toNanos();

    assertThat(look().findings()).hasSize(1);
  }

  @Test
  void thatTheKernelCannotBeAskedIsForgivenAndTriedAgain() {
    broken = true;
    RouteSweep.Outcome outcome = look();
    assertThat(outcome.findings()).isEmpty();
    assertThat(outcome.again()).isPresent();

    broken = false;
    shadow(peers.getFirst().block());
    now += Duration.ofSeconds(5).toNanos();

    assertThat(look().findings()).hasSize(1);
  }

  @Test
  void aRouteThatTheKernelRefusedIsNoShadowUnlessAnotherIsInItsPlace() {
    sweepAll();
    IpPrefix block = peers.getFirst().block();
    routes.remove(block);
    told(block.toString(), 52);

    assertThat(look(Set.of(), Set.of(block)).findings()).isEmpty();

    shadow(block);
    told(block.toString(), Route.MAIN_TABLE);
    assertThat(look(Set.of(), Set.of(block)).findings())
        .extracting(Finding::object)
        .containsExactly("n0 " + block);
  }

  @Test
  void withoutABridgeNothingIsAsked() {
    RouteSweep.Outcome outcome =
        sweep.look(POOLS, desired(), actual(List.of()), Set.of(), Set.of());

    assertThat(outcome.findings()).isEmpty();
    assertThat(outcome.again()).isEmpty();
    assertThat(asked).isEmpty();
  }

  private void told(String prefix, long table) {
    news.note(
        new NetlinkEvent.RouteChanged(
            Route.through(IpPrefix.parse(prefix), 2, RouteProtocol.BOOT).withTable(table),
            false,
            1));
  }

  /** Somebody's route, which wins over ours. */
  private void shadow(IpPrefix block) {
    routes.put(block, Route.through(block, 2, RouteProtocol.STATIC));
  }

  private void sweepAll() {
    Optional<Duration> again = look().again();
    while (again.isPresent()) {
      now += again.get().toNanos();
      again = look().again();
    }
  }

  private RouteSweep.Outcome look() {
    return look(Set.of(), Set.of());
  }

  private RouteSweep.Outcome look(Set<IpPrefix> programmed, Set<IpPrefix> wanting) {
    return sweep.look(
        POOLS,
        desired(),
        actual(List.of(link(2, "eth0"), link(BRIDGE, "tweed-br0"), link(TUNNEL, "tweed.1"))),
        programmed,
        wanting);
  }

  private DesiredState desired() {
    return new DesiredState(
        List.of(),
        Optional.of(
            new BridgeDevice(
                "tweed-br0",
                "tweed:default",
                Example.mac(1),
                1450,
                List.of(IpPrefix.parse("10.255.255.1/24")),
                Set.of(),
                true)),
        Optional.empty(),
        Set.of(),
        peers,
        List.of(),
        Map.of(),
        Optional.empty(),
        false,
        Optional.empty(),
        false);
  }

  private static ActualState actual(List<Link> links) {
    return new ActualState(
        links,
        List.of(),
        Map.of(),
        Map.of(),
        List.of(),
        List.of(),
        new ProbeState(List.of(), List.of(), Set.of(), List.of(), List.of()),
        Map.of(),
        new NftListing.Absent(),
        new TunnelFilterListing.Absent());
  }

  private List<PlannedPeer> peers(int count) {
    routes.clear();
    IpPrefix own = IpPrefix.parse("10.255.255.0/24");
    routes.put(own, Route.through(own, BRIDGE, RouteProtocol.KERNEL));
    List<PlannedPeer> all =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new PlannedPeer(
                        "n" + i,
                        new IpPrefix(new Ipv4Address(0x0a00_0000 + (i << 8)), 24),
                        new PlannedPeer.Path.Tunnelled("tweed.1", Example.ip(2), Example.mac(2)),
                        0))
            .toList();
    all.forEach(
        peer ->
            routes.put(
                peer.block(), peer.route().on(TUNNEL, OURS, peer.route().preferredNextHop())));
    return all;
  }

  @SuppressWarnings("unchecked")
  private Rtnetlink kernel() {
    return (Rtnetlink)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Rtnetlink.class},
            (proxy, method, arguments) -> {
              if (broken) {
                throw new NetlinkException(
                    NetlinkException.Reason.ANSWERS_LOST, Errno.ENOBUFS, "on purpose");
              }
              return switch (method.getName()) {
                case "ask" -> answers((List<RouteQuestion>) arguments[0]);
                case "rules" -> List.copyOf(rules);
                case "routes" ->
                    routes.values().stream().filter((Predicate<Route>) arguments[1]).toList();
                default -> throw new UnsupportedOperationException(method.getName());
              };
            });
  }

  private List<RouteAnswer> answers(List<RouteQuestion> questions) {
    asked.addAll(questions);
    now += questions.size() * QUESTION;
    return questions.stream()
        .<RouteAnswer>map(
            question -> {
              Route route = routes.get(new IpPrefix(question.destination(), 24).network());
              return route == null
                  ? new RouteAnswer.Refused(Errno.ENETUNREACH)
                  : new RouteAnswer.Matched(route);
            })
        .toList();
  }

  private static Link link(int index, String name) {
    return new Link(
        index,
        name,
        Optional.empty(),
        1500,
        1,
        OperState.UP,
        0,
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }
}
