package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.TweedApi;
import dev.tweed.operator.cluster.BoundedCalls.Written;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the annotations that open a guard ({@link TweedApi#GUARD_ANNOTATIONS}) off PodNetworks and
 * NodeSubnets, a while after this process saw them first: admission policies have no clock.
 */
final class GuardExpiry {
  private static final Logger LOG = LoggerFactory.getLogger(GuardExpiry.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** How long a guard may be open. */
  static final Duration AFTER = Duration.ofMinutes(10);

  private final KubernetesClient client;
  private final BoundedCalls calls;
  private final Supplier<Set<OpenGuard>> open;
  private final Duration releaseAfter;
  private final SteadyTime time;
  private Map<OpenGuard, Instant> seen = Map.of();

  /**
   * @param open guards that are open, as far as is known
   * @param releaseAfter how long blocks stay reserved; who agrees to their release agrees to what
   *     happens only then
   */
  GuardExpiry(
      KubernetesClient client,
      BoundedCalls calls,
      Supplier<Set<OpenGuard>> open,
      Duration releaseAfter,
      SteadyTime time) {
    this.client = client;
    this.calls = calls;
    this.open = open;
    this.releaseAfter = releaseAfter;
    this.time = time;
  }

  /**
   * @param closed what came of those that were due
   * @param rest how long until there is something to do, if nothing else happens
   */
  record Outcome(Written closed, Optional<Duration> rest) {}

  /** Closes what has been open for long enough. Not for several threads. */
  Outcome close() {
    GuardExpiryPlan plan = GuardExpiryPlan.of(seen, open.get(), time.now(), this::after);
    seen = plan.seen();
    Written closed =
        calls.each(
            plan.expired(),
            guard ->
                "%s %s keeps %s"
                    .formatted(guard.kind().getSimpleName(), guard.name(), guard.annotation()),
            this::close);
    return new Outcome(closed, plan.rest());
  }

  private Duration after(OpenGuard guard) {
    return guard.annotation().equals(TweedApi.RELEASE_BLOCKS) ? releaseAfter.plus(AFTER) : AFTER;
  }

  private void close(OpenGuard guard) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    // Refused if it is another object by now.
    metadata.put("uid", guard.uid());
    metadata.putObject("annotations").putNull(guard.annotation());
    try {
      HasMetadata named = guard.kind() == NodeSubnet.class ? new NodeSubnet() : new PodNetwork();
      named.getMetadata().setName(guard.name());
      Patches.merge(client, named, patch.toString());
      LOG.info(
          "took {} off {} {}: it has stood for {} minutes",
          guard.annotation(),
          guard.kind().getSimpleName(),
          guard.name(),
          after(guard).toMinutes());
    } catch (KubernetesClientException e) {
      if (!isAnother(e)) {
        throw e;
      }
    }
  }

  private static boolean isAnother(KubernetesClientException e) {
    return Optional.ofNullable(e.getStatus()).map(Status::getDetails).stream()
        .flatMap(details -> details.getCauses().stream())
        .anyMatch(cause -> "metadata.uid".equals(cause.getField()));
  }
}
