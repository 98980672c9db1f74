package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import java.util.List;

/**
 * A network namespace with the device {@code under0}, which has 192.0.2.1 and 2001:db8::1, and its
 * other end {@code under1}; and a socket inside.
 */
final class KernelUnderTest implements AutoCloseable {

  static final RouteProtocol TWEED = new RouteProtocol(116);
  static final MacAddress OWN_MAC = MacAddress.parse("02:00:00:00:00:01");
  static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:03");

  private static final ObjectMapper JSON = new ObjectMapper();

  final Netns netns;
  final RtnetlinkSocket socket;

  /** Index of {@code under0}. */
  final int underlay;

  /** To be called inside. */
  KernelUnderTest(Netns netns) {
    this.netns = netns;
    netns.sh(
        """
        ip link add under0 type veth peer name under1
        ip link set under0 up
        ip link set under1 up
        ip addr add 192.0.2.1/24 dev under0
        ip addr add 2001:db8::1/64 dev under0 nodad
        """);
    this.socket = RtnetlinkSocket.open();
    this.underlay = socket.link("under0").orElseThrow().index();
  }

  /** What a command prints. */
  JsonNode json(String... command) {
    try {
      return JSON.readTree(netns.exec(command));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** Executes requests, none of which may fail. */
  void apply(RtRequest... requests) {
    BatchResult result = socket.execute(List.of(requests));
    assertThat(result.failures()).isEmpty();
  }

  /** Makes the device {@code tweed.1} and tells its index. */
  int createVxlan() {
    apply(
        new RtRequest.LinkCreateVxlan(
            "tweed.1", OWN_MAC, 1450, 1, 8472, IpAddress.parse("192.0.2.1"), underlay),
        RtRequest.LinkSet.of("tweed.1").withUp(true));
    return socket.link("tweed.1").orElseThrow().index();
  }

  @Override
  public void close() {
    socket.close();
  }
}
