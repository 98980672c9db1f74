package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.TweedApi;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private final OpenGuards guards;
  private final SteadyTime time;
  private Map<OpenGuard, Instant> seen = Map.of();

  GuardExpiry(KubernetesClient client, OpenGuards guards, SteadyTime time) {
    this.client = client;
    this.guards = guards;
    this.time = time;
  }

  /**
   * @param failures what went wrong
   * @param rest how long until there is something to do, if nothing else happens
   */
  record Outcome(List<String> failures, Optional<Duration> rest) {}

  /** Closes what has been open for long enough. Not for several threads. */
  Outcome close() {
    GuardExpiryPlan plan = GuardExpiryPlan.of(seen, guards.open(), time.now(), AFTER);
    seen = plan.seen();
    return new Outcome(
        plan.expired().stream().map(this::close).flatMap(Optional::stream).toList(), plan.rest());
  }

  private Optional<String> close(OpenGuard guard) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    // Refused if it is another object by now.
    metadata.put("uid", guard.uid());
    metadata.putObject("annotations").putNull(guard.annotation());
    try {
      // By an object: of a name the client would read it first.
      HasMetadata named = guard.kind() == NodeSubnet.class ? new NodeSubnet() : new PodNetwork();
      named.getMetadata().setName(guard.name());
      client
          .resource(named)
          .patch(
              new PatchContext.Builder()
                  .withPatchType(PatchType.JSON_MERGE)
                  .withFieldManager(SubnetWriter.FIELD_MANAGER)
                  .build(),
              patch.toString());
      LOG.info(
          "took {} off {} {}: it has stood for {} minutes",
          guard.annotation(),
          guard.kind().getSimpleName(),
          guard.name(),
          AFTER.toMinutes());
      return Optional.empty();
    } catch (KubernetesClientException e) {
      if (isAnother(e) || ApiFailure.of(e) == ApiFailure.GONE) {
        guards.forget(guard);
        return Optional.empty();
      }
      return switch (ApiFailure.of(e)) {
        case GONE, CONFLICT -> Optional.empty();
        case REFUSED, UNKNOWN ->
            Optional.of(
                "%s %s keeps %s: %s"
                    .formatted(
                        guard.kind().getSimpleName(),
                        guard.name(),
                        guard.annotation(),
                        ApiFailure.message(e)));
      };
    }
  }

  private static boolean isAnother(KubernetesClientException e) {
    return Optional.ofNullable(e.getStatus()).map(Status::getDetails).stream()
        .flatMap(details -> details.getCauses().stream())
        .anyMatch(cause -> "metadata.uid".equals(cause.getField()));
  }
}
