package dev.tweed.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.api.ApiChannel.Ends;
import dev.tweed.dataplane.HostWay;
import dev.tweed.ip.IpAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StaleConnectionsTest {

  private static final String SERVICE = "10.96.0.1";
  private static final Ends WATCH = ends("192.0.2.1", 40_001, SERVICE);
  private static final Ends STATUS = ends("192.0.2.1", 40_002, SERVICE);
  private static final Ends DIRECT = ends("198.51.100.1", 40_003, "198.51.100.9");

  private final Map<IpAddress, HostWay> ways = new HashMap<>();
  private final Set<IpAddress> own = new HashSet<>();
  private final StaleConnections stale = new StaleConnections();

  private final HostWays host =
      new HostWays() {
        @Override
        public Optional<HostWay> wayTo(IpAddress address) {
          return Optional.ofNullable(ways.get(address));
        }

        @Override
        public boolean hasAddress(IpAddress address) {
          return own.contains(address);
        }
      };

  StaleConnectionsTest() {
    own.add(IpAddress.parse("192.0.2.1"));
    own.add(IpAddress.parse("198.51.100.1"));
    way(SERVICE, 2, "192.0.2.254", "192.0.2.1");
    way("198.51.100.9", 3, "", "198.51.100.1");
  }

  @Test
  void whatStaysIsLeftAlone() {
    assertThat(among(WATCH, STATUS, DIRECT)).isEmpty();
    assertThat(among(WATCH, STATUS, DIRECT)).isEmpty();
  }

  @Test
  void anAddressThatIsGoneTakesItsConnectionsWithIt() {
    among(WATCH, STATUS, DIRECT);
    own.remove(IpAddress.parse("192.0.2.1"));

    assertThat(among(WATCH, STATUS, DIRECT)).containsExactlyInAnyOrder(WATCH, STATUS);
  }

  @Test
  void anotherWayIsNewsOnce() {
    among(WATCH, STATUS, DIRECT);
    way(SERVICE, 2, "192.0.2.253", "192.0.2.1");

    assertThat(among(WATCH, STATUS, DIRECT)).containsExactlyInAnyOrder(WATCH, STATUS);
    assertThat(among(WATCH, STATUS, DIRECT)).isEmpty();
  }

  /** As where sources are chosen by ports, or a socket filter leads elsewhere. */
  @Test
  void aConnectionThatIsNotAsTheWaySaysIsNotMadeAnewForEver() {
    way(SERVICE, 4, "203.0.113.254", "203.0.113.1");

    assertThat(among(WATCH)).isEmpty();
    assertThat(among(WATCH)).isEmpty();
  }

  @Test
  void aServerThatCannotBeReachedIsWaitedFor() {
    among(WATCH);
    HostWay before = ways.remove(IpAddress.parse(SERVICE));
    assertThat(among(WATCH)).isEmpty();

    // The same way is back
    ways.put(IpAddress.parse(SERVICE), before);
    assertThat(among(WATCH)).isEmpty();

    // Or another
    ways.clear();
    among(WATCH);
    way(SERVICE, 5, "", "192.0.2.1");
    assertThat(among(WATCH)).containsExactly(WATCH);
  }

  private Set<Ends> among(Ends... open) {
    return stale.among(Set.of(open), host);
  }

  private void way(String to, int link, String gateway, String source) {
    ways.put(
        IpAddress.parse(to),
        new HostWay(link, IpAddress.tryParse(gateway), Optional.of(IpAddress.parse(source))));
  }

  private static Ends ends(String local, int port, String remote) {
    return new Ends(new InetSocketAddress(local, port), new InetSocketAddress(remote, 443));
  }
}
