package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When the kernel is asked for a way again. */
class WayCacheTest {
  private final List<IpAddress> asked = new ArrayList<>();
  private long now = 7;
  private final WayCache ways =
      new WayCache(
          address -> {
            asked.add(address);
            return address.equals(Example.ip(9))
                ? Optional.empty()
                : Optional.of(route(IpPrefix.host(address)));
          },
          () -> now);

  private static Route route(IpPrefix destination) {
    return Route.through(destination, 2, RouteProtocol.KERNEL);
  }

  private Map<IpAddress, Route> ask(int... hosts) {
    asked.clear();
    Set<IpAddress> addresses = new java.util.TreeSet<>();
    for (int host : hosts) {
      addresses.add(Example.ip(host));
    }
    return ways.to(addresses);
  }

  @Test
  void eachAddressIsAskedForOnce() {
    Map<IpAddress, Route> first = ask(2, 3, 9);
    Map<IpAddress, Route> second = ask(2, 3, 4, 9);

    assertThat(first).containsOnlyKeys(Example.ip(2), Example.ip(3));
    assertThat(second).containsOnlyKeys(Example.ip(2), Example.ip(3), Example.ip(4));
    assertThat(asked).containsExactly(Example.ip(4));
  }

  @Test
  void aRouteMakesThoseDoubtfulThatItCovers() {
    ask(2, 3);
    ways.doubt(new NetlinkEvent.RouteChanged(route(IpPrefix.parse("192.0.2.2/31")), false, 1));

    ask(2, 3, 4);
    assertThat(asked).containsExactly(Example.ip(2), Example.ip(3), Example.ip(4));
    ways.doubt(new NetlinkEvent.RouteChanged(route(IpPrefix.parse("192.0.2.4/30")), false, 1));
    ask(2, 3, 4);
    assertThat(asked).containsExactly(Example.ip(4));
    ask(2, 3, 4);
    assertThat(asked).as("once").isEmpty();
  }

  @Test
  void whatMayChangeAnyWayMakesAllDoubtful() {
    ask(2, 3);
    ways.doubt(new NetlinkEvent.EventsLost("test"));

    ask(2, 3);

    assertThat(asked).hasSize(2);
  }

  @Test
  void afterAMinuteAllAreAskedForAgain() {
    ask(2, 3);
    now += Duration.ofMinutes(1).toNanos() - 1;
    ask(2, 3);
    assertThat(asked).isEmpty();
    now++;

    ask(2, 3);

    assertThat(asked).hasSize(2);
  }
}
