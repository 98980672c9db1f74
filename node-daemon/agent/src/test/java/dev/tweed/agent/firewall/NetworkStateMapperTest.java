package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.Mapping;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.firewall.NetworkNeeds.Tunnel;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NetworkStateMapperTest {

  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");

  @Test
  void theSecondTunnelIsKnownWhereThereIsOne() {
    assertThat(second(ips("192.0.2.1", "2001:db8::1"), ips("2001:db8::2"))).contains("tweed6.7");

    assertThat(second(ips("192.0.2.1", "2001:db8::1"), ips("192.0.2.2", "2001:db8::2"))).isEmpty();
    assertThat(second(ips("2001:db8::1"), ips("2001:db8::2"))).isEmpty();
    assertThat(second(ips("192.0.2.1"), ips("2001:db8::2"))).isEmpty();
  }

  private static Optional<String> second(List<IpAddress> own, List<IpAddress> peer) {
    List<IpPrefix> pods = List.of(IpPrefix.parse("fd00:10::/48"));
    ClusterSnapshot snapshot =
        new ClusterSnapshot(
            new NetworkParameters(
                "default",
                new Backend.Vxlan(7, 8472, false),
                0,
                "tweed-br0",
                false,
                new Masquerade(false, List.of(), false),
                pods,
                Map.of(),
                true,
                true,
                TranslatedAddresses.NONE,
                false),
            new OwnNode("n1", List.of(IpPrefix.parse("fd00:10:0:1::/64")), own, MAC),
            List.of(new Peer("n2", IpPrefix.parse("fd00:10:0:2::/64"), peer, MAC)));
    NetworkState state =
        NetworkStateMapper.map(
            new Mapping.Program(snapshot, List.of(), true, Optional.empty(), List.of()));
    return ((NetworkState.Member) state).needs().tunnel().flatMap(Tunnel::second);
  }

  private static List<IpAddress> ips(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).toList();
  }
}
