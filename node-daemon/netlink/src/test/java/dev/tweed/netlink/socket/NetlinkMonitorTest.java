package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class NetlinkMonitorTest {
  private static final Set<NetlinkGroup> ALL = EnumSet.allOf(NetlinkGroup.class);
  private static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:03");

  /**
   * Far less than 250 neighbours take (768 bytes each at the very least, and the kernel doubles
   * what it is asked for), far more than what one new device causes.
   */
  private static final Subscription SMALL_QUEUE = new Subscription(ALL, 32 << 10, 64 << 10);

  private final BlockingQueue<NetlinkEvent> events = new LinkedBlockingQueue<>();
  private Netns netns;

  @BeforeEach
  void makeUnderlay(Netns own) {
    netns = own;
    netns.sh("ip link add under0 type veth peer name under1; ip addr add 192.0.2.1/24 dev under0");
    netns.sh("ip link set under0 up; ip link set under1 up");
  }

  private NetlinkEvent await(Predicate<NetlinkEvent> wanted) throws InterruptedException {
    List<NetlinkEvent> seen = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      NetlinkEvent event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(event).as("none among %s", seen).isNotNull();
      if (wanted.test(event)) {
        return event;
      }
      seen.add(event);
    }
  }

  @Test
  void everyKindOfChangeIsTold() throws Exception {
    try (NetlinkMonitor monitor = NetlinkMonitor.open(ALL, events::add);
        RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      netns.sh("ip link add vx type vxlan id 5 dstport 8472 local 192.0.2.1; ip link set vx up");
      await(e -> e instanceof NetlinkEvent.LinkChanged c && c.link().name().equals("vx"));
      int vxlan = socket.link("vx").orElseThrow().index();

      netns.sh("ip addr add 10.9.0.1/24 dev vx; ip addr add fd09::1/64 dev vx nodad");
      await(e -> isAddress(e, vxlan, "10.9.0.1/24"));
      await(e -> isAddress(e, vxlan, "fd09::1/64"));

      netns.sh("ip route add 10.10.0.0/16 via 10.9.0.2 metric 7 proto 116");
      netns.sh("ip -6 route add fd10::/32 via fd09::2 metric 7 proto 116");
      await(e -> isRoute(e, "10.10.0.0/16", false));
      await(e -> isRoute(e, "fd10::/32", false));
      netns.sh("ip route del 10.10.0.0/16");
      await(e -> isRoute(e, "10.10.0.0/16", true));

      netns.sh("ip rule add pref 9 lookup 99 proto 116; ip -6 rule add pref 9 lookup 99 proto 116");
      await(e -> isRule(e, AddressFamily.IPV4, false));
      await(e -> isRule(e, AddressFamily.IPV6, false));
      netns.sh("ip rule del pref 9; ip -6 rule del pref 9");
      await(e -> isRule(e, AddressFamily.IPV4, true));
      await(e -> isRule(e, AddressFamily.IPV6, true));

      netns.sh("ip nexthop add id 7 via 10.9.0.2 dev vx proto 116; ip nexthop del id 7");
      NextHopObject object =
          NextHopObject.via(7, IpAddress.parse("10.9.0.2"), vxlan, new RouteProtocol(116));
      await(e -> e instanceof NetlinkEvent.NextHopChanged c && c.object().equals(object));
      await(e -> e instanceof NetlinkEvent.NextHopChanged c && c.removed());

      netns.sh("ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:03 dev vx nud permanent");
      Neighbour neighbour = Neighbour.permanent(vxlan, IpAddress.parse("10.9.0.2"), PEER_MAC);
      await(e -> e instanceof NetlinkEvent.NeighbourChanged c && c.neighbour().equals(neighbour));

      netns.sh("bridge fdb add 02:00:00:00:00:03 dst 192.0.2.3 dev vx self permanent");
      await(e -> e instanceof NetlinkEvent.FdbChanged c && c.entry().mac().equals(PEER_MAC));
      netns.sh("bridge fdb del 02:00:00:00:00:03 dst 192.0.2.3 dev vx self");
      await(
          e ->
              e instanceof NetlinkEvent.FdbChanged c
                  && c.entry().mac().equals(PEER_MAC)
                  && c.removed());

      netns.sh("ip link del vx");
      await(
          e -> e instanceof NetlinkEvent.LinkChanged c && c.link().index() == vxlan && c.removed());
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  private static boolean isAddress(NetlinkEvent event, int link, String prefix) {
    return event instanceof NetlinkEvent.AddressChanged changed
        && changed.address().isSameAs(Address.global(link, IpPrefix.parse(prefix)));
  }

  private static boolean isRule(NetlinkEvent event, AddressFamily family, boolean removed) {
    return event instanceof NetlinkEvent.RuleChanged changed
        && changed.rule().equals(RoutingRule.lookup(family, 9, 99, new RouteProtocol(116)))
        && changed.removed() == removed;
  }

  private static boolean isRoute(NetlinkEvent event, String destination, boolean removed) {
    return event instanceof NetlinkEvent.RouteChanged changed
        && changed.route().destination().equals(IpPrefix.parse(destination))
        && changed.route().protocol().equals(new RouteProtocol(116))
        && changed.removed() == removed;
  }

  @Test
  void nftablesTransactionIsOneEvent() throws Exception {
    assumeThat(List.of("/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"))
        .as("the nft command is not installed")
        .anyMatch(nft -> Files.isExecutable(Path.of(nft)));
    try (NetlinkMonitor monitor = NetlinkMonitor.open(Set.of(NetlinkGroup.NFTABLES), events::add)) {
      netns.sh("nft 'add table inet tweed; add chain inet tweed a; add table inet other'");

      NetlinkEvent first = await(e -> true);

      assertThat(first)
          .isInstanceOfSatisfying(
              NetlinkEvent.NftablesChanged.class,
              changed -> {
                assertThat(changed.tables()).containsExactlyInAnyOrder("tweed", "other");
                assertThat(changed.places())
                    .contains(
                        new NetlinkEvent.NftPlace("tweed", "a"),
                        new NetlinkEvent.NftPlace("other", ""));
                assertThat(changed.processName()).isEqualTo("nft");
                assertThat(changed.processId()).isPositive();
              });
      netns.sh("nft flush ruleset");
      assertThat(await(e -> true)).isInstanceOf(NetlinkEvent.NftablesChanged.class);
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  @Test
  void ownChangesAreRecognisedByTheirPort() throws Exception {
    try (NetlinkMonitor monitor = NetlinkMonitor.open(ALL, events::add);
        RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      int link = socket.link("under0").orElseThrow().index();
      Route route = Route.through(IpPrefix.parse("10.10.0.0/16"), link, new RouteProtocol(116));

      socket.execute(List.of(new RtRequest.RouteReplace(route)));
      assertThat(await(e -> isRoute(e, "10.10.0.0/16", false)).originPort())
          .isEqualTo(socket.portId());

      netns.sh("ip route del 10.10.0.0/16");
      assertThat(await(e -> isRoute(e, "10.10.0.0/16", true)).originPort())
          .isNotEqualTo(socket.portId());
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  @Test
  void overflowIsToldAndMonitoringGoesOn() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (NetlinkMonitor monitor =
            NetlinkMonitor.open(
                SMALL_QUEUE,
                event -> {
                  events.add(event);
                  busy.countDown();
                  hold(release);
                },
                () -> {});
        RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      int link = socket.link("under0").orElseThrow().index();
      // Given a listener that is busy while far more happens than the queue holds
      socket.execute(floodOfNeighbours(link, 1));
      assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
      socket.execute(floodOfNeighbours(link, 250));

      release.countDown();

      await(e -> e instanceof NetlinkEvent.EventsLost);
      netns.sh("ip link add after type bridge");
      await(e -> e instanceof NetlinkEvent.LinkChanged c && c.link().name().equals("after"));
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  /** Whoever reads the kernel's state on hearing of a loss must hear of all that comes later. */
  @Test
  void changeMadeWhileALossIsToldIsTold() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch changed = new CountDownLatch(1);
    try (NetlinkMonitor monitor =
            NetlinkMonitor.open(
                SMALL_QUEUE,
                event -> {
                  events.add(event);
                  busy.countDown();
                  hold(release);
                  if (event instanceof NetlinkEvent.EventsLost) {
                    hold(changed);
                  }
                },
                () -> {});
        RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      int link = socket.link("under0").orElseThrow().index();
      socket.execute(floodOfNeighbours(link, 1));
      assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
      socket.execute(floodOfNeighbours(link, 250));
      release.countDown();
      await(e -> e instanceof NetlinkEvent.EventsLost);

      netns.sh("ip link add during type bridge");

      changed.countDown();
      await(e -> e instanceof NetlinkEvent.LinkChanged c && c.link().name().equals("during"));
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  /** Waits in a listener, but not for ever: a failed test closes the monitor. */
  private static void hold(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<RtRequest> floodOfNeighbours(int link, int count) {
    List<RtRequest> requests = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      requests.add(
          new RtRequest.NeighbourReplace(
              Neighbour.permanent(link, IpAddress.parse("192.0.2." + i), PEER_MAC)));
    }
    return requests;
  }

  @Test
  void failedSocketIsOpenedAgain() throws Exception {
    // Given a buffer in which no datagram has room, so that each reception fails
    Subscription cramped = new Subscription(Set.of(NetlinkGroup.LINK), 1 << 20, 16);
    try (NetlinkMonitor monitor = NetlinkMonitor.open(cramped, events::add, () -> {})) {
      netns.sh("ip link add one type bridge");
      await(e -> e instanceof NetlinkEvent.EventsLost);
      events.clear();

      netns.sh("ip link add two type bridge");

      await(e -> e instanceof NetlinkEvent.EventsLost);
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  @Test
  void manyEventsMayBeTakenForOne() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger heard = new AtomicInteger();
    BlockingQueue<Integer> settled = new LinkedBlockingQueue<>();
    try (NetlinkMonitor monitor =
            NetlinkMonitor.open(
                Set.of(NetlinkGroup.NEIGHBOUR),
                event -> heard.incrementAndGet(),
                () -> {
                  settled.add(heard.getAndSet(0));
                  first.countDown();
                  hold(release);
                });
        RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      int link = socket.link("under0").orElseThrow().index();
      socket.execute(floodOfNeighbours(link, 1));
      assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
      settled.clear();
      // Given changes while the listener is busy with the first
      socket.execute(floodOfNeighbours(link, 200).subList(1, 200));

      release.countDown();

      assertThat(settled.poll(10, TimeUnit.SECONDS)).isEqualTo(199);
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  @Test
  void listenerThatThrowsHearsTheNextEvent() throws Exception {
    BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> thrown.add(failure));
    try (NetlinkMonitor monitor =
        NetlinkMonitor.open(
            Set.of(NetlinkGroup.LINK),
            event -> {
              events.add(event);
              throw new IllegalStateException("listener");
            })) {
      netns.sh("ip link add one type bridge; ip link add two type bridge");

      await(e -> e instanceof NetlinkEvent.LinkChanged c && c.link().name().equals("two"));
      assertThat(thrown.poll(10, TimeUnit.SECONDS)).hasMessage("listener");
      assertThat(monitor.isRunning()).isTrue();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void closeEndsTheThreadAtOnceAndSilencesIt() {
    NetlinkMonitor monitor = NetlinkMonitor.open(ALL, events::add);
    long start = System.nanoTime();

    monitor.close();
    monitor.close();

    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
    assertThat(monitor.isRunning()).isFalse();
    events.clear();
    netns.sh("ip link add late type bridge");
    assertThat(events).isEmpty();
  }

  @Test
  void listenerMayCloseItsMonitor() throws Exception {
    LinkedBlockingQueue<NetlinkMonitor> self = new LinkedBlockingQueue<>();
    CountDownLatch closed = new CountDownLatch(1);
    NetlinkMonitor monitor =
        NetlinkMonitor.open(
            Set.of(NetlinkGroup.LINK),
            event -> {
              try {
                self.take().close();
                closed.countDown();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    self.add(monitor);

    netns.sh("ip link add one type bridge");

    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    monitor.close();
    assertThat(monitor.isRunning()).isFalse();
  }

  @Test
  void bridgePortLeavingIsNotToldAsARemovedDevice() throws Exception {
    netns.sh("ip link add br7 type bridge; ip link set under1 master br7");
    try (NetlinkMonitor monitor = NetlinkMonitor.open(Set.of(NetlinkGroup.LINK), events::add)) {
      netns.sh("ip link set under1 nomaster; ip link add end type bridge");

      NetlinkEvent event = null;
      do {
        event = await(e -> e instanceof NetlinkEvent.LinkChanged);
        assertThat(((NetlinkEvent.LinkChanged) event).removed()).isFalse();
      } while (!((NetlinkEvent.LinkChanged) event).link().name().equals("end"));
      assertThat(monitor.isRunning()).isTrue();
    }
  }

  @Test
  void fdbEntryOfOurOwnIsToldAsWritten() throws Exception {
    netns.sh("ip link add vx type vxlan id 5 dstport 8472 local 192.0.2.1");
    try (NetlinkMonitor monitor = NetlinkMonitor.open(Set.of(NetlinkGroup.NEIGHBOUR), events::add);
        RtnetlinkSocket socket = RtnetlinkSocket.open()) {
      int vxlan = socket.link("vx").orElseThrow().index();
      FdbEntry entry = FdbEntry.permanent(vxlan, PEER_MAC, IpAddress.parse("192.0.2.3"));

      socket.execute(List.of(new RtRequest.FdbReplace(entry)));

      await(e -> e instanceof NetlinkEvent.FdbChanged c && c.entry().equals(entry));
      assertThat(monitor.isRunning()).isTrue();
    }
  }
}
