package dev.tweed.crds.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The committed CRDs are those the records ask for. With {@code -Dtweed.crds.write=true} they are
 * written first.
 */
class ManifestDriftTest {

  private static final String COMMAND =
      "the records and the committed CRDs differ; run: ./dev crds (or: mvn -pl crds test"
          + " -Dtest=ManifestDriftTest -Dtweed.crds.write=true) and commit what it changes";

  private static final Path REPOSITORY = Path.of(System.getProperty("tweed.repository"));

  /** The chart has copies, because helm packs nothing from outside the chart's directory. */
  static List<Path> directories() {
    return List.of(REPOSITORY.resolve("crds/manifests"), REPOSITORY.resolve("helm/crds"));
  }

  @BeforeAll
  static void write() throws IOException {
    writeTo(REPOSITORY.resolve("crds/target/crds"));
    if (Boolean.getBoolean("tweed.crds.write")) {
      for (Path directory : directories()) {
        writeTo(directory);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("directories")
  void theCommittedManifestsAreTheGeneratedOnes(Path directory) throws IOException {
    assertThat(yamlFiles(directory)).as(COMMAND).isEqualTo(ManifestGenerator.generate());
  }

  private static void writeTo(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, String> manifest : ManifestGenerator.generate().entrySet()) {
      Files.writeString(directory.resolve(manifest.getKey()), manifest.getValue());
    }
  }

  private static Map<String, String> yamlFiles(Path directory) throws IOException {
    Map<String, String> files = new TreeMap<>();
    if (!Files.isDirectory(directory)) {
      return files;
    }
    try (Stream<Path> list = Files.list(directory)) {
      for (Path file : list.filter(f -> f.toString().endsWith(".yaml")).toList()) {
        files.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return files;
  }
}
