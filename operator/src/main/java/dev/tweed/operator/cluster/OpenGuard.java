package dev.tweed.operator.cluster;

import dev.tweed.crds.TweedApi;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An annotation by which somebody has opened a guard.
 *
 * @param uid of the object, whose name another one may have later
 */
record OpenGuard(Class<? extends HasMetadata> kind, String name, String uid, String annotation) {

  /** Those of an object. */
  static List<OpenGuard> of(HasMetadata object) {
    Map<String, String> annotations =
        Optional.ofNullable(object.getMetadata().getAnnotations()).orElse(Map.of());
    return TweedApi.GUARD_ANNOTATIONS.stream()
        .filter(key -> "true".equals(annotations.get(key)))
        .map(
            key ->
                new OpenGuard(
                    object.getClass(),
                    object.getMetadata().getName(),
                    object.getMetadata().getUid(),
                    key))
        .toList();
  }
}
