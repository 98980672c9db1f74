package dev.tweed.agent.trace;

import static dev.tweed.agent.trace.SamplePeers.VXLAN;
import static dev.tweed.agent.trace.SamplePeers.network;
import static dev.tweed.agent.trace.SamplePeers.peer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.UnreachedPeer.Where;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Peer;
import dev.tweed.firewall.ruleset.Ruleset;
import dev.tweed.firewall.ruleset.RulesetParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kernel shows of each point is {@link PathTracerTest}'s; here is what it does not. */
class TracePlannerTest {

  private static final String LEFT =
      "SENT BRIDGED FORWARDED INTO_TUNNEL ENCAPSULATED PASSED_OUTPUT LEFT";
  private static final String ROUTED = "SENT BRIDGED FORWARDED PAST_TUNNEL";

  private static final Peer PEER = peer("n2", "10.244.2.0/24", "192.0.2.2");

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      textBlock =
          """
          VXLAN,   LEFT,                                       NOT_ARRIVING
          VXLAN,   LEFT TUNNEL,                                BEYOND
          VXLAN,   LEFT TUNNEL IN_ASK,                         BEYOND
          VXLAN,   LEFT TUNNEL IN_ANSWER,                      UNKNOWN
          VXLAN,   TUNNEL IN_ANSWER,                           UNKNOWN
          VXLAN,   LEFT TUNNEL ASK_ARRIVED,                    ARRIVING
          VXLAN,   LEFT TUNNEL IN_ASK ANSWER_ARRIVED,          ARRIVING
          VXLAN,   TUNNEL ASK_ARRIVED,                         ARRIVING
          VXLAN,   SENT,                                       LEAVING
          VXLAN,   SENT TUNNEL IN_ASK,                         LEAVING
          VXLAN,   ROUTED,                                     LEAVING
          DIRECT,  ROUTED,                                     NOT_ARRIVING
          DIRECT,  ROUTED ASK_DECAPSULATED,                    ARRIVING
          DIRECT,  LEFT,                                       NOT_ARRIVING
          GATEWAY, ROUTED,                                     NOT_ARRIVING
          GATEWAY, SENT BRIDGED FORWARDED,                     LEAVING
          GATEWAY, ROUTED ANSWER_DECAPSULATED,                 ARRIVING
          """)
  void stationsTellWhere(String backend, String seen, Where where) {
    assertThat(plan(backend(backend), seen).map(LossDiagnosis::where)).hasValue(where);
  }

  @ParameterizedTest
  @CsvSource({"''", "TUNNEL", "TUNNEL IN_ASK"})
  void whereNothingWasAskedAndNothingLostItIsNotKnown(String seen) {
    assertThat(plan(VXLAN, seen)).isEmpty();
  }

  @Test
  void whatIsLostBothWaysIsToldOfBoth() {
    assertThat(text(plan(VXLAN, "SENT BRIDGED TUNNEL ASK_ARRIVED ASK_DECAPSULATED")))
        .containsSubsequence(
            "packets to it are dropped in FORWARD", "packets from it arrive and are dropped");
  }

  @Test
  void addressesThatAreTranslatedBetweenTheNodes() {
    assertThat(text(plan(VXLAN, "LEFT ANSWER_ARRIVED")))
        .contains("arrive from another address than its node's (192.0.2.2)");
  }

  @Test
  void thatPacketsLeaveByAnotherDeviceIsTold() {
    assertThat(text(plan(VXLAN, "LEFT LEFT_ELSEWHERE")))
        .contains("by another device than eth0 (type ip route get 192.0.2.2), and nothing of its");
  }

  @Test
  void plainRoutesHaveNoTunnelToSpeakOf() {
    assertThat(text(plan(new Backend.HostGateway(), "ROUTED")))
        .contains("nothing from its block arrives")
        .doesNotContain("UDP");
  }

  /** Only what certainly drops the very packets is named. */
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          10.244.2.254, by chain forward of table inet host
          10.244.3.254, no chain that nft shows there certainly drops them
          """)
  void theChainThatDropsIsNamed(String destination, String text) throws IOException {
    RulesetParser parser = new RulesetParser();
    parser.add(
        new ByteArrayInputStream(
            """
            {"nftables": [{"chain": {"family": "inet", "table": "host", "name": "forward",
              "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
             {"rule": {"family": "inet", "table": "host", "chain": "forward", "expr": [
               {"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "tweed.1"}},
               {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
                 "right": "%s"}},
               {"drop": null}]}}]}
            """
                .formatted(destination)
                .getBytes(StandardCharsets.UTF_8)));

    assertThat(plan(VXLAN, "SENT BRIDGED").orElseThrow().explain(parser.ruleset())).contains(text);
  }

  private static Backend backend(String name) {
    return switch (name) {
      case "VXLAN" -> VXLAN;
      case "DIRECT" -> new Backend.Vxlan(1, 8472, true);
      default -> new Backend.HostGateway();
    };
  }

  private static Optional<LossDiagnosis> plan(Backend backend, String seen) {
    TraceNetwork network = network(backend, List.of("10.244.1.0/24"), List.of("192.0.2.1"), PEER);
    Map<ObservationPoint, Long> packets =
        Arrays.stream(seen.split(" "))
            .filter(word -> !word.isEmpty())
            .flatMap(TracePlannerTest::points)
            .collect(Collectors.toMap(Function.identity(), point -> 1L, Long::sum));
    return TracePlanner.plan(
        network, network.peers(List.of(PEER.block())).getFirst(), new PacketCounts(packets));
  }

  private static Stream<ObservationPoint> points(String word) {
    return switch (word) {
      case "LEFT" -> Arrays.stream(LEFT.split(" ")).map(ObservationPoint::valueOf);
      case "ROUTED" -> Arrays.stream(ROUTED.split(" ")).map(ObservationPoint::valueOf);
      case "IN_ASK", "IN_ANSWER" ->
          Arrays.stream(ObservationPoint.values())
              .filter(point -> point.name().startsWith(word.substring("IN_".length()) + "_"));
      default -> Stream.of(ObservationPoint.valueOf(word));
    };
  }

  private static String text(Optional<LossDiagnosis> diagnosis) {
    return diagnosis.orElseThrow().explain(Ruleset.empty());
  }
}
