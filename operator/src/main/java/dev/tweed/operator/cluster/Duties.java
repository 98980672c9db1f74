package dev.tweed.operator.cluster;

import dev.tweed.operator.cluster.Duty.Failure;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does one thing after the other. What one of them throws is noted, and keeps no other from it. */
final class Duties {
  private static final Logger LOG = LoggerFactory.getLogger(Duties.class);

  private final List<Failure> failures = new ArrayList<>();

  /**
   * Does one thing now.
   *
   * @param work gives what went wrong of it, in words
   * @return what it threw
   */
  Optional<RuntimeException> attempt(Duty duty, Supplier<List<String>> work) {
    try {
      work.get().forEach(message -> failures.add(new Failure(duty, message)));
      return Optional.empty();
    } catch (RuntimeException e) {
      LOG.debug("{} failed", duty.label(), e);
      failures.add(new Failure(duty, message(e)));
      return Optional.of(e);
    }
  }

  /** What went wrong so far, in order. */
  List<Failure> failures() {
    return List.copyOf(failures);
  }

  /** Of what was thrown, in one line. */
  static String message(Throwable thrown) {
    if (thrown instanceof KubernetesClientException e) {
      return ApiFailure.message(e);
    }
    return thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
  }
}
