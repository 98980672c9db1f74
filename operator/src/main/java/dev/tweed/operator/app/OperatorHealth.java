package dev.tweed.operator.app;

import dev.tweed.operator.cluster.OperatorCore;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/**
 * Live: no run hangs. Ready: standing by, or leading with live watches and a run that went well.
 */
@Singleton
public class OperatorHealth {
  // A run of 5,000 allocations takes seconds; one of minutes will not come back.
  private static final Duration HANGING = Duration.ofMinutes(5);

  @Produces
  @Singleton
  @Liveness
  HealthCheck live(OperatorCore core, Clock clock) {
    return () -> {
      Optional<Instant> since = core.loop().runningSince();
      boolean hangs = since.isPresent() && since.get().plus(HANGING).isBefore(clock.instant());
      return HealthCheckResponse.named("loop")
          .status(!hangs)
          .withData("runningSince", since.map(Instant::toString).orElse(""))
          .build();
    };
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck ready(OperatorCore core, OperatorLifecycle lifecycle) {
    return () -> {
      OperatorLifecycle.State state = lifecycle.state();
      Optional<Instant> success = core.loop().lastSuccess();
      boolean ready =
          switch (state) {
            case STANDBY -> true;
            case STARTING, STOPPING -> false;
            case LEADING -> success.isPresent() && core.watching();
          };
      return HealthCheckResponse.named("operator")
          .status(ready)
          .withData("state", state.name())
          .withData("lastSuccess", success.map(Instant::toString).orElse(""))
          .build();
    };
  }
}
