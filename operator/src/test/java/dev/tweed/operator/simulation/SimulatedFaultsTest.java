package dev.tweed.operator.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.simulation.Simulation.Network;
import dev.tweed.operator.simulation.Simulation.Setup;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that people know by name, in virtual time. */
class SimulatedFaultsTest {
  private static final int TO_THE_END = Integer.MAX_VALUE;

  private static Setup setup(int machines, boolean commonLedger) {
    return new Setup(
        2,
        machines,
        Allocator.QUIET,
        commonLedger,
        List.of(new Network("pods", List.of("a", "b", "c"), "10.64.0.0/16", 25)));
  }

  private static void join(Simulation simulation, int from, int to) {
    for (int i = from; i < to; i++) {
      simulation.join(i);
    }
  }

  private static void leave(Simulation simulation, int from, int to) {
    for (int i = from; i < to; i++) {
      simulation.leave(i);
    }
  }

  private static void assertNothingLost(Simulation simulation) {
    assertThat(simulation.violations()).as(simulation::story).isEmpty();
  }

  @Test
  void anOperatorThatStandsStillForAMinuteAnywhereInAllocationDoesNoHarm() {
    for (int points = 0; points < 40; points++) {
      try (Simulation simulation = new Simulation(setup(8, true))) {
        // Given an operator that is stopped somewhere while it gives six nodes their blocks
        join(simulation, 0, 6);
        simulation.run(0, points);

        // When another one works meanwhile, nodes come and go, and the first goes on
        simulation.leave(0);
        join(simulation, 6, 7);
        simulation.run(1, TO_THE_END);
        simulation.daemons();
        simulation.advance(Duration.ofMinutes(1));
        join(simulation, 7, 8);
        simulation.run(1, TO_THE_END, "");
        simulation.run(0, TO_THE_END, "");
        simulation.settle();

        assertNothingLost(simulation);
        assertThat(simulation.blocks()).hasSize(7);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 60})
  void anOperatorThatStandsStillAnywhereInReleasesTakesNothingFromANodeThatIsBack(int seconds) {
    for (int points = 0; points < 40; points += 2) {
      try (Simulation simulation = new Simulation(setup(8, true))) {
        // Given three nodes that are gone for so long that their blocks are released, and an
        // operator that is stopped somewhere while it does
        join(simulation, 0, 8);
        simulation.run(0, TO_THE_END);
        simulation.run(0, TO_THE_END);
        simulation.daemons();
        leave(simulation, 0, 3);
        simulation.run(0, TO_THE_END);
        simulation.advance(Simulation.RELEASE_AFTER);
        simulation.run(0, points);

        // When two come back before it goes on, whether another one is there or not
        join(simulation, 0, 2);
        if (points % 4 == 0) {
          simulation.run(1, TO_THE_END);
        }
        simulation.daemons();
        simulation.advance(Duration.ofSeconds(seconds));
        simulation.run(0, TO_THE_END, "");
        simulation.settle();

        assertNothingLost(simulation);
        assertThat(simulation.blocks()).hasSize(7);
      }
    }
  }

  @Test
  void aNewNodeWithTheAddressOfOneThatIsGoneIsReachedAtOnce() {
    for (int points = 0; points < 20; points++) {
      try (Simulation simulation = new Simulation(setup(4, true))) {
        // Given a node that is replaced by one with its address
        join(simulation, 0, 3);
        simulation.settle();
        List<String> address = simulation.addresses(0);
        simulation.leave(0);
        simulation.joinWithAddressOf(3, 0);

        // When an operator stops somewhere in its run, and another one works
        simulation.run(0, points);
        simulation.run(1, TO_THE_END);

        // Then the new node has the address before the block of the old one is released, and at no
        // time both had it
        assertThat(simulation.addresses(3)).isEqualTo(address);
        assertThat(simulation.addresses(0)).isEmpty();
        simulation.settle();
        assertNothingLost(simulation);
      }
    }
  }

  @Test
  void ofTwoLivingNodesWithOneAddressTheOlderKeepsItUntilItIsGone() {
    try (Simulation simulation = new Simulation(setup(2, true))) {
      simulation.join(0);
      simulation.settle();
      List<String> address = simulation.addresses(0);

      simulation.advance(Duration.ofSeconds(1));
      simulation.joinWithAddressOf(1, 0);
      simulation.run(0, TO_THE_END);

      assertThat(simulation.addresses(0)).isEqualTo(address);
      assertThat(simulation.blocks()).hasSize(1);

      simulation.leave(0);
      simulation.run(0, TO_THE_END);

      assertThat(simulation.addresses(1)).isEqualTo(address);
      assertThat(simulation.addresses(0)).isEmpty();

      // And who comes back finds it taken
      simulation.join(0);
      simulation.run(0, TO_THE_END);

      assertThat(simulation.addresses(1)).isEqualTo(address);
      assertThat(simulation.addresses(0)).isEmpty();
      assertNothingLost(simulation);
    }
  }

  @Test
  void blocksOfNodesThatAreGoneGoWhileOthersJoin() {
    try (Simulation simulation = new Simulation(setup(40, true))) {
      // Given a node that is gone
      join(simulation, 0, 2);
      simulation.settle();
      simulation.leave(0);

      // When another joins each twenty seconds, so that the ledger is written more often than a
      // block has to rest
      for (int i = 2; i < 40; i++) {
        simulation.join(i);
        simulation.run(0, TO_THE_END);
        simulation.advance(Duration.ofSeconds(20));
      }

      assertThat(simulation.blocks()).hasSize(39).noneMatch(b -> b.startsWith("m0 "));
      assertNothingLost(simulation);
    }
  }

  @Test
  void withoutACommonLedgerOneNodeGetsTwoBlocks() {
    // The control: this is what the ledger prevents, and the simulation does notice.
    assertThat(asleepBetweenLedgerAndCreation(true)).isEmpty();
    assertThat(asleepBetweenLedgerAndCreation(false)).first().asString().contains("second block");
  }

  private static List<String> asleepBetweenLedgerAndCreation(boolean commonLedger) {
    try (Simulation simulation = new Simulation(setup(2, commonLedger))) {
      join(simulation, 0, 2);
      while (!simulation.story().contains("intents")) {
        simulation.run(0, 1);
      }
      simulation.leave(0);
      simulation.run(1, TO_THE_END);
      simulation.run(0, TO_THE_END);
      return simulation.violations();
    }
  }

  @Test
  void aNodeThatFlapsBetweenTwoUidsKeepsItsBlock() {
    try (Simulation simulation = new Simulation(setup(4, true))) {
      join(simulation, 0, 4);
      simulation.settle();
      Collection<String> before = simulation.blocks();
      for (int i = 0; i < 200; i++) {
        simulation.replace(1);
        simulation.run(i % 2, 1 + i % 13);
        simulation.daemon(1);
        simulation.advance(Duration.ofSeconds(i % 40));
      }
      simulation.settle();

      assertNothingLost(simulation);
      assertThat(simulation.blocks()).isEqualTo(before);
    }
  }

  @Test
  void threeHundredNodesThatRebootAtOnceKeepTheirBlocks() {
    try (Simulation simulation = new Simulation(setup(300, true))) {
      join(simulation, 0, 300);
      simulation.settle();
      Collection<String> before = simulation.blocks();
      assertThat(before).hasSize(300);

      // A power cut: a cloud controller deletes the Nodes, and the kubelets make them again.
      leave(simulation, 0, 300);
      simulation.collect();
      simulation.run(0, TO_THE_END);
      simulation.crash(0);
      simulation.advance(Simulation.RELEASE_AFTER.minusSeconds(10));
      simulation.run(1, TO_THE_END);
      join(simulation, 0, 300);
      simulation.advance(Duration.ofMinutes(1));
      simulation.settle();

      assertNothingLost(simulation);
      assertThat(simulation.blocks()).isEqualTo(before);
    }
  }

  @Test
  void operatorsOfTheVersionBeforeAndAfterMayWriteTheLedger() {
    try (Simulation simulation = new Simulation(setup(6, true))) {
      join(simulation, 0, 2);
      simulation.settle();
      simulation.newerOperator();
      join(simulation, 2, 4);
      simulation.run(0, TO_THE_END);
      simulation.olderOperator();
      join(simulation, 4, 6);
      simulation.settle();

      assertNothingLost(simulation);
      assertThat(simulation.blocks()).hasSize(6);
    }
  }
}
