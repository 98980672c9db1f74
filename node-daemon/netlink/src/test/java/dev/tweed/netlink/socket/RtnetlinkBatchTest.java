package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.LinkRef;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the real kernel says to many requests at once. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkBatchTest {
  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  @Test
  void oneBadRequestInABatchLeavesTheOthersAndIsExplained() {
    int vxlan = kernel.createVxlan();
    List<RtRequest> requests = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      Route route =
          Route.via(
                  IpPrefix.parse("10.244." + i + ".0/24"),
                  IpAddress.parse("10.244." + i + ".0"),
                  vxlan,
                  KernelUnderTest.TWEED)
              .withMetric(i);
      // Without onlink no route leads to the gateway.
      requests.add(new RtRequest.RouteReplace(i == 2 ? route : route.withOnlink()));
    }

    BatchResult result = kernel.socket.execute(requests);

    assertThat(result.isOk()).isFalse();
    assertThat(result.failures())
        .singleElement()
        .satisfies(
            failure -> {
              assertThat(failure.position()).isEqualTo(1);
              assertThat(failure.request()).isEqualTo(requests.get(1));
              assertThat(failure.error().errno()).isEqualTo(Errno.ENETUNREACH);
              assertThat(failure.error()).hasToString("ENETUNREACH: Nexthop has invalid gateway");
            });
    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED)))
        .extracting(Route::metric)
        .containsExactlyInAnyOrder(1L, 3L, 4L);
  }

  @Test
  void manyRefusalsInManyBatchesAreEachTold() {
    // Twice what fits one datagram, all refused but every seventh
    List<RtRequest> requests =
        IntStream.range(0, 4000)
            .<RtRequest>mapToObj(
                i ->
                    i % 7 == 0
                        ? new RtRequest.NeighbourReplace(
                            Neighbour.permanent(
                                kernel.underlay,
                                IpAddress.parse("192.0.2.9"),
                                KernelUnderTest.PEER_MAC))
                        : new RtRequest.NeighbourDelete(9999, IpAddress.parse("192.0.2.9")))
            .toList();

    BatchResult result = kernel.socket.execute(requests);

    assertThat(result.errors()).hasSize(4000 - 572);
    assertThat(result.errors().keySet()).noneMatch(position -> position % 7 == 0);
    assertThat(result.errors().values())
        .allSatisfy(error -> assertThat(error.errno()).isEqualTo(Errno.ENODEV));
  }

  @Test
  void lastRequestOfABatchMayBeTheBadOne() {
    BatchResult result =
        kernel.socket.execute(
            List.of(
                RtRequest.LinkSet.of("under1").withMtu(1300),
                new RtRequest.LinkDelete(LinkRef.of("nope"))));

    assertThat(result.error(0)).isEmpty();
    assertThat(result.error(1).orElseThrow().isAlreadyGone()).isTrue();
    assertThat(kernel.socket.link("under1").orElseThrow().mtu()).isEqualTo(1300);
  }

  @Test
  void emptyBatchIsFine() {
    assertThat(kernel.socket.execute(List.of()).isOk()).isTrue();
  }

  @Test
  void deletingWhatIsGoneIsToldAsSuch() {
    int vxlan = kernel.createVxlan();

    BatchResult result =
        kernel.socket.execute(
            List.of(
                new RtRequest.NeighbourDelete(vxlan, IpAddress.parse("10.244.9.0")),
                new RtRequest.FdbDelete(
                    FdbEntry.permanent(
                        vxlan, KernelUnderTest.PEER_MAC, IpAddress.parse("192.0.2.9"))),
                new RtRequest.RouteDelete(
                    Route.through(IpPrefix.parse("10.99.0.0/16"), vxlan, KernelUnderTest.TWEED)),
                new RtRequest.AddressDelete(Address.global(vxlan, IpPrefix.parse("10.9.9.9/32"))),
                new RtRequest.LinkDelete(LinkRef.of("nope"))));

    assertThat(result.failures()).hasSize(5).allMatch(f -> f.error().isAlreadyGone());
  }

  @Test
  void addingWhatIsThereIsToldAsSuch() {
    int vxlan = kernel.createVxlan();
    Address address = Address.global(vxlan, IpPrefix.parse("10.244.0.0/32"));
    kernel.apply(new RtRequest.AddressAdd(address));

    BatchResult result =
        kernel.socket.execute(
            List.of(
                new RtRequest.AddressAdd(address),
                new RtRequest.LinkCreateVxlan(
                    "tweed.x",
                    KernelUnderTest.PEER_MAC,
                    1450,
                    1,
                    8472,
                    IpAddress.parse("192.0.2.1"),
                    kernel.underlay)));

    assertThat(result.failures()).hasSize(2).allMatch(f -> f.error().isAlreadyThere());
    assertThat(result.error(1).orElseThrow().message())
        .isEqualTo("A VXLAN device with the specified VNI already exists");
  }

  @Test
  void deviceOfAnEarlierRequestCanBeNamedInTheSameBatch() {
    kernel.apply(
        new RtRequest.LinkCreateBridge("br9", KernelUnderTest.OWN_MAC, 1500, 116),
        RtRequest.LinkSet.of("br9").withAlias("x").withUp(true));

    Link link = kernel.socket.link("br9").orElseThrow();
    assertThat(link.isUp()).isTrue();
    assertThat(link.group()).isEqualTo(116);
  }
}
