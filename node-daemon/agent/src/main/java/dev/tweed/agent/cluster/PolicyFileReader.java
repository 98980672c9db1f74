package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.TweedApi;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads FirewallPolicies from YAML or JSON, as somebody would give them to kubectl. */
public final class PolicyFileReader {

  private PolicyFileReader() {}

  /**
   * Reads one document or several.
   *
   * @throws IllegalArgumentException saying what is wrong with them
   */
  public static List<PolicyRecord> read(InputStream text) {
    List<JsonNode> documents = new ArrayList<>();
    for (Object document : load(text)) {
      add(ApiJson.mapper().valueToTree(document), documents);
    }
    if (documents.isEmpty()) {
      throw new IllegalArgumentException("there is no FirewallPolicy in it");
    }
    return documents.stream().map(PolicyFileReader::policy).toList();
  }

  private static List<Object> load(InputStream text) {
    List<Object> documents = new ArrayList<>();
    try {
      new Load(LoadSettings.builder().build()).loadAllFromInputStream(text).forEach(documents::add);
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException(
          "it cannot be read: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
    }
    return documents;
  }

  /** A document may be a List of several objects. */
  private static void add(JsonNode document, List<JsonNode> documents) {
    if (document.isNull()) {
      return;
    }
    if (!document.isObject()) {
      throw new IllegalArgumentException("it holds something that is no object");
    }
    if (document.path("items").isArray()) {
      document.path("items").forEach(item -> add(item, documents));
    } else {
      documents.add(document);
    }
  }

  private static PolicyRecord policy(JsonNode document) {
    String version = document.path("apiVersion").asText();
    String kind = document.path("kind").asText();
    if (!(TweedApi.GROUP + "/" + TweedApi.VERSION).equals(version)
        || !"FirewallPolicy".equals(kind)) {
      throw new IllegalArgumentException(
          "a %s of %s is no FirewallPolicy of %s/%s"
              .formatted(
                  SanitizedText.of(kind),
                  SanitizedText.of(version),
                  TweedApi.GROUP,
                  TweedApi.VERSION));
    }
    String name = document.path("metadata").path("name").asText();
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a FirewallPolicy lacks metadata.name");
    }
    ObjectMeta meta = new ObjectMeta(name, "", 0, "", "", Map.of());
    return new PolicyReader().of(meta, document.path("spec"), document.path("status"));
  }
}
