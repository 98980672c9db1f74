package dev.tweed.operator.cluster;

import dev.tweed.crds.MirroredLabels;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Everything of the operator but its threads: it runs when it is told to. */
public final class SteppedOperator implements AutoCloseable {
  private final OperatorCore core;

  /** Reads what there is. */
  public SteppedOperator(
      KubernetesClient client,
      String namespace,
      String name,
      Duration quiet,
      Clock clock,
      LongSupplier nanoTime) {
    core =
        new OperatorCore(
            client,
            settings(namespace, name, quiet),
            new SimpleMeterRegistry(),
            clock,
            nanoTime,
            Duration.ZERO);
    core.caches().start();
  }

  // Few claims in one go, for there are few nodes; one request at a time, for the order to be told.
  private static OperatorSettings settings(String namespace, String name, Duration quiet) {
    return new OperatorSettings(
        namespace,
        Optional.empty(),
        name,
        Duration.ofMinutes(5),
        quiet,
        4,
        1,
        MirroredLabels.ALWAYS,
        true);
  }

  /** One run. */
  public ClusterReconciler.Result run() {
    return core.reconciler().reconcile();
  }

  @Override
  public void close() {
    core.caches().close();
  }
}
