package dev.tweed.agent.trace;

import static dev.tweed.agent.trace.SamplePeers.network;
import static dev.tweed.agent.trace.SamplePeers.peer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Peer;
import dev.tweed.netlink.testing.Golden;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsTest;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TraceTableRendererTest {

  private static final Peer V4 = peer("\" drop # n2", "10.244.2.0/24", "192.0.2.2", "2001:db8::2");
  private static final Peer V6 = peer("n2", "fd00:244:2::/64", "192.0.2.2", "2001:db8::2");
  private static final Peer NOWHERE = peer("n3", "10.244.3.0/24");

  @Test
  void tunnelInBothFamilies() {
    Golden.assertMatches("trace-vxlan.nft", render(SamplePeers.VXLAN, V4, V6));
  }

  @Test
  void plainRoutesHaveNoStationsOfATunnel() {
    Golden.assertMatches("trace-host-gateway.nft", render(new Backend.HostGateway(), V4));
  }

  @NetnsTest
  void theKernelTakesIt(Netns node) {
    TraceTable table = new TraceTable(Path.of("nft"));
    for (Backend backend : List.of(SamplePeers.VXLAN, new Backend.HostGateway())) {
      String text = render(backend, NOWHERE, V6, V4);

      assertThat(table.replace(text)).isEqualTo(new TraceTable.Outcome.Done(""));
      // And each counter is read
      assertThat(table.list()).isInstanceOf(TraceTable.Outcome.Done.class);
      String listing = ((TraceTable.Outcome.Done) table.list()).output();
      assertThat(TraceReader.read(listing).rules())
          .isEqualTo((int) text.lines().filter(line -> line.contains(" counter ")).count());
    }
    assertThat(node.sh("nft list table inet tweed-trace"))
        .doesNotContain("drop;")
        .doesNotContainPattern("\\b(drop|accept|reject|return|goto|queue)\\b(?!;)");
  }

  private static String render(Backend backend, Peer... peers) {
    TraceNetwork network =
        network(backend, List.of("10.244.1.0/24", "fd00:244:1::/64"), List.of("192.0.2.1"), peers);
    return TraceTableRenderer.render(
        network, network.peers(Stream.of(peers).map(Peer::block).toList()));
  }
}
