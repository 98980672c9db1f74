package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Patches that the operator writes, of objects that need not have more than their name: of a name
 * alone the client would read the object first.
 */
final class Patches {
  private Patches() {}

  /** A JSON merge patch. */
  static void merge(KubernetesClient client, HasMetadata object, String patch) {
    client.resource(object).patch(context(PatchType.JSON_MERGE), patch);
  }

  /**
   * Makes an object, or replaces the spec of one that exists, and labels and owners if it has any.
   * Not by apply, which leaves what a creation has said and it does not.
   */
  static <T extends HasMetadata> T put(
      KubernetesClient client, T object, Object spec, boolean exists) {
    if (!exists) {
      return client.resource(object).create();
    }
    List<Map<String, Object>> patch = new ArrayList<>();
    patch.add(add("/spec", spec));
    Map<String, String> labels = object.getMetadata().getLabels();
    if (labels != null && !labels.isEmpty()) {
      patch.add(add("/metadata/labels", labels));
    }
    List<OwnerReference> owners = object.getMetadata().getOwnerReferences();
    if (!owners.isEmpty()) {
      patch.add(add("/metadata/ownerReferences", owners));
    }
    return client
        .resource(object)
        .patch(context(PatchType.JSON), client.getKubernetesSerialization().asJson(patch));
  }

  // Of RFC 6902: replaces what is there.
  private static Map<String, Object> add(String path, Object value) {
    return Map.of("op", "add", "path", path, "value", value);
  }

  /** A server-side apply of a status. */
  static <T extends HasMetadata> T applyStatus(KubernetesClient client, T object) {
    return applyStatus(client.resource(object));
  }

  /** The same of an object whose kind the client does not know. */
  static <T extends HasMetadata> T applyStatus(Resource<T> object) {
    return object.subresource("status").patch(applying());
  }

  // Nobody else has a say in what the operator writes.
  private static PatchContext applying() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(SubnetWriter.FIELD_MANAGER)
        .withForce(true)
        .build();
  }

  /** A JSON patch or merge patch of the status. */
  static void status(KubernetesClient client, HasMetadata object, PatchType type, String patch) {
    client.resource(object).subresource("status").patch(context(type), patch);
  }

  private static PatchContext context(PatchType type) {
    return new PatchContext.Builder()
        .withPatchType(type)
        .withFieldManager(SubnetWriter.FIELD_MANAGER)
        .build();
  }
}
