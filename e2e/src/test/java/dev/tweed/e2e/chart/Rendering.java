package dev.tweed.e2e.chart;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What {@code helm template} makes of the chart with some values.
 *
 * @param text the YAML, as helm printed it
 * @param objects the same, parsed
 */
record Rendering(String text, List<HasMetadata> objects) {

  /** The one value that has no default. */
  static final String REGISTRY = "image.registry=registry.example.org";

  private static final String SKIP_TESTS = "--skip-tests";

  /** With {@link #REGISTRY} and {@code --set} for each assignment; fails when helm does. */
  static Rendering of(String... assignments) {
    return parsed(attempt(assignments).text());
  }

  /** With {@link #REGISTRY}, as a release of that name. */
  static Rendering ofRelease(String name) {
    return parsed(Program.run(release(name, REGISTRY)).text());
  }

  /** With {@link #REGISTRY}, and the CRDs, which {@code helm template} leaves out otherwise. */
  static Rendering withCrds() {
    return parsed(Program.run(with(command(REGISTRY), "--include-crds")).text());
  }

  private static Rendering parsed(String text) {
    List<HasMetadata> objects =
        Arrays.stream(text.split("(?m)^---$"))
            .filter(document -> document.lines().anyMatch(line -> line.startsWith("kind:")))
            .map(document -> (HasMetadata) Serialization.unmarshal(document))
            .toList();
    return new Rendering(text, objects);
  }

  /** With {@link #REGISTRY} and what {@code helm test} runs, which is no part of the release. */
  static Rendering withTests(String... assignments) {
    List<String> command = new ArrayList<>(with(command(REGISTRY), options(assignments)));
    command.remove(SKIP_TESTS);
    return parsed(Program.run(command).text());
  }

  /** The same, as it comes. */
  static Program.Outcome attempt(String... assignments) {
    return Program.run(with(command(REGISTRY), options(assignments)));
  }

  /** The same without {@link #REGISTRY}. */
  static Program.Outcome attemptWithoutRegistry(String... assignments) {
    return Program.run(command(assignments));
  }

  /** The release that cleans nodes, with {@link #REGISTRY}. */
  static Rendering ofCleanup(String... assignments) {
    return parsed(
        Program.run(
                with(
                    release("tweed-cleanup", REGISTRY, "cleanup.enabled=true"),
                    options(assignments)))
            .text());
  }

  private static List<String> command(String... assignments) {
    return release("tweed", assignments);
  }

  private static List<String> release(String name, String... assignments) {
    return with(
        List.of(
            ChartTools.helm().toString(),
            "template",
            name,
            ChartTools.chart().toString(),
            SKIP_TESTS,
            "--namespace",
            ChartCluster.NAMESPACE),
        options(assignments));
  }

  private static String[] options(String... assignments) {
    return Arrays.stream(assignments).map("--set="::concat).toArray(String[]::new);
  }

  private static List<String> with(List<String> command, String... words) {
    List<String> longer = new ArrayList<>(command);
    longer.addAll(List.of(words));
    return longer;
  }

  /** The one object of that kind and name. */
  <T extends HasMetadata> T only(Class<T> type, String name) {
    return objects.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .filter(object -> object.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    "no %s %s among %s".formatted(type.getSimpleName(), name, names())));
  }

  /** {@code Kind/name} of everything. */
  List<String> names() {
    return objects.stream()
        .map(object -> object.getKind() + "/" + object.getMetadata().getName())
        .sorted()
        .toList();
  }
}
