package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.TweedApi;
import dev.tweed.operator.allocation.AllocationPlan.Amendment;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.ClaimWriter;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Creates, changes and deletes NodeSubnets. */
public final class SubnetWriter implements ClaimWriter {
  /** Field manager of everything the operator writes; creations have it from the user agent. */
  public static final String FIELD_MANAGER = "tweed-operator";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final KubernetesClient client;
  private final BoundedCalls calls;

  SubnetWriter(KubernetesClient client, BoundedCalls calls) {
    this.client = client;
    this.calls = calls;
  }

  @Override
  public List<SubnetFacts> listLatest() {
    // No resourceVersion in the request: the API server answers from a state at least as new as
    // now.
    return client.resources(NodeSubnet.class).list().getItems().stream()
        .filter(s -> s.getSpec() != null)
        .map(Facts::of)
        .toList();
  }

  @Override
  public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
    return calls.all(claims, claim -> create(claim, mayStart));
  }

  private ClaimResult create(NodeSubnet claim, BooleanSupplier mayStart) {
    String name = claim.getMetadata().getName();
    if (!mayStart.getAsBoolean()) {
      return new ClaimResult.Unknown(name, "out of time");
    }
    try {
      return new ClaimResult.Created(Facts.of(client.resource(claim).create()));
    } catch (KubernetesClientException e) {
      return switch (ApiFailure.of(e)) {
        case CONFLICT -> new ClaimResult.Exists(name);
        case GONE, REFUSED -> new ClaimResult.Refused(name, ApiFailure.message(e));
        case UNKNOWN -> new ClaimResult.Unknown(name, ApiFailure.message(e));
      };
    }
  }

  /**
   * Changes NodeSubnets in place, each only if it is still as planned.
   *
   * @return what went wrong; a conflict is not wrong, its event brings the next run
   */
  List<String> amend(List<Amendment> amendments) {
    return calls.all(amendments, this::amend).stream().flatMap(Optional::stream).toList();
  }

  private Optional<String> amend(Amendment amendment) {
    try {
      client
          .resources(NodeSubnet.class)
          .withName(amendment.subnet().name())
          .patch(
              new PatchContext.Builder()
                  .withPatchType(PatchType.JSON_MERGE)
                  .withFieldManager(FIELD_MANAGER)
                  .build(),
              patch(amendment));
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return switch (ApiFailure.of(e)) {
        case GONE, CONFLICT -> Optional.empty();
        case REFUSED, UNKNOWN ->
            Optional.of("NodeSubnet " + amendment.subnet().name() + ": " + ApiFailure.message(e));
      };
    }
  }

  static String patch(Amendment amendment) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.put("resourceVersion", amendment.subnet().version());
    if (!amendment.goneSince().equals(amendment.subnet().goneSince())) {
      ObjectNode annotations = metadata.putObject("annotations");
      amendment
          .goneSince()
          .ifPresentOrElse(
              since -> annotations.put(TweedApi.NODE_GONE_SINCE, since.toString()),
              () -> annotations.putNull(TweedApi.NODE_GONE_SINCE));
    }
    if (!amendment.setLabels().isEmpty() || !amendment.removeLabels().isEmpty()) {
      ObjectNode labels = metadata.putObject("labels");
      amendment.setLabels().forEach(labels::put);
      amendment.removeLabels().forEach(labels::putNull);
    }
    if (!amendment.spec().equals(amendment.subnet().spec())) {
      patch.set("spec", JSON.valueToTree(amendment.spec()));
    }
    return patch.toString();
  }

  /**
   * Deletes a NodeSubnet if it is still the version that was judged.
   *
   * @return whether it is gone by this call
   */
  boolean delete(SubnetFacts subnet) {
    try {
      client
          .resources(NodeSubnet.class)
          .withName(subnet.name())
          .lockResourceVersion(subnet.version())
          .delete();
      return true;
    } catch (KubernetesClientException e) {
      return switch (ApiFailure.of(e)) {
        case GONE, CONFLICT -> false;
        case REFUSED, UNKNOWN -> throw e;
      };
    }
  }
}
