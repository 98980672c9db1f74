package dev.tweed.operator.cluster;

import dev.tweed.operator.status.StatusPacer;
import dev.tweed.operator.status.StatusPacer.Told;
import dev.tweed.operator.status.Transition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes the statuses of one kind, each no more often than {@link StatusPacer} has it and to the
 * very object it is about, and an Event for what is new when that is written.
 */
public final class StatusWriter {
  /** By then the caches have an object that was changed. */
  private static final Duration CHANGED = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final OperatorEvents events;
  private final SteadyTime time;
  private final Runnable onFailing;
  // By UID: one that is made anew under its name has waited for nothing.
  private final Map<String, StatusPacer> pacers = new ConcurrentHashMap<>();
  private final Map<String, Instant> failing = new ConcurrentHashMap<>();

  /**
   * @param onFailing called when other statuses fail than before; must return at once
   */
  StatusWriter(
      KubernetesClient client, OperatorEvents events, SteadyTime time, Runnable onFailing) {
    this.client = client;
    this.events = events;
    this.time = time;
    this.onFailing = onFailing;
  }

  /**
   * What became of a status.
   *
   * @param written the object as the API server has it since
   * @param rest how long to wait before the next try; zero if there is no need
   */
  public record Result<T>(Optional<T> written, Duration rest) {}

  /** Forgets all objects but these. */
  public void retain(Set<String> uids) {
    pacers.keySet().retainAll(uids);
    if (failing.keySet().retainAll(uids)) {
      onFailing.run();
    }
  }

  /** Since when, in {@link SteadyTime}, some status could not be written. */
  Optional<Instant> failingSince() {
    return failing.values().stream().min(Comparator.naturalOrder());
  }

  /** Notes that the status of an object is as it should be. */
  public void agrees(HasMetadata object) {
    String uid = object.getMetadata().getUid();
    pacers.computeIfPresent(uid, (u, pacer) -> pacer.agrees());
    works(uid); // by a write that had no answer, or since there is nothing to write any more
  }

  private void works(String uid) {
    if (failing.remove(uid) != null) {
      onFailing.run();
    }
  }

  /**
   * Writes a status, unless it may wait. Not for several threads with the same object.
   *
   * @param object as it is known
   * @param patch an object that has nothing but the status; its name and version are set
   * @param news what to tell when it is written
   * @throws KubernetesClientException when it could not be written; nothing was told
   */
  public <T extends HasMetadata> Result<T> write(
      T object, Told before, Told status, T patch, List<Transition> news) {
    String uid = object.getMetadata().getUid();
    Instant now = time.now();
    StatusPacer pacer = pacers.getOrDefault(uid, StatusPacer.START).differs(now);
    pacers.put(uid, pacer);
    Duration wait = pacer.wait(before, status, now);
    if (wait.isPositive()) {
      return new Result<>(Optional.empty(), wait);
    }
    Optional<T> written;
    try {
      written = apply(object, patch);
    } catch (KubernetesClientException e) {
      failing.putIfAbsent(uid, now);
      onFailing.run();
      throw e;
    }
    works(uid);
    if (written.isEmpty()) {
      return new Result<>(written, CHANGED);
    }
    pacers.put(uid, pacer.wrote(before, status, now));
    for (Transition t : news) {
      events.about(
          object,
          t.warning() ? OperatorEvents.Type.Warning : OperatorEvents.Type.Normal,
          t.reason(),
          t.action(),
          t.note());
    }
    return new Result<>(written, Duration.ZERO);
  }

  // Server-side apply owns what it sends, so only the status goes; and the version that was looked
  // at, since apply takes no UID for a condition.
  private <T extends HasMetadata> Optional<T> apply(T object, T patch) {
    patch.getMetadata().setName(object.getMetadata().getName());
    patch.getMetadata().setResourceVersion(object.getMetadata().getResourceVersion());
    try {
      return Optional.of(
          client
              .resource(patch)
              .subresource("status")
              .patch(
                  new PatchContext.Builder()
                      .withPatchType(PatchType.SERVER_SIDE_APPLY)
                      .withFieldManager(SubnetWriter.FIELD_MANAGER)
                      .withForce(true)
                      .build()));
    } catch (KubernetesClientException e) {
      return switch (ApiFailure.of(e)) {
        // It is gone, another one, or was changed since.
        case GONE, CONFLICT -> Optional.empty();
        case REFUSED, UNKNOWN -> throw e;
      };
    }
  }
}
