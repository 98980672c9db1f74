package dev.tweed.operator.silence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SilencePlannerTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void theReportsOfThoseThatAreSilentAreToSaySo() {
    SilencePlan plan = plan(silence(3, 1), nodes(3), Set.of());

    assertThat(plan.silent()).containsExactly("n0000");
    assertThat(plan.untold()).containsExactly("n0000");
  }

  @Test
  void butNotThoseThatSayItNorThoseOfNodesThatAreGone() {
    SilencePlan plan = plan(silence(9, 3), Set.of("n0000", "n0001"), told(1));

    assertThat(plan.silent()).containsExactly("n0000", "n0001");
    assertThat(plan.untold()).containsExactly("n0001");
  }

  @Test
  void whatAnEarlierOperatorToldHoldsUntilTheDaemonIsHeard() {
    // Given one that has seen nothing change yet
    Silence fresh =
        Silence.unknown().seen(new Look(START, Map.of("n0000", "1"), Optional.of("1")), START);
    assertThat(plan(fresh, nodes(1), told(1)).silent()).containsExactly("n0000");
    assertThat(plan(fresh, nodes(1), Set.of()).silent()).isEmpty();

    // When the daemon renews its Lease
    Silence heard =
        fresh.seen(
            new Look(START.plusSeconds(10), Map.of("n0000", "2"), Optional.of("2")),
            START.plusSeconds(10));

    // Then it counts at once, whatever the report says until the daemon has written it
    assertThat(plan(heard, nodes(1), told(1)).silent()).isEmpty();
  }

  @Test
  void ofMostOfManyNobodyIsToldByItself() {
    assertThat(plan(silence(22, 11), nodes(22), Set.of()).untold()).hasSize(11);

    SilencePlan most = plan(silence(22, 12), nodes(22), Set.of());
    assertThat(most.untold()).isEmpty();
    assertThat(most.silent()).hasSize(12);
  }

  @Test
  void ofAHandfulEachIs() {
    assertThat(plan(silence(1, 1), nodes(1), Set.of()).untold()).hasSize(1);
    assertThat(plan(silence(10, 10), nodes(10), Set.of()).untold()).hasSize(10);
    assertThat(plan(silence(11, 11), nodes(11), Set.of()).untold()).isEmpty();
  }

  @Test
  void writesAreSpreadOverLooks() {
    SilencePlan plan = plan(silence(5_000, 2_000), nodes(5_000), told(50));

    assertThat(plan.untold()).hasSize(100).first().isEqualTo("n0050");
  }

  /** Of reports that cannot be written, whatever the reason. */
  @Test
  void thoseThatWereTriedGiveWayToTheOthers() {
    Silence silence = silence(5_000, 150);

    SilencePlan first = plan(silence, nodes(5_000), Set.of());
    SilencePlan second =
        SilencePlanner.plan(silence, nodes(5_000), Set.of(), first.untold().getLast());
    assertThat(second.untold()).hasSize(100).startsWith("n0100").endsWith("n0049");

    // One alone is tried again and again
    assertThat(SilencePlanner.plan(silence(3, 1), nodes(3), Set.of(), "n0000").untold())
        .containsExactly("n0000");
  }

  private static SilencePlan plan(Silence silence, Set<String> nodes, Set<String> told) {
    return SilencePlanner.plan(silence, nodes, told, "");
  }

  private static Set<String> nodes(int count) {
    Set<String> nodes = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      nodes.add("n%04d".formatted(i));
    }
    return nodes;
  }

  private static Set<String> told(int count) {
    return nodes(count);
  }

  /** After two minutes in which all but the first few have renewed their Leases. */
  private static Silence silence(int nodes, int silent) {
    Silence silence = Silence.unknown();
    for (int look = 0; look <= 12; look++) {
      Map<String, String> versions = new HashMap<>();
      int number = 0;
      for (String node : nodes(nodes)) {
        versions.put(node, number++ < silent ? "1" : "1" + look);
      }
      silence =
          silence.seen(
              new Look(START.plusSeconds(look * 10), versions, Optional.of("e" + look)),
              START.plusSeconds(look * 10));
    }
    return silence;
  }
}
