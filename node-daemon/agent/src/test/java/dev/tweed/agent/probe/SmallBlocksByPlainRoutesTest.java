package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability.Proof;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.agent.status.Reachable;
import dev.tweed.dataplane.Backend;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks without a probe address, between nodes that have no tunnel. */
@Tag("kernel")
class SmallBlocksByPlainRoutesTest {

  private static final Duration SHORT = Duration.ofMillis(200);
  private static final Duration LONG = Duration.ofSeconds(10);

  @TempDir static Path runDir;
  private static NodePair nodes;

  @BeforeAll
  static void setUp() {
    nodes =
        new NodePair(
            runDir,
            new Backend.HostGateway(),
            List.of("192.0.2.N", "2001:db8::N"),
            List.of("10.244.0.0/16", "fd00:10:244::/48"),
            List.of("10.244.N.0/30", "fd00:10:244:N::/126"));
  }

  @AfterAll
  static void tearDown() {
    nodes.close();
  }

  @AfterEach
  void answersAgain() {
    nodes.withoutFaults();
    nodes.awaitAnswers();
    assertThat(nodes.podsReached(LONG)).hasSize(2);
  }

  @Test
  void answerByEchoThroughAFirewallOfThePeer() {
    // Given one that lets nothing in but what finds a link's neighbours
    nodes
        .second
        .host()
        .exec(
            "nft",
            "table inet fault { chain c { type filter hook input priority 0; policy drop;"
                + " icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }; }");

    Reachability echo = nodes.awaitAnswersAnew();

    assertThat(echo.proof()).isEqualTo(Proof.ECHO);
    assertThat(echo.byEcho()).isEqualTo(2);
    assertThat(nodes.judge(echo).reason()).isEqualTo(Reachable.Reason.PeersAnswer);
  }

  @Test
  void aDropInForwardThatNoEchoShowsIsTold() {
    Reachability echo = nodes.awaitAnswers();

    nodes.first.host().exec("nft", fault("forward", "drop"));

    assertThat(nodes.podsReached(SHORT)).isEmpty();
    Reachable judged = nodes.judge(echo);
    assertThat(judged.reason()).isEqualTo(Reachable.Reason.ForwardDropped);
    assertThat(judged.message())
        .startsWith("2 of 2 probed peers answer, 2 asked by echo to their nodes;")
        .contains(
            "packets from 10.244.1.0/30 to other nodes are dropped in FORWARD of this host by chain"
                + " c of table inet fault",
            "packets from other nodes to fd00:10:244:1::/126 are dropped in FORWARD");
    assertThat(judged.findings()).anyMatch(NodeFinding::blocking);
  }

  @Test
  void whatIsDroppedBetweenTheNodesMakesAPeerSilent() {
    nodes.awaitAnswers();

    // As where pods' addresses do not pass between the nodes
    nodes
        .second
        .host()
        .exec(
            "nft",
            fault("prerouting", "ip saddr 10.244.0.0/16 drop; ip6 saddr fd00:10:244::/48 drop"));

    Reachability lost =
        nodes.awaitFound(
            r ->
                r.unreached().size() == 2
                    && r.unreached().stream()
                        .allMatch(p -> p.cause() == Cause.SILENT && p.lives()));
    assertThat(nodes.podsReached(SHORT)).isEmpty();
    Reachable judged = nodes.judge(lost);
    assertThat(judged.reason()).isEqualTo(Reachable.Reason.NoPeerAnswers);
    assertThat(judged.findings())
        .singleElement()
        .extracting(NodeFinding::remedy)
        .asString()
        .contains("tcpdump -ni any net 10.244.2.0/30");
  }

  private static String fault(String hook, String rules) {
    return "table inet fault { chain c { type filter hook %s priority 0; %s; }; }"
        .formatted(hook, rules);
  }
}
