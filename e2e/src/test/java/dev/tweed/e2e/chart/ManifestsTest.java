package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The plain manifests are the chart, rendered. */
@Tag("api-server")
class ManifestsTest {

  @TempDir Path directory;

  /** Until somebody has put a registry there, nobody can answer for it. */
  @ParameterizedTest
  @ValueSource(strings = {"tweed.yaml", "cleanup.yaml"})
  void imagesAreNowhere(String file) throws Exception {
    String manifests = Files.readString(ChartTools.chart().resolve("manifests").resolve(file));

    assertThat(manifests.lines().map(String::strip).filter(line -> line.startsWith("image:")))
        .isNotEmpty()
        .allMatch(line -> line.startsWith("image: registry.invalid/"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tweed.yaml", "cleanup.yaml"})
  void committedManifestsAreWhatTheChartRenders(String file) throws Exception {
    Path manifests = ChartTools.chart().resolve("manifests");

    Program.run(
            List.of(manifests.resolve("generate.sh").toString(), directory.toString()),
            Map.of("HELM", ChartTools.helm().toString()),
            "")
        .text();

    assertThat(Files.readString(manifests.resolve(file)))
        .as("out of date: run ./dev manifests")
        .isEqualTo(Files.readString(directory.resolve(file)));
  }
}
