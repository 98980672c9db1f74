package dev.tweed.agent.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.trace.TraceReader.Reading;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceReaderTest {

  @Test
  void countersAreReadByPeerAndStation() {
    Reading reading = read(rule("0 SENT", 3), rule("11 TUNNEL", 4), rule("11 TUNNEL", 5));

    assertThat(reading)
        .isEqualTo(
            new Reading(
                3,
                Map.of(
                    0, new PacketCounts(Map.of(ObservationPoint.SENT, 3L)),
                    11, new PacketCounts(Map.of(ObservationPoint.TUNNEL, 9L)))));
    assertThat(reading.of(7)).isEqualTo(PacketCounts.none());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0 NOWHERE", "SENT", "0 SENT and more", "9999 SENT", "-1 SENT"})
  void rulesOfOthersArePassedOver(String comment) {
    assertThat(read(rule(comment, 3))).isEqualTo(new Reading(0, Map.of()));
  }

  @Test
  void aRuleThatDoesNotCountAnyMoreIsNone() {
    assertThat(read("{\"rule\": {\"comment\": \"0 SENT\", \"expr\": [{\"drop\": null}]}}"))
        .isEqualTo(new Reading(0, Map.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{}", "table inet tweed-trace {}"})
  void somethingElseIsRefused(String listing) {
    assertThatThrownBy(() -> TraceReader.read(listing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("nft printed");
  }

  private static Reading read(String... objects) {
    return TraceReader.read(
        "{\"nftables\": [{\"metainfo\": {\"version\": \"1.1.3\"}},"
            + " {\"chain\": {\"name\": \"sent\"}}, %s]}".formatted(String.join(", ", objects)));
  }

  private static String rule(String comment, int packets) {
    return """
    {"rule": {"family": "inet", "table": "tweed-trace", "chain": "sent", "handle": 3,
      "comment": "%s", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip",
      "field": "daddr"}}, "right": "192.0.2.1"}}, {"counter": {"packets": %d, "bytes": 0}}]}}
    """
        .formatted(comment, packets);
  }
}
