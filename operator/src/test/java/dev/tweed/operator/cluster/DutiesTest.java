package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.cluster.Duty.Failure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DutiesTest {
  private final Duties duties = new Duties();

  @Test
  void oneThatFailsKeepsNoOtherFromBeingDone() {
    List<Duty> done = new ArrayList<>();

    for (Duty duty : Duty.values()) {
      duties.attempt(
          duty,
          () -> {
            done.add(duty);
            throw new IllegalStateException("out of order");
          });
    }

    assertThat(done).containsExactly(Duty.values());
    assertThat(duties.failures())
        .extracting(Failure::toString)
        .contains("allocation: out of order", "chores: out of order")
        .hasSize(Duty.values().length);
  }

  @Test
  void whatWentWrongOfOneIsTold() {
    IllegalStateException thrown = new IllegalStateException();

    assertThat(duties.attempt(Duty.CHORES, () -> List.of("Node a: gone", "Node b: gone")))
        .isEmpty();
    assertThat(
            duties.attempt(
                Duty.RELEASES,
                () -> {
                  throw thrown;
                }))
        .containsSame(thrown);

    assertThat(duties.failures())
        .containsExactly(
            new Failure(Duty.CHORES, "Node a: gone"),
            new Failure(Duty.CHORES, "Node b: gone"),
            new Failure(Duty.RELEASES, "java.lang.IllegalStateException"));
  }
}
