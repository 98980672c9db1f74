package dev.tweed.operator.app;

import dev.tweed.operator.cluster.StatusWriter;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;

/**
 * What the SDK has to know of a status that was written: by us, since an Event may go out only when
 * it was.
 */
final class StatusControl {
  private StatusControl() {}

  static <T extends HasMetadata> UpdateControl<T> of(
      StatusWriter.Result<T> result, T object, Context<T> context) {
    // Or the next reconciliation may get the object from before, and tell the same again.
    result
        .written()
        .ifPresent(
            written ->
                context
                    .eventSourceRetriever()
                    .getControllerEventSource()
                    .handleRecentResourceUpdate(ResourceID.fromResource(written), written, object));
    UpdateControl<T> control = UpdateControl.noUpdate();
    return result.rest().isPositive() ? control.rescheduleAfter(result.rest()) : control;
  }
}
