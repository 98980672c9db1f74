package dev.tweed.operator.app;

import dev.tweed.operator.cluster.OperatorCore;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/**
 * Live: start, runs and election go on. Ready: standing by, or leading with live watches, and a run
 * went well in the last minutes.
 */
@Singleton
public class OperatorHealth {
  // The lists and a run of 5,000 allocations take seconds; what takes minutes will not come back.
  private static final Duration HANGING = Duration.ofMinutes(5);
  // What fails for so long has to be looked at; an API server that restarts does not.
  private static final Duration FAILING = Duration.ofMinutes(3);

  @Produces
  @Singleton
  @Liveness
  HealthCheck live(OperatorCore core, OperatorLifecycle lifecycle) {
    return () -> {
      OperatorLifecycle.Phase phase = lifecycle.phase();
      Optional<Instant> running = core.runningSince();
      return HealthCheckResponse.named("loop")
          .status(
              !hangs(
                  phase,
                  running,
                  lifecycle.electionTriedAt(),
                  notWatchingSince(core, phase),
                  core.time().now()))
          .withData("state", phase.state().name())
          .withData("runningSince", running.map(Instant::toString).orElse(""))
          .build();
    };
  }

  /**
   * Whether only a fresh process can help: the start, a run, the election or a watch does not go
   * on. All of it in {@link dev.tweed.operator.cluster.SteadyTime}.
   */
  static boolean hangs(
      OperatorLifecycle.Phase phase,
      Optional<Instant> runningSince,
      Optional<Instant> electionTriedAt,
      Optional<Instant> notWatchingSince,
      Instant now) {
    Optional<Instant> startingSince =
        Optional.of(phase)
            .filter(p -> p.state() == OperatorLifecycle.State.STARTING)
            .map(OperatorLifecycle.Phase::since);
    return Stream.of(startingSince, runningSince, electionTriedAt, notWatchingSince)
        .flatMap(Optional::stream)
        .anyMatch(since -> since.plus(HANGING).isBefore(now));
  }

  // Before it leads it watches nothing.
  private static Optional<Instant> notWatchingSince(
      OperatorCore core, OperatorLifecycle.Phase phase) {
    return phase.state() == OperatorLifecycle.State.LEADING
        ? core.notWatchingSince()
        : Optional.empty();
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck ready(OperatorCore core, OperatorLifecycle lifecycle) {
    return () -> {
      OperatorLifecycle.State state = lifecycle.phase().state();
      Optional<Instant> success = core.loop().lastSuccess();
      Optional<Instant> failing = core.failingSince();
      boolean works =
          success.isPresent()
              && core.notWatchingSince().isEmpty()
              && !failsForLong(failing, core.time().now());
      return HealthCheckResponse.named("operator")
          .status(ready(state, works))
          .withData("state", state.name())
          .withData("lastSuccess", success.map(Instant::toString).orElse(""))
          .withData("failingSince", failing.map(Instant::toString).orElse(""))
          .build();
    };
  }

  /** Whether somebody should look, since when in {@link dev.tweed.operator.cluster.SteadyTime}. */
  static boolean failsForLong(Optional<Instant> failingSince, Instant now) {
    return failingSince.filter(since -> since.plus(FAILING).isBefore(now)).isPresent();
  }

  private static boolean ready(OperatorLifecycle.State state, boolean works) {
    return switch (state) {
      case STANDBY -> true;
      case STARTING, STOPPING -> false;
      case LEADING -> works;
    };
  }
}
