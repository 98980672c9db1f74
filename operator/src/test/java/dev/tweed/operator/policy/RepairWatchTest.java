package dev.tweed.operator.policy;

import static dev.tweed.operator.policy.Policies.node;
import static dev.tweed.operator.policy.Policies.report;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.policy.RepairWatch.Repaired;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RepairWatchTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final RepairWatch watch = new RepairWatch();

  private List<String> look(Instant now, PolicyNode... nodes) {
    return watch.look(List.of(nodes), now).stream().map(RepairWatchTest::text).toList();
  }

  private static String text(Repaired r) {
    return r.node().name() + " +" + r.more() + " =" + r.total();
  }

  @Test
  void whatWasMendedBeforeIsNoNews() {
    assertThat(look(NOW, node("n1", report(5)))).isEmpty();
    assertThat(look(NOW.plusSeconds(1), node("n1", report(5)))).isEmpty();
  }

  @Test
  void aRiseIsToldWithTheNumber() {
    look(NOW, node("n1", report(5)), node("n2", report(0)));

    assertThat(look(NOW.plusSeconds(1), node("n1", report(5)), node("n2", report(3))))
        .containsExactly("n2 +3 =3");
  }

  @Test
  void aNodeIsToldOnceAMinuteWithAllThatCameBetween() {
    look(NOW, node("n1", report(0)));
    assertThat(look(NOW.plusSeconds(1), node("n1", report(1)))).hasSize(1);
    assertThat(look(NOW.plusSeconds(20), node("n1", report(4)))).isEmpty();
    assertThat(watch.again()).contains(NOW.plusSeconds(61));
    assertThat(look(NOW.plusSeconds(40), node("n1", report(9)))).isEmpty();

    assertThat(look(NOW.plusSeconds(61), node("n1", report(9)))).containsExactly("n1 +8 =9");
    assertThat(watch.again()).isEmpty();
  }

  @Test
  void anotherNodeOfTheNameBeginsAnew() {
    look(NOW, node("n1", report(5)));
    PolicyNode other = node("n1", report(8));

    assertThat(
            look(
                NOW.plusSeconds(1),
                new PolicyNode("n1", "uid-2", other.labels(), other.block(), other.report())))
        .isEmpty();
  }

  @Test
  void aReportThatIsAwayForAMomentIsNotForgotten() {
    look(NOW, node("n1", report(5)));
    look(NOW.plusSeconds(1), Policies.silent("n1"));

    assertThat(look(NOW.plusSeconds(2), node("n1", report(6)))).containsExactly("n1 +1 =6");
  }

  @Test
  void aCountThatBeginsAnewIsNoNews() {
    look(NOW, node("n1", report(5)));

    assertThat(look(NOW.plusSeconds(1), node("n1", report(1)))).isEmpty();
    assertThat(look(NOW.plusSeconds(2), node("n1", report(2)))).containsExactly("n1 +1 =2");
  }

  @Test
  void manyNodesAtOnceAreToldInTurns() {
    PolicyNode[] before = nodes(50, 0);
    PolicyNode[] after = nodes(50, 1);
    look(NOW, before);

    assertThat(look(NOW.plusSeconds(1), after)).hasSize(20);
    assertThat(watch.again()).contains(NOW.plusSeconds(1));
    assertThat(look(NOW.plusSeconds(2), after)).hasSize(20);
    assertThat(look(NOW.plusSeconds(3), after)).hasSize(10);
    assertThat(look(NOW.plusSeconds(4), after)).isEmpty();
  }

  private static PolicyNode[] nodes(int count, long repairs) {
    return IntStream.range(0, count)
        .mapToObj(i -> node("n" + i, report(repairs)))
        .toArray(PolicyNode[]::new);
  }
}
