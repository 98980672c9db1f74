package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PriorityPlannerTest {

  @Test
  void aBeginningIsMadeInTheMiddleWithRoomBetween() {
    assertThat(PriorityPlanner.plan(List.of("a", "b", "c"), Map.of()))
        .containsExactly(-16448, -16384, -16320);
  }

  @Test
  void whatIsThereKeepsItsNumberWhenSomethingComesBetween() {
    assertThat(PriorityPlanner.plan(List.of("a", "new", "b"), Map.of("a", -100, "b", -50)))
        .containsExactly(-100, -75, -50);
  }

  @Test
  void newOnesAtAnEndStayClose() {
    assertThat(PriorityPlanner.plan(List.of("new", "a", "last"), Map.of("a", -10000)))
        .containsExactly(-10064, -10000, -9936);
  }

  @Test
  void onlyWhatHasToMoveMoves() {
    Map<String, Integer> found = Map.of("a", -400, "b", -300, "c", -200, "d", -100);

    assertThat(PriorityPlanner.plan(List.of("d", "a", "b", "c"), found))
        .containsExactly(-464, -400, -300, -200);
  }

  @Test
  void withoutRoomAllAreNumberedAnew() {
    List<Integer> plan = PriorityPlanner.plan(List.of("a", "new", "b"), Map.of("a", -7, "b", -6));

    assertThat(plan).containsExactly(-16448, -16384, -16320);
  }

  @Test
  void numbersThatAreNotOursAreNotKept() {
    assertThat(PriorityPlanner.plan(List.of("a"), Map.of("a", 0))).containsExactly(-16384);
  }

  @Test
  void asManyAsThereAreNumbersHaveRoom() {
    List<Integer> items = IntStream.range(0, 32_767).boxed().toList();

    assertThat(PriorityPlanner.plan(items, Map.of()))
        .startsWith(-32_767)
        .endsWith(-1)
        .doesNotHaveDuplicates();
    List<Integer> more = IntStream.range(0, 32_768).boxed().toList();
    assertThatThrownBy(() -> PriorityPlanner.plan(more, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("32768");
  }
}
