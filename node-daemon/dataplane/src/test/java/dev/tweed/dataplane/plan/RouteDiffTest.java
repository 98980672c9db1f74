package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Routes and their nexthop objects, beside what others and older versions have. */
class RouteDiffTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");
  private final Example example =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2));

  private List<Route> routesTo(IpPrefix block) {
    return machine.routes.stream().filter(route -> route.destination().equals(block)).toList();
  }

  @Test
  void routesLoseToNoneByTheirMetric() {
    machine.sync(example.snapshot());

    assertThat(routesTo(Example.block(2))).extracting(Route::metric).containsExactly(0L);
    assertThat(routesTo(Example.block6(2))).extracting(Route::metric).containsExactly(1L);
  }

  @Test
  void routesOfAnEarlierVersionGoAfterTheNewOnesAreIn() {
    machine.sync(example.with(List.of()).snapshot());
    int tunnel = machine.link("tweed.1").index();
    for (IpPrefix block : List.of(Example.block(2), Example.block6(2))) {
      machine.routes.add(
          Route.via(block, block.address(), tunnel, Machine.MARKS.routeProtocol())
              .withOnlink()
              .withMetric(5000));
    }
    DesiredState desired = machine.plan(example.snapshot()).desired();

    List<StateChange> changes = machine.diff(desired);

    assertThat(changes)
        .extracting(change -> change.getClass().getSimpleName())
        .containsSubsequence("PutRoute", "PutRoute", "RemoveRoute", "RemoveRoute");
    changes.forEach(machine::apply);
    assertThat(machine.routes)
        .filteredOn(Machine.MARKS::owns)
        .hasSize(2)
        .noneMatch(route -> route.metric() == 5000);
  }

  @Test
  void anIdThatSomebodyHasIsLeftToHim() {
    long id =
        new PlannedRoute(Example.block(2), Example.block(2).address(), "tweed.1", true, 0)
            .preferredNextHop();
    NextHopObject foreign =
        NextHopObject.via(id, Example.ip(9), machine.link("eth0").index(), RouteProtocol.STATIC);
    machine.nextHops.add(foreign);

    machine.sync(example.snapshot());

    assertThat(machine.nextHops).contains(foreign);
    assertThat(routesTo(Example.block(2))).extracting(Route::nextHopId).containsExactly(id + 1);
    assertThat(machine.diff(machine.plan(example.snapshot()).desired())).isEmpty();
  }

  @Test
  void aWrongRouteGoesAfterTheRightOneWithItsObject() {
    DesiredState desired = machine.sync(example.snapshot());
    Route right = routesTo(Example.block(2)).getFirst();
    NextHopObject wrong =
        NextHopObject.via(
                right.nextHopId(), Example.ip(9), right.linkIndex(), Machine.MARKS.routeProtocol())
            .withOnlink();
    machine.nextHops.removeIf(object -> object.id() == right.nextHopId());
    machine.nextHops.add(wrong);
    machine.routes.remove(right);
    machine.routes.add(
        Route.via(right.destination(), Example.ip(9), right.linkIndex(), right.protocol())
            .withOnlink()
            .withNextHop(right.nextHopId()));

    List<StateChange> changes = machine.diff(desired);

    assertThat(changes)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly("PutRoute", "RemoveRoute", "RemoveNextHop");
    changes.forEach(machine::apply);
    assertThat(machine.diff(desired)).isEmpty();
    assertThat(machine.nextHops).hasSize(1);
  }

  @Test
  void aRouteThatIsGoneComesBackByTheObjectThatIsThere() {
    DesiredState desired = machine.sync(example.snapshot());
    Route route = routesTo(Example.block(2)).getFirst();
    machine.routes.remove(route);

    List<StateChange> changes = machine.diff(desired);

    assertThat(changes)
        .singleElement()
        .isEqualTo(
            new StateChange.PutRoute(desired.peers().getFirst().route(), route.nextHopId(), false));
  }

  @Test
  void aWrongIpv6RouteIsReplacedForTheKernelWouldJoinTheTwo() {
    DesiredState desired = machine.sync(example.snapshot());
    Route right = routesTo(Example.block6(2)).getFirst();
    machine.routes.remove(right);
    machine.routes.add(
        Route.via(right.destination(), Example.ip6(9), right.linkIndex(), right.protocol())
            .withMetric(1));

    assertThat(machine.diff(desired))
        .singleElement()
        .isEqualTo(
            new StateChange.PutRoute(desired.peers().getLast().route(), 0, /* replacing= */ true));
  }
}
