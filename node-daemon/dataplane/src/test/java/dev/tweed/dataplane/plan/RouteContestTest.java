package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When ours goes before the route of somebody else, and when no longer. */
class RouteContestTest {
  private static final RouteProtocol BIRD = new RouteProtocol(12);
  private static final Duration HOLD = Duration.ofMinutes(5);

  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");
  private final Example example =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2), Example.peer(3));
  private long now = Long.MAX_VALUE - 5; // a clock of its kind may pass its end
  private final RouteContest contest = new RouteContest(Machine.MARKS, () -> now);
  private DesiredState desired;

  @BeforeEach
  void setUp() {
    desired = machine.sync(example.snapshot());
  }

  private Route foreign(IpPrefix block) {
    return Route.via(block, Example.ip(9), machine.link("eth0").index(), BIRD)
        .withMetric(PlannedRoute.metric(block.family()));
  }

  private Route foreign6() {
    return Route.via(Example.block6(2), Example.ip6(9), machine.link("eth0").index(), BIRD)
        .withMetric(1);
  }

  private void replaceOurs(Route foreign) {
    machine.routes.removeIf(
        route ->
            route.destination().equals(foreign.destination()) && !route.protocol().equals(BIRD));
    machine.routes.remove(foreign);
    machine.routes.addFirst(foreign);
  }

  /** One sync after ours had been there; whether it put it back. */
  private List<StateChange> repair() {
    List<StateChange> changes = machine.diff(desired);
    Set<StateChange> lost = new HashSet<>(changes);
    changes.stream().filter(contest::isHeld).forEach(lost::remove);
    List<StateChange> steps = contest.judge(changes, lost, desired, machine.routes).steps();
    steps.forEach(machine::apply);
    return steps;
  }

  private void later(Duration time) {
    now += time.toNanos();
  }

  @Test
  void twiceInAMinuteItIsPutBackTheThirdTimeNot() {
    for (int i = 0; i < 2; i++) {
      replaceOurs(foreign(Example.block(2)));
      assertThat(repair()).hasSize(1);
      assertThat(contest.findings(machine.actual())).isEmpty();
      later(Duration.ofSeconds(29));
    }
    replaceOurs(foreign(Example.block(2)));

    assertThat(repair()).isEmpty();
    assertThat(contest.findings(machine.actual()))
        .singleElement()
        .extracting(Finding::remedy)
        .asString()
        .endsWith("ip route del 10.244.2.0/24 via 192.0.2.9 dev eth0 proto 12");
  }

  @Test
  void threeTimesInMoreThanAMinuteAreNoContest() {
    for (int i = 0; i < 10; i++) {
      replaceOurs(foreign(Example.block(2)));
      assertThat(repair()).hasSize(1);
      later(Duration.ofSeconds(31));
    }
  }

  private void contest(Route foreign) {
    for (int i = 0; i < RouteContest.LIMIT; i++) {
      replaceOurs(foreign);
      repair();
    }
    assertThat(contest.findings(machine.actual())).hasSize(1);
  }

  @Test
  void otherRoutesAreNotAffected() {
    contest(foreign(Example.block(2)));
    machine.routes.removeIf(route -> route.destination().equals(Example.block(3)));

    assertThat(repair()).extracting(StateChange::object).containsExactly("10.244.3.0/24");
  }

  @Test
  void afterFiveMinutesItIsTriedAgain() {
    contest(foreign(Example.block(2)));
    later(HOLD.minusNanos(1));
    assertThat(repair()).isEmpty();
    later(Duration.ofNanos(1));

    assertThat(repair()).hasSize(1);

    assertThat(contest.findings(machine.actual())).isEmpty();
    assertThat(machine.diff(desired)).isEmpty();
  }

  @Test
  void onceTheOtherIsGoneOursIsPutBackAtOnce() {
    contest(foreign(Example.block(2)));
    machine.routes.removeIf(route -> route.protocol().equals(BIRD));

    assertThat(repair()).hasSize(1);
    assertThat(contest.findings(machine.actual())).isEmpty();
  }

  @Test
  void withoutAnyOtherItIsPutBackEachTime() {
    for (int i = 0; i < 10; i++) {
      machine.routes.removeIf(route -> route.destination().equals(Example.block(2)));
      assertThat(repair()).hasSize(1);
    }
  }

  @Test
  void whatIsInsertedBeforeOursGoesBehindIt() {
    machine.routes.addFirst(foreign(Example.block(2)));

    List<StateChange> steps = repair();

    assertThat(steps)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("RemoveRoute", "PutRoute");
    assertThat(machine.routes.stream().filter(r -> r.destination().equals(Example.block(2))))
        .first()
        .matches(Machine.MARKS::owns);
    assertThat(machine.routes).contains(foreign(Example.block(2)));
  }

  @Test
  void whatIsBehindOursIsNoMatter() {
    machine.routes.addLast(foreign(Example.block(2)));

    assertThat(repair()).isEmpty();
    assertThat(contest.findings(machine.actual())).isEmpty();
  }

  @Test
  void anIpv6RouteThatTookThePlaceOfOursIsReplaced() {
    replaceOurs(foreign6());

    assertThat(repair())
        .singleElement()
        .isInstanceOfSatisfying(
            StateChange.PutRoute.class, put -> assertThat(put.replacing()).isTrue());
  }

  @Test
  void anIpv6RouteThatWasThereBeforeOursStays() {
    replaceOurs(foreign6());
    List<StateChange> changes = machine.diff(desired);

    List<StateChange> steps = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      steps.addAll(contest.judge(changes, Set.of(), desired, machine.routes).steps());
      later(HOLD);
    }

    assertThat(steps).isEmpty();
    assertThat(contest.findings(machine.actual()))
        .singleElement()
        .extracting(Finding::message)
        .asString()
        .contains("was there before");
  }
}
