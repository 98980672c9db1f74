package dev.tweed.agent.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** Reads times of object metadata. */
final class ObjectTimes {
  private ObjectTimes() {}

  /** Creation time; an object without one sorts last, as the youngest. */
  static String created(HasMetadata object) {
    String created = object.getMetadata().getCreationTimestamp();
    return created == null ? "9999" : created;
  }
}
