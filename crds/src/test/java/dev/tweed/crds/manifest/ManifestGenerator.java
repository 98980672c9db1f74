package dev.tweed.crds.manifest;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NetworkPolicyReport;
import dev.tweed.crds.NodePolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PeerSlice;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PolicyProgram;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDGenerator.CRDOutput;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.crdv2.generator.CustomResourceInfo;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The CRD manifests, from the annotations on the records by fabric8's generator, and what that
 * generator cannot say: list-map keys (fabric8 #6668), the order of the columns, required spec,
 * formats, annotations, and descriptions of root, spec and status.
 */
final class ManifestGenerator {

  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(
          PodNetwork.class,
          NodeSubnet.class,
          FirewallPolicy.class,
          NodeReport.class,
          PolicyProgram.class,
          PeerSlice.class,
          NodePolicy.class,
          NetworkPolicyReport.class);

  /** Kinds that ask for nothing. */
  private static final Set<Class<? extends HasMetadata>> WITHOUT_SPEC =
      Set.of(NodeReport.class, NetworkPolicyReport.class);

  /** Arrays that are maps: server-side apply merges their entries by this key. */
  private static final Map<String, String> LIST_MAPS =
      Map.of(
          "spec.pools", "cidr",
          "spec.reservations", "nodeName",
          "status.pools", "cidr",
          "status.conditions", "type",
          "status.repairs", "kind",
          "status.sysctls", "name");

  /** Arrays that are sets. Where the order tells something they are not. */
  private static final List<String> LIST_SETS =
      List.of(
          "spec.allowLockout",
          "spec.mirroredNodeLabels",
          "spec.masquerade.exceptCIDRs",
          "spec.pools[].excludeCIDRs");

  /** Argo CD keeps the kinds, and with them every object, whatever becomes of the Application. */
  private static final Map<String, String> ANNOTATIONS =
      Map.of("argocd.argoproj.io/sync-options", "Prune=false,Delete=false");

  private static final Pattern BOUND = Pattern.compile("( *(?:minimum|maximum): )([0-9.E]+)");

  /**
   * What YAML 1.1, which kubectl and Helm read, takes for a boolean, and the generator does not.
   */
  private static final Pattern WORD =
      Pattern.compile("( *(?:default:|-) )((?i:on|off|yes|no|y|n))");

  private static final String HEADER =
      "# Generated from the records in crds/src/main/java; change those, then run: ./dev crds\n";

  private ManifestGenerator() {}

  /** File name to YAML, for each kind. */
  static Map<String, String> generate() {
    Map<String, ByteArrayOutputStream> raw = new TreeMap<>();
    new CRDGenerator()
        .customResourceClasses(KINDS.stream().<Class<? extends HasMetadata>>map(k -> k).toList())
        .forCRDVersions("v1")
        .withMinQuotes(true)
        .withPostProcessor(
            new CRDPostProcessor() {
              @Override
              public HasMetadata process(HasMetadata crd, String version) {
                return complete((CustomResourceDefinition) crd);
              }
            })
        .withOutput(new MemoryOutput(raw))
        .detailedGenerate();
    Map<String, String> manifests = new TreeMap<>();
    raw.forEach(
        (name, bytes) ->
            manifests.put(
                name.replaceFirst("-v1$", "") + ".yaml",
                HEADER + withoutComments(bytes.toString(StandardCharsets.UTF_8))));
    return manifests;
  }

  private static String withoutComments(String yaml) {
    return yaml.lines()
        .filter(line -> !line.startsWith("#") && !line.equals("---"))
        .map(ManifestGenerator::plainBound)
        .map(ManifestGenerator::quotedWord)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** {@code maximum: 1.6777215E7} as people write it. */
  private static String plainBound(String line) {
    Matcher bound = BOUND.matcher(line);
    return bound.matches()
        ? bound.group(1) + new BigDecimal(bound.group(2)).toBigIntegerExact()
        : line;
  }

  private static String quotedWord(String line) {
    Matcher word = WORD.matcher(line);
    return word.matches() ? word.group(1) + '"' + word.group(2) + '"' : line;
  }

  private static CustomResourceDefinition complete(CustomResourceDefinition crd) {
    Class<? extends HasMetadata> kind =
        KINDS.stream()
            .filter(k -> k.getSimpleName().equals(crd.getSpec().getNames().getKind()))
            .findFirst()
            .orElseThrow();
    crd.getMetadata().setAnnotations(ANNOTATIONS);
    CustomResourceInfo info = CustomResourceInfo.fromClass(kind);
    CustomResourceDefinitionVersion version = crd.getSpec().getVersions().getFirst();
    JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
    root.setDescription(description(kind));
    describe(root, "spec", info.specClassName().orElseThrow());
    info.statusClassName()
        .ifPresentOrElse(
            status -> describe(root, "status", status),
            // The generator writes an empty one, which would keep one in objects.
            () -> root.getProperties().remove("status"));
    if (!WITHOUT_SPEC.contains(kind)) {
      root.setRequired(List.of("spec"));
    }
    walk("", root);
    // The generator keeps the columns in a set.
    List<String> order =
        Arrays.stream(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();
    version.setAdditionalPrinterColumns(
        version.getAdditionalPrinterColumns().stream()
            .sorted((a, b) -> order.indexOf(a.getName()) - order.indexOf(b.getName()))
            .map(ManifestGenerator::withoutDefaultPriority)
            .toList());
    return crd;
  }

  /** The API server drops a zero, and Argo CD would call the CRD OutOfSync for ever. */
  private static CustomResourceColumnDefinition withoutDefaultPriority(
      CustomResourceColumnDefinition column) {
    return Integer.valueOf(0).equals(column.getPriority())
        ? new CustomResourceColumnDefinitionBuilder(column).withPriority(null).build()
        : column;
  }

  private static void describe(JSONSchemaProps root, String property, String className) {
    try {
      root.getProperties().get(property).setDescription(description(Class.forName(className)));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String description(Class<?> type) {
    return type.getAnnotation(JsonClassDescription.class).value();
  }

  private static void walk(String path, JSONSchemaProps schema) {
    if (LIST_MAPS.containsKey(path)) {
      String key = LIST_MAPS.get(path);
      schema.setXKubernetesListType("map");
      schema.setXKubernetesListMapKeys(List.of(key));
      // A key must be present; the records cannot say so where the type is shared.
      JSONSchemaProps item = schema.getItems().getSchema();
      if (!item.getRequired().contains(key)) {
        item.getRequired().add(key);
      }
    }
    if (LIST_SETS.contains(path)) {
      schema.setXKubernetesListType("set");
    }
    if (schema.getItems() != null && schema.getXKubernetesListType() == null) {
      schema.setXKubernetesListType("atomic"); // as the API server takes it, and said
    }
    if (path.endsWith(".lastTransitionTime")
        || path.endsWith(".lastTime")
        || path.endsWith(".since")) {
      schema.setFormat("date-time");
    }
    if (schema.getDefault() instanceof ObjectNode object) {
      // The defaults of the fields must be repeated here, since CEL rules are checked against a
      // default as it stands; but the records' empty lists are none a user needs to see.
      object.properties().removeIf(field -> field.getValue().isArray());
    }
    if (path.endsWith("elector")) {
      schema.setXKubernetesMapType("atomic"); // as in Kubernetes' own metav1.LabelSelector
    }
    if (schema.getProperties() != null) {
      schema
          .getProperties()
          .forEach((name, child) -> walk(path.isEmpty() ? name : path + "." + name, child));
    }
    if (schema.getItems() != null) {
      walk(path + "[]", schema.getItems().getSchema());
    }
  }

  private record MemoryOutput(Map<String, ByteArrayOutputStream> files)
      implements CRDOutput<ByteArrayOutputStream> {
    @Override
    public ByteArrayOutputStream outputFor(String name) {
      return files.computeIfAbsent(name, n -> new ByteArrayOutputStream());
    }

    @Override
    public void close() {}
  }
}
