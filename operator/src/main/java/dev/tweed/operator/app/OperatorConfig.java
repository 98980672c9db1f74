package dev.tweed.operator.app;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings; each also by environment, {@code tweed.release-after} as {@code TWEED_RELEASE_AFTER}.
 */
@ConfigMapping(prefix = "tweed")
public interface OperatorConfig {
  /** How long the block of a Node that is gone stays reserved. */
  @WithDefault("5m")
  Duration releaseAfter();

  /** Requests to the API server in flight, 1 to 256; fewer while it turns some away. */
  @WithDefault("16")
  int parallelism();

  /**
   * NodeSubnets created in one go, 1 to 1000: a ConfigMap of at most 1 MiB holds them first. Fewer
   * while they take long.
   */
  @WithDefault("1000")
  int batch();

  /** Namespace of Lease and ledger; by default that of the pod. */
  Optional<String> namespace();

  /** Namespace of the daemons' Leases; without it, that a daemon is silent is not told. */
  Optional<String> leaseNamespace();

  /** Whether network policies are compiled for nodes; false takes back what was. */
  @WithDefault("true")
  boolean networkPolicies();

  /** Leader election. */
  LeaderElection leaderElection();

  /** Leader election; two leaders do no harm, but twice the work. */
  interface LeaderElection {
    @WithDefault("true")
    boolean enabled();

    /** How long a Lease counts after it was renewed last. */
    @WithDefault("15s")
    Duration leaseDuration();

    /** How long a leader tries to renew before it gives up. */
    @WithDefault("10s")
    Duration renewDeadline();

    /** How often it tries. */
    @WithDefault("2s")
    Duration retryPeriod();
  }
}
