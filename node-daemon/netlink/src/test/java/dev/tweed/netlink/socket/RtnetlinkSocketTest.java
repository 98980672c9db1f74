package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is asked for and is not there, and the socket itself. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkSocketTest {
  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  @Test
  void missingLinksAreEmpty() {
    assertThat(kernel.socket.link("nope")).isEmpty();
    assertThat(kernel.socket.link("")).isEmpty();
    assertThat(kernel.socket.link("x".repeat(200_000))).isEmpty();
    assertThat(kernel.socket.link(9999)).isEmpty();
    assertThat(kernel.socket.link(0)).isEmpty();
    assertThat(kernel.socket.neighbours(9999)).isEmpty();
    assertThat(kernel.socket.fdb(9999)).isEmpty();
    assertThat(kernel.socket.routes(RouteFilter.ALL.withLink(9999))).isEmpty();
    assertThat(kernel.socket.routes(RouteFilter.ALL.withTable(9999))).isEmpty();
  }

  @Test
  void readingUnderChangeMissesNothingOrSaysSo() throws Exception {
    // Given more addresses than fit one datagram of a dump. The kernel resumes by position, so one
    // removed at the front between two datagrams makes it skip another (NLM_F_DUMP_INTR tells).
    int count = 1500;
    List<Address> all =
        IntStream.range(0, count)
            .mapToObj(i -> "10.50." + i / 250 + "." + i % 250 + "/32")
            .map(text -> Address.global(kernel.underlay, IpPrefix.parse(text)))
            .toList();
    kernel.apply(all.stream().map(RtRequest.AddressAdd::new).toArray(RtRequest[]::new));
    AtomicBoolean stop = new AtomicBoolean();
    try (RtnetlinkSocket writer = RtnetlinkSocket.open()) {
      Thread rotation = Thread.ofPlatform().start(() -> rotate(writer, all, stop));
      int complete = 0;
      try {
        for (int i = 0; i < 100; i++) {
          try {
            List<Address> read =
                kernel.socket.addresses().stream().filter(this::isRotated).toList();
            // Then at most the one being moved is missing
            assertThat(read).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(count - 1);
            complete++;
          } catch (NetlinkException interrupted) {
            assertThat(interrupted.reason()).isEqualTo(NetlinkException.Reason.DUMP_INTERRUPTED);
          }
        }
      } finally {
        stop.set(true);
        rotation.join();
      }
      assertThat(complete).isPositive();
    }
  }

  private boolean isRotated(Address address) {
    return IpPrefix.parse("10.50.0.0/16").contains(address.prefix());
  }

  /** Moves the first address to the end, again and again, with pauses that let a reading finish. */
  private static void rotate(RtnetlinkSocket writer, List<Address> all, AtomicBoolean stop) {
    for (int i = 0; !stop.get(); i = (i + 1) % all.size()) {
      writer.execute(List.of(new RtRequest.AddressDelete(all.get(i))));
      writer.execute(List.of(new RtRequest.AddressAdd(all.get(i))));
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void socketStaysInTheNamespaceItWasOpenedIn() throws Exception {
    // When another thread, which is not in the namespace, uses it
    List<Link> links = CompletableFuture.supplyAsync(kernel.socket::links).get();

    assertThat(links).extracting(Link::name).containsExactlyInAnyOrder("lo", "under0", "under1");
  }

  @Test
  void closedSocketSaysSo() {
    kernel.socket.close();
    kernel.socket.close();

    assertThatThrownBy(() -> kernel.socket.links())
        .isInstanceOfSatisfying(
            NetlinkException.class,
            e -> assertThat(e.reason()).isEqualTo(NetlinkException.Reason.CLOSED));
  }
}
