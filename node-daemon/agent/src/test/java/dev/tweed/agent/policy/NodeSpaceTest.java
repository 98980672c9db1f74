package dev.tweed.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.ClusterView.Gaps;
import dev.tweed.agent.cluster.ClusterView.Listing;
import dev.tweed.agent.cluster.NetworkRecord;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.PodNetworkSpecs;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What policies take for an address of a pod. */
class NodeSpaceTest {
  private static NetworkRecord network(String name, PodNetworkSpec spec, String unreadable) {
    return new NetworkRecord(
        name, name, "", spec, List.of(), Optional.of(unreadable).filter(why -> !why.isEmpty()));
  }

  private static PodNetworkSpec spec(String pool, Integer mtu) {
    return PodNetworkSpecs.with(PodNetworkSpecs.of(pool), "mtu", mtu);
  }

  @Test
  void podsOfANetworkThatIsNotUnderstoodArePods() {
    // Given a network with a wrong field, and one of another version
    ClusterView view =
        new ClusterView(
            true,
            List.of(network("wrong", spec("10.1.0.0/16", 7), "")),
            List.of(),
            List.of(),
            Optional.empty(),
            new Gaps(
                List.of(network("newer", spec("10.2.0.0/16", null), "spec.backend.type")),
                Listing.RECEIVED,
                Listing.RECEIVED),
            Optional.empty());

    NodeSpace space = NodeSpace.of(view, "n1");

    assertThat(space.space().isPod(IpAddress.parse("10.1.0.5"))).isTrue();
    assertThat(space.space().isPod(IpAddress.parse("10.2.0.5"))).isTrue();
    assertThat(space.space().isPod(IpAddress.parse("10.3.0.5"))).isFalse();
  }
}
