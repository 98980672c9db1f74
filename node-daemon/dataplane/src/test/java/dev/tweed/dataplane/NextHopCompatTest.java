package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Hosts of routing daemons may have net.ipv4.nexthop_compat_mode=0: a route then tells its nexthop
 * object alone.
 */
@Tag("kernel")
class NextHopCompatTest {

  @AutoClose private final FaultyNode node = new FaultyNode();

  @Test
  void routesThatNameTheirNexthopObjectAloneAreKnown() {
    node.netns.sh("sysctl -qw net.ipv4.nexthop_compat_mode=0");

    node.assertSettles(FaultExamples.BASE);

    node.netns.sh(
        """
        id=$(ip -j nexthop show protocol 116 | jq '.[0].id')
        ip link add foreign type veth peer name peer && ip link set peer up && ip link set foreign up
        ip nexthop replace id $id via 192.0.2.77 dev foreign onlink protocol 116
        """);
    assertThat(node.sync(FaultExamples.BASE).applied()).isNotEmpty();
    node.assertSettles(FaultExamples.BASE);
    node.netns.sh("ip link del foreign; sysctl -qw net.ipv4.nexthop_compat_mode=1");
    node.assertConverges(FaultExamples.BASE);
  }
}
