package dev.tweed.operator.app;

import dev.tweed.operator.cluster.OperatorSettings;
import dev.tweed.operator.cluster.SteadyTime;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of several operators leads. The operator SDK's own election cannot release its Lease, which
 * would cost 15 s without a leader at every upgrade; this one releases it when the process stops.
 * Correctness does not hang on it: docs/adr/0002-allocation.md.
 */
final class Leadership implements AutoCloseable {
  /** Name of the Lease. */
  static final String LEASE = OperatorSettings.ELECTION_LEASE;

  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("tweed-leader-", 0).factory());
  private final CompletableFuture<?> election;
  private final SteadyTime time;
  private volatile Instant triedAt;
  private volatile boolean closing;

  /**
   * @param gained called once; must return at once
   * @param lost called when another process may lead from now on; not on {@link #close}
   */
  Leadership(
      KubernetesClient client,
      OperatorSettings settings,
      OperatorConfig.LeaderElection config,
      Runnable gained,
      Runnable lost,
      SteadyTime time) {
    this.time = time;
    this.triedAt = time.now();
    LeaderCallbacks callbacks =
        new LeaderCallbacks(
            gained,
            () -> {
              if (!closing) {
                lost.run();
              }
            },
            leader -> LOG.info("leader is {}", leader.isEmpty() ? "nobody" : leader));
    LeaderElectionConfig election =
        new LeaderElectionConfigBuilder()
            .withName(LEASE)
            .withLock(new WatchedLease(settings.namespace(), settings.instance()))
            .withLeaseDuration(config.leaseDuration())
            .withRenewDeadline(config.renewDeadline())
            .withRetryPeriod(config.retryPeriod())
            .withReleaseOnCancel(true)
            .withLeaderCallbacks(callbacks)
            .build();
    this.election = new LeaderElector(client, election, threads).start();
  }

  /**
   * When the Lease was last asked for, which a standby and a leader both do every few seconds. The
   * elector ends without a word when anything but the API server's answer goes wrong in it.
   */
  Instant triedAt() {
    return triedAt;
  }

  /** Gives the Lease back, if we hold it. */
  @Override
  public void close() {
    closing = true;
    election.cancel(true);
    threads.close();
  }

  /** Notes each look at the Lease, and what it shows. */
  private final class WatchedLease extends LeaseLock {
    private final SeenRenewals renewals = new SeenRenewals();

    WatchedLease(String namespace, String identity) {
      super(namespace, LEASE, identity);
    }

    @Override
    public synchronized LeaderElectionRecord get(KubernetesClient client) {
      triedAt = time.now();
      LeaderElectionRecord found = super.get(client);
      // The interface has null where there is none.
      return found == null
          ? null
          : renewals.see(found, time.now(), ZonedDateTime.now(ZoneOffset.UTC));
    }
  }
}
