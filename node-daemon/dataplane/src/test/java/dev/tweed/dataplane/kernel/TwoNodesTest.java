package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.testing.Netns;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Packets between pods of two nodes, each a network namespace. */
class TwoNodesTest {
  private TestNode one;
  private TestNode two;

  @BeforeEach
  void setUp() {
    List<TestNode> pair = TestNode.pair();
    one = pair.get(0);
    two = pair.get(1);
  }

  @AfterEach
  void tearDown() {
    one.close();
    two.close();
  }

  @Test
  void podsReachEachOtherThroughTheTunnel() {
    SyncReport report = one.sync(Example.vxlan().with(Example.peer(2)));
    two.sync(Example.vxlan().with(Example.own(2)).with(Example.peer(1)));

    Netns podOne = one.pod(10);
    two.pod(10);

    assertThat(report.findings()).isEmpty();
    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(1);
    assertThat(podOne.sh("ping -c 1 -W 2 -M do -s 1422 " + two.address(10))).contains("1 received");
  }
}
