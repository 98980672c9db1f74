package dev.tweed.operator.cluster;

import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.policy.PolicyNames;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** What people, kubelets and daemons write of network policies. */
final class NetworkPolicyObjects {
  private NetworkPolicyObjects() {}

  static void namespace(KubernetesClient client, String name) {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .serverSideApply();
    // No controller makes it.
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(name)
                .endMetadata()
                .build())
        .serverSideApply();
  }

  static void pod(
      KubernetesClient client,
      String namespace,
      String name,
      String app,
      String node,
      String address) {
    Pod pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .withNamespace(namespace)
                    .withLabels(Map.of("app", app))
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(node)
                    .withAutomountServiceAccountToken(false)
                    .addNewContainer()
                    .withName("c")
                    .withImage("none")
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    client
        .resource(
            new PodBuilder(pod)
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(address)
                .addNewPodIP()
                .withIp(address)
                .endPodIP()
                .endStatus()
                .build())
        .updateStatus();
  }

  /** Pods of an app may be reached from those of another, and from nobody else. */
  static NetworkPolicy policy(
      KubernetesClient client, String namespace, String name, String app, String from) {
    return client
        .resource(
            client
                .getKubernetesSerialization()
                .unmarshal(
                    """
                    apiVersion: networking.k8s.io/v1
                    kind: NetworkPolicy
                    metadata: {name: %s, namespace: %s}
                    spec:
                      podSelector: {matchLabels: {app: %s}}
                      ingress: [{from: [{podSelector: {matchLabels: {app: %s}}}]}]
                    """
                        .formatted(name, namespace, app, from),
                    NetworkPolicy.class))
        .create();
  }

  /** A ClusterNetworkPolicy that denies everything from pods. */
  static GenericKubernetesResource denyAll(KubernetesClient client, String name) {
    return denyAll(client, name, "Admin");
  }

  static GenericKubernetesResource denyAll(KubernetesClient client, String name, String tier) {
    return clusterPolicies(client)
        .resource(
            client
                .getKubernetesSerialization()
                .unmarshal(
                    """
                    apiVersion: policy.networking.k8s.io/v1beta1
                    kind: ClusterNetworkPolicy
                    metadata: {name: %s}
                    spec:
                      tier: %s
                      priority: 1
                      subject: {namespaces: {}}
                      ingress: [{action: Deny, from: [{namespaces: {}}]}]
                    """
                        .formatted(name, tier),
                    GenericKubernetesResource.class))
        .create();
  }

  static MixedOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      clusterPolicies(KubernetesClient client) {
    return client.genericKubernetesResources(NetworkPolicyWatches.context("v1beta1"));
  }

  /** The kind, without a schema. */
  static void clusterNetworkPolicyKind(KubernetesClient client) {
    client
        .load(
            new ByteArrayInputStream(
                """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata:
                  name: clusternetworkpolicies.policy.networking.k8s.io
                  annotations: {api-approved.kubernetes.io: "unapproved, of a test"}
                spec:
                  group: policy.networking.k8s.io
                  names: {kind: ClusterNetworkPolicy, plural: clusternetworkpolicies, singular: clusternetworkpolicy}
                  scope: Cluster
                  versions:
                    - name: v1beta1
                      served: true
                      storage: true
                      subresources: {status: {}}
                      schema:
                        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
                """
                    .getBytes(StandardCharsets.UTF_8)))
        .items()
        .forEach(o -> client.resource(o).serverSideApply());
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.getApiResources("policy.networking.k8s.io/v1beta1") != null);
  }

  /** Says what a node's daemon says when a policy is in its kernel. */
  static void enforces(
      KubernetesClient client, String node, HasMetadata policy, long generation, long dropped) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.resources(NodePolicy.class).withName(node).get() != null);
    client
        .resources(NodePolicy.class)
        .withName(node)
        .editStatus(
            n -> {
              n.setStatus(
                  new NodePolicyStatus(
                      n.getMetadata().getGeneration(),
                      List.of(),
                      1,
                      0,
                      dropped,
                      List.of(
                          new NodePolicyStatus.ProgramState(
                              PolicyNames.program(policy.getMetadata().getUid()),
                              generation,
                              1,
                              dropped)),
                      List.of()));
              return n;
            });
  }
}
