package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiObject;
import dev.tweed.agent.api.ObjectReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Cluster views from YAML documents, as the objects would come from the API. */
public final class YamlViews {

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
      JsonNode object = tree(document);
      switch (object.path("kind").asText()) {
        case "PodNetwork" -> networks.add(read(object, new NetworkReader()));
        case "NodeSubnet" -> subnets.add(read(object, new SubnetReader("n1")));
        case "FirewallPolicy" -> policies.add(read(object, new PolicyReader()));
        case "Node" -> node = Optional.of(read(object, new NodeReader()));
        default -> throw new IllegalArgumentException(document);
      }
    }
    return new ClusterView(true, networks, subnets, policies, node);
  }

  /** One policy as it would be watched. */
  public static PolicyRecord policy(String document) {
    return read(document, new PolicyReader());
  }

  static <R> R read(String document, ObjectReader<R> reader) {
    return read(tree(document), reader);
  }

  private static <R> R read(JsonNode object, ObjectReader<R> reader) {
    try {
      JsonParser json = ApiJson.mapper().getFactory().createParser(object.toString());
      json.nextToken();
      return ApiObject.read(json, reader).record();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode tree(String document) {
    return ApiJson.mapper()
        .valueToTree(new Load(LoadSettings.builder().build()).loadFromString(document));
  }
}
