package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.testing.Netns;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class BridgeNeighboursTest {

  private static final Set<IpAddress> ASKED =
      Set.of(
          IpAddress.parse("10.244.1.10"),
          IpAddress.parse("10.244.1.77"),
          IpAddress.parse("fd00:10:244:1::10"),
          IpAddress.parse("fd00:10:244:1::77"));

  @AutoClose private final Netns node = Netns.open();
  @AutoClose private final Netns pod = Netns.open();

  @Test
  void whoHasNoAddressDoesNotAnswer() {
    // Given a pod that drops all it is sent
    node.sh(
        "ip link add br0 type bridge; ip link set br0 up; ip addr add 10.244.1.1/24 dev br0;"
            + " ip addr add fd00:10:244:1::1/64 dev br0 nodad; ip link add v type veth peer name"
            + " eth0 netns "
            + pod.path()
            + "; ip link set v master br0 up");
    pod.sh(
        "ip link set eth0 up; ip addr add 10.244.1.10/24 dev eth0;"
            + " ip addr add fd00:10:244:1::10/64 dev eth0 nodad; nft 'add table inet f; add chain"
            + " inet f i { type filter hook input priority 0; policy drop; };"
            + " add rule inet f i icmpv6 type nd-neighbor-solicit accept'");

    node.call(
        () -> {
          BridgeNeighbours.ask(ASKED);
          return true;
        });

    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> node.call(() -> BridgeNeighbours.unanswered("br0")).size() == ASKED.size() / 2);
    assertThat(node.call(() -> BridgeNeighbours.unanswered("br0")))
        .containsExactlyInAnyOrder(
            IpAddress.parse("10.244.1.77"), IpAddress.parse("fd00:10:244:1::77"));
    assertThat(node.call(() -> BridgeNeighbours.unanswered("none"))).isEmpty();
  }
}
