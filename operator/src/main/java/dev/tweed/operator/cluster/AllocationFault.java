package dev.tweed.operator.cluster;

import dev.tweed.operator.ledger.ClaimWriter.ClaimResult.Refused;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import dev.tweed.operator.ledger.LedgerException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;

/**
 * Why nodes wait for blocks although their network has some.
 *
 * @param reason of the condition
 * @param message what is wrong, and what to type
 */
public record AllocationFault(String reason, String message) {
  static final String LEDGER_UNAVAILABLE = "LedgerUnavailable";
  static final String SUBNETS_REFUSED = "NodeSubnetsRefused";
  static final String ALLOCATION_FAILED = "AllocationFailed";

  /**
   * The ledger, or the NodeSubnets that go with it, cannot be read or written.
   *
   * @param namespace of the ledger
   */
  static AllocationFault of(RuntimeException thrown, String namespace) {
    String what = "no block is handed out or released: " + Duties.message(thrown);
    return switch (thrown) {
      case KubernetesClientException e
          when e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
              || e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED ->
          new AllocationFault(
              LEDGER_UNAVAILABLE,
              what
                  + ". Compare the operator's roles with the chart's: kubectl -n %s get role,rolebinding -o yaml"
                      .formatted(namespace));
      case KubernetesClientException e -> new AllocationFault(LEDGER_UNAVAILABLE, what + again());
      case LedgerException e ->
          new AllocationFault(
              LEDGER_UNAVAILABLE,
              what
                  + ". Look at it: kubectl -n %s get configmap %s -o yaml"
                      .formatted(namespace, ConfigMapLedgerStore.NAME));
      default ->
          new AllocationFault(
              ALLOCATION_FAILED, what + ". Look at the operator's log, and report it" + again());
    };
  }

  private static String again() {
    return "; tried again all the time";
  }

  /** The API server will not have NodeSubnets; at least one. */
  static AllocationFault refused(List<Refused> refused) {
    Refused first = refused.getFirst();
    return new AllocationFault(
        SUBNETS_REFUSED,
        "the API server refuses %s (%d in all): %s. See who does: kubectl get validatingadmissionpolicies,validatingwebhookconfigurations; kubectl get clusterrole,clusterrolebinding -l app.kubernetes.io/name=tweed"
            .formatted(first.name(), refused.size(), first.message()));
  }
}
