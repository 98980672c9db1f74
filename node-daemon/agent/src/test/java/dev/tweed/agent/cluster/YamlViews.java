package dev.tweed.agent.cluster;

import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cluster views from YAML documents, as the objects would come from the API. */
public final class YamlViews {

  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private YamlViews() {}

  /** PodNetworks, NodeSubnets, FirewallPolicies and at most one Node, which is this one. */
  public static ClusterView read(String documents) {
    List<NetworkRecord> networks = new ArrayList<>();
    List<SubnetRecord> subnets = new ArrayList<>();
    List<PolicyRecord> policies = new ArrayList<>();
    Optional<NodeRecord> node = Optional.empty();
    for (String document : documents.split("(?m)^---$")) {
      if (document.isBlank()) {
        continue;
      }
      GenericKubernetesResource object = YAML.unmarshal(document, GenericKubernetesResource.class);
      switch (object.getKind()) {
        case "PodNetwork" ->
            networks.add(NetworkRecord.of(YAML.unmarshal(document, PodNetwork.class)));
        case "NodeSubnet" ->
            subnets.add(new SubnetParser("n1").parse(YAML.unmarshal(document, NodeSubnet.class)));
        case "FirewallPolicy" -> policies.add(policy(object));
        case "Node" -> node = Optional.of(NodeRecord.of(object));
        default -> throw new IllegalArgumentException(object.getKind());
      }
    }
    return new ClusterView(true, networks, subnets, policies, node);
  }

  /** One policy as it would be watched. */
  public static PolicyRecord policy(String document) {
    return policy(YAML.unmarshal(document, GenericKubernetesResource.class));
  }

  private static PolicyRecord policy(GenericKubernetesResource object) {
    return new PolicyParser(spec -> YAML.convertValue(spec, FirewallPolicySpec.class))
        .parse(object);
  }
}
