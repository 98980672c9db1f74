package dev.tweed.operator.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tweed.crds.Condition;
import dev.tweed.crds.NetworkPolicyReport;
import dev.tweed.crds.NetworkPolicyReportSpec;
import dev.tweed.crds.NetworkPolicyReportStatus;
import dev.tweed.operator.networkpolicy.Enforcement;
import dev.tweed.operator.networkpolicy.PolicyOutlook;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes how far policies are in force: NetworkPolicyReports, ClusterNetworkPolicies' conditions.
 */
final class EnforcementWriter {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final KubernetesClient client;
  private final NetworkPolicyWatches watches;

  EnforcementWriter(KubernetesClient client, NetworkPolicyWatches watches) {
    this.client = client;
    this.watches = watches;
  }

  /**
   * Writes the report beside a NetworkPolicy, and makes it where there is none of this policy.
   *
   * @param exists whether there is one
   */
  void report(PolicyOutlook policy, NetworkPolicyReportStatus status, boolean exists) {
    if (!exists) {
      NetworkPolicyReport object = named(policy);
      object
          .getMetadata()
          .setOwnerReferences(
              List.of(
                  new OwnerReferenceBuilder()
                      .withApiVersion("networking.k8s.io/v1")
                      .withKind("NetworkPolicy")
                      .withName(policy.name())
                      .withUid(policy.uid())
                      .build()));
      object.setSpec(new NetworkPolicyReportSpec());
      client.resource(object).create();
    }
    NetworkPolicyReport object = named(policy);
    object.setStatus(status);
    watches.reports().written(Patches.applyStatus(client, object));
  }

  private static NetworkPolicyReport named(PolicyOutlook policy) {
    NetworkPolicyReport object = new NetworkPolicyReport();
    object.getMetadata().setNamespace(policy.namespace().orElseThrow());
    object.getMetadata().setName(policy.name());
    return object;
  }

  /** Deletes a report whose policy is gone. */
  void deleteReport(String key) {
    int slash = key.indexOf('/');
    try {
      client
          .resources(NetworkPolicyReport.class)
          .inNamespace(key.substring(0, slash))
          .withName(key.substring(slash + 1))
          .delete();
    } catch (KubernetesClientException e) {
      if (ApiFailure.of(e) != ApiFailure.GONE) {
        throw e;
      }
    }
    watches.reports().deleted(key);
  }

  /** What a ClusterNetworkPolicy says of its enforcement. */
  Optional<Condition> condition(String name, String version) {
    GenericKubernetesResource policy =
        client
            .genericKubernetesResources(NetworkPolicyWatches.context(version))
            .withName(name)
            .get();
    Object conditions = policy == null ? null : policy.get("status", "conditions");
    return conditions instanceof List<?> list
        ? list.stream()
            .map(c -> JSON.convertValue(c, Condition.class))
            .filter(c -> Enforcement.ENFORCED.equals(c.type()))
            .findFirst()
        : Optional.empty();
  }

  /** Writes a condition of a ClusterNetworkPolicy; others there stay. */
  void condition(String name, String version, Condition condition) {
    GenericKubernetesResource object = new GenericKubernetesResource();
    object.setApiVersion(NetworkPolicyWatches.POLICY_GROUP + "/" + version);
    object.setKind("ClusterNetworkPolicy");
    object.setMetadata(new ObjectMetaBuilder().withName(name).build());
    object.setAdditionalProperty(
        "status", Map.of("conditions", List.of(JSON.convertValue(condition, Map.class))));
    Patches.applyStatus(
        client.genericKubernetesResources(NetworkPolicyWatches.context(version)).resource(object));
  }
}
