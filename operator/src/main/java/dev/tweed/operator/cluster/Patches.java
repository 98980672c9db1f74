package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

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

  /** One of the status. */
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
