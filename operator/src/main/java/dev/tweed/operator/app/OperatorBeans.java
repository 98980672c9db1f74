package dev.tweed.operator.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.OperatorSettings;
import dev.tweed.operator.cluster.SubnetWriter;
import dev.tweed.operator.cluster.UnknownValueModule;
import dev.tweed.operator.ledger.Allocator;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.kubernetes.client.KubernetesClientObjectMapperCustomizer;
import io.quarkus.kubernetes.client.KubernetesConfigCustomizer;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;

/** What the container cannot make by itself. */
@Singleton
public class OperatorBeans {
  private static final int MOST_REQUESTS = 256;
  private static final String DEFAULT_NAMESPACE = "tweed-system";

  @Produces
  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  @Produces
  @Singleton
  OperatorSettings settings(OperatorConfig config) {
    inRange("TWEED_BATCH", config.batch(), Allocator.BATCH);
    inRange("TWEED_PARALLELISM", config.parallelism(), MOST_REQUESTS);
    String namespace = config.namespace().or(() -> env("POD_NAMESPACE")).orElse(DEFAULT_NAMESPACE);
    // Two processes on one host share its name.
    String instance =
        env("POD_NAME").or(() -> env("HOSTNAME")).orElse("operator")
            + "_"
            + UUID.randomUUID().toString().substring(0, 8);
    return new OperatorSettings(
        namespace,
        config.leaseNamespace(),
        instance,
        config.releaseAfter(),
        Allocator.QUIET,
        config.batch(),
        config.parallelism(),
        MirroredLabels.ALWAYS,
        config.networkPolicies());
  }

  private static void inRange(String name, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(name + " must be 1 to " + most + ": " + value);
    }
  }

  private static Optional<String> env(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(v -> !v.isBlank());
  }

  @Produces
  @Singleton
  OperatorCore core(
      KubernetesClient client, OperatorSettings settings, MeterRegistry registry, Clock clock) {
    OperatorCore core = new OperatorCore(client, settings, registry, clock, System::nanoTime);
    HeapTrimmer trimmer =
        new HeapTrimmer(Runtime.getRuntime()::totalMemory, System::gc, System::nanoTime);
    core.listen(outcome -> trimmer.afterRun());
    core.listenToPolicies(outcome -> trimmer.afterRun());
    return core;
  }

  /** Of our informers and those of the SDK. */
  @Singleton
  static class Decoding implements KubernetesClientObjectMapperCustomizer {
    @Override
    public void customize(ObjectMapper mapper) {
      mapper.registerModule(new UnknownValueModule());
    }
  }

  /** The API server names the field manager of a creation after the user agent. */
  @Singleton
  static class UserAgent implements KubernetesConfigCustomizer {
    @Override
    public void customize(Config config) {
      config.setUserAgent(SubnetWriter.FIELD_MANAGER + "/" + version());
      config.setMaxConcurrentRequests(MOST_REQUESTS);
      config.setMaxConcurrentRequestsPerHost(MOST_REQUESTS);
    }

    private static String version() {
      return Optional.ofNullable(OperatorBeans.class.getPackage().getImplementationVersion())
          .orElse("dev");
    }
  }
}
