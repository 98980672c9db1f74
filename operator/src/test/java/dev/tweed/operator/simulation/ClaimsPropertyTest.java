package dev.tweed.operator.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.simulation.Simulation.Fault;
import dev.tweed.operator.simulation.Simulation.Network;
import dev.tweed.operator.simulation.Simulation.Setup;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;

/**
 * Whatever happens, and whoever stands still in between: no claim is lost. About 10^4 steps; {@code
 * ./dev test --long} sets {@code tweed.simulation.steps} for 10^6.
 */
class ClaimsPropertyTest {
  private static final int MACHINES = 8;
  private static final int STEPS = 80;
  private static final int LONG_STEPS = Integer.getInteger("tweed.simulation.steps", STEPS);
  private static final List<Network> NETWORKS =
      List.of(
          new Network("alpha", List.of("a", "b"), "10.64.0.0/24", 28),
          new Network("beta", List.of("b", "c"), "10.65.0.0/24", 28));

  @Provide
  Arbitrary<List<Step>> scripts() {
    return scripts(STEPS);
  }

  @Provide
  Arbitrary<List<Step>> longScripts() {
    return scripts(LONG_STEPS);
  }

  private static Arbitrary<List<Step>> scripts(int steps) {
    Arbitrary<Integer> machine = Arbitraries.integers().between(0, MACHINES - 1);
    Arbitrary<Integer> operator = Arbitraries.integers().between(0, 2);
    Arbitrary<Integer> points = Arbitraries.of(1, 2, 3, 4, 5, 6, 8, 11, 15, 20, 30, 100_000);
    return Arbitraries.<Step>frequencyOf(
            Tuple.of(6, machine.map(Step.Join::new)),
            Tuple.of(2, machine.map(Step.Leave::new)),
            Tuple.of(1, machine.map(Step.Replace::new)),
            Tuple.of(1, machine.map(Step.Reimage::new)),
            Tuple.of(
                2,
                Combinators.combine(machine, Arbitraries.of("a", "b", "c", "d"))
                    .as(Step.Relabel::new)),
            Tuple.of(
                1,
                Combinators.combine(
                        Arbitraries.of("alpha", "beta"),
                        Arbitraries.of(List.of("a", "b"), List.of("b", "c"), List.of("d")))
                    .as(Step.Select::new)),
            Tuple.of(1, Arbitraries.just(new Step.AppendPool("alpha", "10.65.0.0/25", 27))),
            Tuple.of(2, machine.map(Step.Daemon::new)),
            Tuple.of(3, Arbitraries.just(new Step.Daemons())),
            Tuple.of(1, Arbitraries.just(new Step.Collect())),
            Tuple.of(2, machine.map(Step.LoseSubnet::new)),
            Tuple.of(1, Arbitraries.just(new Step.LoseLedger())),
            Tuple.of(1, Arbitraries.just(new Step.OlderOperator())),
            Tuple.of(1, Arbitraries.just(new Step.NewerOperator())),
            Tuple.of(1, Arbitraries.just(new Step.Backup())),
            Tuple.of(1, Arbitraries.just(new Step.Restore())),
            Tuple.of(20, Combinators.combine(operator, points).as(Step.Run::new)),
            Tuple.of(
                8,
                Combinators.combine(
                        operator,
                        points,
                        Arbitraries.of("", "nodes", "nodesubnets", "podnetworks", "nodereports"))
                    .as(Step.RunBehind::new)),
            Tuple.of(2, operator.map(Step.Crash::new)),
            Tuple.of(8, Arbitraries.of(1, 3, 12, 31, 60, 301, 3_600).map(Step.Wait::new)),
            Tuple.of(
                1,
                Combinators.combine(operator, Arbitraries.of(-7_200, -60, 60, 330, 7_200))
                    .as(Step.SetClock::new)),
            Tuple.of(
                3,
                Combinators.combine(
                        operator,
                        Arbitraries.integers().between(0, 8),
                        Arbitraries.of(Fault.class).filter(f -> f != Fault.None))
                    .as(Step.GoWrong::new)),
            Tuple.of(1, Arbitraries.of(5, 50, 250, 1_000).map(Step.Latency::new)),
            Tuple.of(
                1, Combinators.combine(operator, Arbitraries.of(5, 60, 400)).as(Step.CutOff::new)),
            Tuple.of(
                1,
                Combinators.combine(
                        Arbitraries.of("configmaps", "nodesubnets", "nodereports", "nodes"),
                        Arbitraries.of(5, 60, 400))
                    .as(Step.Forbid::new)),
            Tuple.of(
                1,
                Arbitraries.of("{oops", "null", "{\"intents\":[{}]}").map(Step.SpoilLedger::new)),
            Tuple.of(1, Arbitraries.just(new Step.MendLedger())),
            Tuple.of(1, Arbitraries.just(new Step.CopyLedger())),
            Tuple.of(1, Arbitraries.just(new Step.PutBackLedger())),
            Tuple.of(
                1,
                Combinators.combine(
                        Arbitraries.of("alpha", "beta"), Arbitraries.of(true, false, false))
                    .as(Step.NetworkOfTomorrow::new)),
            Tuple.of(
                1,
                Combinators.combine(machine, Arbitraries.of(true, false, false))
                    .as(Step.SubnetOfTomorrow::new)),
            Tuple.of(1, Arbitraries.just(new Step.Settle())))
        .list()
        .ofMinSize(1)
        .ofMaxSize(2 * steps)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  // The same scripts in each run: what comes once in a thousand is for the long one to find.
  @Property(tries = 125, seed = "2618505388844641410", edgeCases = EdgeCasesMode.NONE)
  void noClaimIsLost(@ForAll("scripts") List<Step> script) {
    holds(script);
  }

  @Property(tries = 125, edgeCases = EdgeCasesMode.NONE)
  @Tag("long")
  void noClaimIsLostInTheLongRun(@ForAll("longScripts") List<Step> script) {
    holds(script);
  }

  private static void holds(List<Step> script) {
    try (Simulation simulation = new Simulation(setup(script.size() % 4 == 0 ? 3 : 2))) {
      play(simulation, script);
      assertThat(simulation.violations()).as(simulation::story).isEmpty();
    }
  }

  static Setup setup(int operators) {
    return new Setup(operators, MACHINES, Allocator.QUIET, true, NETWORKS);
  }

  static void play(Simulation simulation, List<Step> script) {
    for (Step step : script) {
      simulation.note(() -> "-- " + step);
      step.happen(simulation);
      if (!simulation.violations().isEmpty()) {
        return;
      }
    }
    simulation.note(() -> "-- settle");
    simulation.settle();
  }
}
