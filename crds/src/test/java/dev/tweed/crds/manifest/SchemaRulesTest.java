package dev.tweed.crds.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What holds for every field of every kind. */
class SchemaRulesTest {

  private static final int LAST_APPLIED_LIMIT = 262_144;

  /** A field and where it is. */
  record Field(String path, JSONSchemaProps schema) {}

  @TestFactory
  List<DynamicTest> everyFieldIsDescribed() {
    return forEachKind(
        field -> !field.path().endsWith("[]") && !field.path().endsWith("{}"),
        field -> field.schema().getDescription() != null);
  }

  @TestFactory
  List<DynamicTest> everyStringIsBounded() {
    return forEachKind(
        field -> "string".equals(field.schema().getType()),
        field -> field.schema().getMaxLength() != null || !field.schema().getEnum().isEmpty());
  }

  @TestFactory
  List<DynamicTest> everyListIsBoundedAndEveryMapToo() {
    return forEachKind(
        field ->
            field.schema().getItems() != null || field.schema().getAdditionalProperties() != null,
        field -> field.schema().getMaxItems() != null || field.schema().getMaxProperties() != null);
  }

  @TestFactory
  List<DynamicTest> everyNumberHasALowerBound() {
    return forEachKind(
        field -> "integer".equals(field.schema().getType()),
        field -> field.schema().getMinimum() != null);
  }

  @TestFactory
  List<DynamicTest> conditionsAreMergedByType() {
    return forEachKind(
        field -> field.path().endsWith("conditions"),
        field -> field.schema().getXKubernetesListMapKeys().equals(List.of("type")));
  }

  /** Whoever applies a part of a list is to know what becomes of the rest. */
  @TestFactory
  List<DynamicTest> everyListSaysHowItIsMerged() {
    return forEachKind(
        field -> field.schema().getItems() != null,
        field -> field.schema().getXKubernetesListType() != null);
  }

  /** Columns are split at blanks by whoever reads them with awk. */
  @TestFactory
  List<DynamicTest> noColumnHasABlankInItsName() {
    return ManifestGenerator.generate().entrySet().stream()
        .map(
            manifest ->
                DynamicTest.dynamicTest(
                    manifest.getKey(),
                    () ->
                        assertThat(
                                definition(manifest.getValue())
                                    .getSpec()
                                    .getVersions()
                                    .getFirst()
                                    .getAdditionalPrinterColumns())
                            .noneMatch(column -> column.getName().contains(" "))))
        .toList();
  }

  /** What a status begins with would have to be waited for where no operator runs. */
  @TestFactory
  List<DynamicTest> noStatusHasADefault() {
    return forEachKind(
        field -> field.path().startsWith(".status"), field -> field.schema().getDefault() == null);
  }

  /**
   * Argo CD compares lists as a whole: a default that the API server fills in inside an item would
   * keep every object that leaves the field out OutOfSync for ever.
   */
  @TestFactory
  List<DynamicTest> nothingInsideAListHasADefault() {
    return forEachKind(
        field -> field.path().contains("[]"), field -> field.schema().getDefault() == null);
  }

  /** {@code kubectl apply} keeps the manifest in an annotation, which has a limit. */
  @TestFactory
  List<DynamicTest> everyManifestCanBeAppliedFromTheClientSide() {
    return ManifestGenerator.generate().entrySet().stream()
        .map(
            manifest ->
                DynamicTest.dynamicTest(
                    manifest.getKey(),
                    () -> assertThat(manifest.getValue().length()).isLessThan(LAST_APPLIED_LIMIT)))
        .toList();
  }

  /** Else a kind that leaves the Application would take all its objects with it. */
  @TestFactory
  List<DynamicTest> argoCdNeitherPrunesNorDeletesAKind() {
    return ManifestGenerator.generate().entrySet().stream()
        .map(
            manifest ->
                DynamicTest.dynamicTest(
                    manifest.getKey(),
                    () ->
                        assertThat(definition(manifest.getValue()).getMetadata().getAnnotations())
                            .containsEntry(
                                "argocd.argoproj.io/sync-options", "Prune=false,Delete=false")))
        .toList();
  }

  /** Of each kind that has such fields; at least one has. */
  private static List<DynamicTest> forEachKind(Predicate<Field> chosen, Predicate<Field> rule) {
    List<DynamicTest> tests = new ArrayList<>();
    ManifestGenerator.generate()
        .forEach(
            (kind, manifest) -> {
              List<Field> fields = fields(manifest).stream().filter(chosen).toList();
              if (!fields.isEmpty()) {
                tests.add(
                    DynamicTest.dynamicTest(
                        kind,
                        () ->
                            assertThat(fields.stream().filter(rule.negate()).map(Field::path))
                                .isEmpty()));
              }
            });
    assertThat(tests).isNotEmpty();
    return tests;
  }

  private static List<Field> fields(String yaml) {
    List<Field> fields = new ArrayList<>();
    collect(
        "",
        definition(yaml).getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema(),
        fields);
    return fields;
  }

  private static CustomResourceDefinition definition(String yaml) {
    return new KubernetesSerialization().unmarshal(yaml, CustomResourceDefinition.class);
  }

  private static void collect(String path, JSONSchemaProps schema, List<Field> fields) {
    fields.add(new Field(path, schema));
    Map<String, JSONSchemaProps> properties = schema.getProperties();
    if (properties != null) {
      properties.forEach((name, child) -> collect(path + "." + name, child, fields));
    }
    if (schema.getItems() != null) {
      collect(path + "[]", schema.getItems().getSchema(), fields);
    }
    if (schema.getAdditionalProperties() != null) {
      collect(path + "{}", schema.getAdditionalProperties().getSchema(), fields);
    }
  }
}
