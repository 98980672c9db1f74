package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.agent.status.Reachable;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes without any address of IPv4 but the loopback's. */
@Tag("kernel")
class Ipv6OnlyTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir static Path runDir;
  private static NodePair nodes;

  @BeforeAll
  static void setUp() {
    nodes =
        new NodePair(
            runDir,
            new Backend.Vxlan(1, 8472, false),
            List.of("2001:db8::N"),
            List.of("fd00:10:244::/48"),
            List.of("fd00:10:244:N::/64"));
  }

  @AfterAll
  static void tearDown() {
    nodes.close();
  }

  @AfterEach
  void answersAgain() {
    nodes.withoutFaults();
    nodes.first.host().sh("ip -6 route flush type blackhole");
    nodes.awaitAnswers();
  }

  @Test
  void aDropInForwardIsToldByItsChain() {
    // Given a peer that answers, as its pods do
    Reachability answer = nodes.awaitAnswers();
    assertThat(answer.proof()).isEqualTo(Proof.PROBES);
    assertThat(nodes.judge(answer).reason()).isEqualTo(Reachable.Reason.PeersAnswer);
    assertThat(nodes.podsReached(PATIENCE)).hasSize(1);

    // When this host drops
    nodes.first.host().exec("nft", DROP);

    Reachability lost =
        nodes.awaitFound(r -> r.unreached().stream().anyMatch(p -> p.where() == Where.LEAVING));
    assertThat(lost.unreached())
        .singleElement()
        .satisfies(
            peer -> {
              assertThat(peer.cause()).isEqualTo(Cause.SILENT);
              assertThat(peer.lives()).isTrue();
            });
    Reachable judged = nodes.judge(lost);
    assertThat(judged.reason()).isEqualTo(Reachable.Reason.NoPeerAnswers);
    assertThat(judged.findings())
        .singleElement()
        .extracting(NodeFinding::message)
        .asString()
        .contains("are dropped in FORWARD of this host by chain c of table inet fault");
  }

  @Test
  void aDropInForwardOfThePeerIsToldAsThePeers() {
    nodes.awaitAnswers();

    nodes.second.host().exec("nft", DROP);

    Reachability lost =
        nodes.awaitFound(r -> r.unreached().stream().anyMatch(p -> p.where() != Where.UNKNOWN));
    assertThat(lost.unreached().getFirst().where()).isEqualTo(Where.NOT_ARRIVING);
  }

  @Test
  void whatTakesPacketsElsewhereIsTold() {
    assertThat(nodes.first.sync().findings()).isEmpty();

    nodes.first.host().sh("ip -6 route add blackhole fd00:10:244:2:8000::/65");

    SyncReport shadowed = syncUntil(1);
    Finding finding = shadowed.findings().getFirst();
    assertThat(finding.reason()).isEqualTo(Reason.RouteShadowed);
    assertThat(finding.remedy())
        .isEqualTo("ip -6 route del blackhole fd00:10:244:2:8000::/65 metric 1024 proto 3");
    assertThat(shadowed.peersProgrammed()).isZero();

    // And packets are
    nodes.awaitFound(r -> r.unreached().stream().anyMatch(peer -> peer.where() == Where.LEAVING));
    nodes.first.host().sh(finding.remedy());
    assertThat(syncUntil(0).peersProgrammed()).isOne();
  }

  private static final String DROP =
      "table inet fault { chain c { type filter hook forward priority 0; drop; }; }";

  /** As the daemon does by the events of routes. */
  private static SyncReport syncUntil(int findings) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(nodes.first::sync, report -> report.findings().size() == findings);
  }
}
