package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which routes of others call for a sync. */
class EventFilterTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");
  private final Example example =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2));

  private EventFilter relevance(Backend backend) {
    int eth0 = machine.link("eth0").index();
    machine.routesTo.put(
        Example.ip(2), Route.through(IpPrefix.host(Example.ip(2)), eth0, RouteProtocol.KERNEL));
    Plan plan = machine.plan(example.with(backend).snapshot());
    return new EventFilter(Machine.MARKS, example.with(backend).snapshot(), plan, machine.links);
  }

  private NetlinkEvent route(String destination, long metric, long table) {
    return new NetlinkEvent.RouteChanged(
        Route.through(
                IpPrefix.parse(destination), machine.link("eth0").index(), RouteProtocol.STATIC)
            .withMetric(metric)
            .withTable(table),
        false,
        99);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.2.0/24, 0, 254, true",
    "10.244.2.0/24, 1, 254, false",
    "10.244.2.0/24, 0, 100, false",
    "10.244.3.0/24, 0, 254, false",
    "10.244.2.0/25, 0, 254, false",
    "fd00:10:244:2::/64, 1, 254, true",
    "fd00:10:244:2::/64, 1024, 254, false",
    "192.0.2.0/24, 0, 254, false"
  })
  void aRouteThatCanTakeThePlaceOfOurs(
      String destination, long metric, long table, boolean relevant) {
    assertThat(
            relevance(new Backend.Vxlan(1, 8472, false))
                .concerns(route(destination, metric, table)))
        .isEqualTo(relevant);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24, 254, true",
    "192.0.2.2/32, 100, true",
    "0.0.0.0/0, 254, true",
    "192.0.2.3/32, 254, false",
    "198.51.100.0/24, 254, false",
    "2001:db8::/64, 254, false"
  })
  void withPlainRoutesOneThatCoversANodesAddress(String destination, long table, boolean relevant) {
    assertThat(relevance(new Backend.Vxlan(1, 8472, true)).concerns(route(destination, 50, table)))
        .isEqualTo(relevant);
  }

  @Test
  void theAddressThatATranslatedOneStandsForMatters() {
    Machine behind = Machine.with("10.0.0.5/24");
    ClusterSnapshot snapshot =
        Example.translated(Example.vxlan().snapshot(), "192.0.2.0/24", "eth0");
    Address own = behind.addresses.getFirst();
    Address other = Address.global(own.linkIndex(), IpPrefix.parse("10.0.0.6/24"));

    EventFilter there =
        new EventFilter(Machine.MARKS, snapshot, behind.plan(snapshot), behind.links);

    assertThat(there.concerns(new NetlinkEvent.AddressChanged(own, true, 99))).isTrue();
    assertThat(there.concerns(new NetlinkEvent.AddressChanged(other, true, 99))).isFalse();

    // And while there is none, any that comes
    behind.addresses.clear();
    EventFilter waiting =
        new EventFilter(Machine.MARKS, snapshot, behind.plan(snapshot), behind.links);

    assertThat(waiting.concerns(new NetlinkEvent.AddressChanged(other, false, 99))).isTrue();
  }

  @Test
  void withPlainRoutesTheirLinkMatters() {
    NetlinkEvent down =
        new NetlinkEvent.LinkChanged(
            Machine.copy(
                machine.link("eth0"),
                machine.link("eth0").mac(),
                1500,
                0,
                1000,
                machine.link("eth0").alias()),
            false,
            99);

    assertThat(relevance(new Backend.HostGateway()).concerns(down)).isTrue();
  }
}
