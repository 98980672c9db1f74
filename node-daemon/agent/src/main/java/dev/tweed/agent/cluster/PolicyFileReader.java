package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.TweedApi;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;

/** Reads FirewallPolicies from YAML or JSON, as somebody would give them to kubectl. */
public final class PolicyFileReader {

  private static final KubernetesSerialization SERIALIZATION =
      new KubernetesSerialization(new ObjectMapper(), false);

  private PolicyFileReader() {}

  /**
   * Reads one document or several.
   *
   * @throws IllegalArgumentException saying what is wrong with them
   */
  public static List<PolicyRecord> read(InputStream text) {
    PolicyParser parser =
        new PolicyParser(spec -> SERIALIZATION.convertValue(spec, FirewallPolicySpec.class));
    return documents(text).stream().map(document -> policy(parser, document)).toList();
  }

  private static List<GenericKubernetesResource> documents(InputStream text) {
    Object read;
    try {
      read = SERIALIZATION.unmarshal(text, new Generic());
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("it cannot be read: " + reason(e), e);
    }
    List<GenericKubernetesResource> documents = new ArrayList<>();
    add(read, documents);
    if (documents.isEmpty()) {
      throw new IllegalArgumentException("there is no FirewallPolicy in it");
    }
    return documents;
  }

  /** Several documents come as a list; one may be a List of its own. */
  private static void add(Object read, List<GenericKubernetesResource> documents) {
    switch (read) {
      case null -> {}
      case List<?> several -> several.forEach(each -> add(each, documents));
      case GenericKubernetesResource list
          when list.getAdditionalProperties().get("items") instanceof List<?> items ->
          items.forEach(
              item ->
                  add(
                      SERIALIZATION.convertValue(item, GenericKubernetesResource.class),
                      documents));
      case GenericKubernetesResource one -> documents.add(one);
      default -> throw new IllegalArgumentException("it holds something that is no object");
    }
  }

  private static PolicyRecord policy(PolicyParser parser, GenericKubernetesResource document) {
    if (!(TweedApi.GROUP + "/" + TweedApi.VERSION).equals(document.getApiVersion())
        || !"FirewallPolicy".equals(document.getKind())) {
      throw new IllegalArgumentException(
          "a %s of %s is no FirewallPolicy of %s/%s"
              .formatted(
                  Quoted.of(String.valueOf(document.getKind())),
                  Quoted.of(String.valueOf(document.getApiVersion())),
                  TweedApi.GROUP,
                  TweedApi.VERSION));
    }
    if (document.getMetadata() == null || document.getMetadata().getName() == null) {
      throw new IllegalArgumentException("a FirewallPolicy lacks metadata.name");
    }
    return parser.parse(document);
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    // Jackson's words are about Java's types.
    return cause instanceof JsonMappingException
        ? "a field of an object holds another sort of value than it should"
        : String.valueOf(cause.getMessage()).lines().findFirst().orElse("").strip();
  }

  private static final class Generic extends TypeReference<Object> {
    @Override
    public Type getType() {
      return GenericKubernetesResource.class;
    }
  }
}
