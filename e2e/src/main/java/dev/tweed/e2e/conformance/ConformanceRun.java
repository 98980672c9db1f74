package dev.tweed.e2e.conformance;

import dev.tweed.e2e.bed.BedSettings;
import dev.tweed.e2e.bed.ClusterDns;
import dev.tweed.e2e.bed.ClusterPlan;
import dev.tweed.e2e.bed.Evidence;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.TestCluster;
import dev.tweed.e2e.conformance.CaseResult.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Runs suites of others against a cluster with Tweed that exists for that only, and writes what
 * became of them into {@code docs/conformance.md}.
 */
public final class ConformanceRun {
  private final BedSettings settings;
  private final Clock clock;
  private final Consumer<String> progress;

  private ConformanceRun(BedSettings settings, Clock clock, Consumer<String> progress) {
    this.settings = settings;
    this.clock = clock;
    this.progress = progress;
  }

  /**
   * Runs some suites, or without a word all of them, one after the other on one cluster. Of {@code
   * SUITE:CHOICE} only the chosen cases run, and are told, not written down.
   *
   * @param words of the command line
   * @param progress told what happens, a line at a time
   * @return the exit code: whether every case of every suite passed
   */
  public static int run(List<String> words, Clock clock, Consumer<String> progress) {
    List<Asked> suites = new ArrayList<>();
    for (String word : words) {
      String[] parts = word.split(":", 2);
      Optional<Suite> suite = Suite.of(parts[0]);
      if (suite.isEmpty()) {
        System.err.printf(
            "conformance: there is no suite '%s'; say some of: %s%n",
            parts[0],
            Arrays.stream(Suite.values()).map(Suite::word).collect(Collectors.joining(" ")));
        return 64;
      }
      suites.add(
          new Asked(suite.get(), parts.length > 1 ? Optional.of(parts[1]) : Optional.empty()));
    }
    return new ConformanceRun(BedSettings.fromSystemProperties(), clock, progress)
            .run(suites.isEmpty() ? Asked.everything() : suites)
        ? 0
        : 1;
  }

  /** What somebody wants to see. */
  private record Asked(Suite suite, Optional<String> choice) {
    static List<Asked> everything() {
      return Arrays.stream(Suite.values()).map(s -> new Asked(s, Optional.empty())).toList();
    }
  }

  private boolean run(List<Asked> suites) {
    progress.accept("Starting a control plane, which is a node, and three more nodes");
    try (TestCluster cluster = TestCluster.start(settings, ClusterPlan.conformance(settings))) {
      Installation tweed = new Installation(cluster, /* fastPath= */ true);
      tweed.helmInstall("");
      tweed.apply(Installation.podNetwork("default", "10.244.0.0/16"));
      tweed.awaitReady(Duration.ofSeconds(120));
      tweed.awaitFastPath("On", Duration.ofSeconds(60));
      ClusterDns.start(cluster);
      SuiteRunner runner = new SuiteRunner(cluster, clock);
      runner.importImage();
      runner.installKind(tweed);
      // Cases of topology want three zones.
      cluster
          .nodes()
          .forEach(
              n ->
                  cluster
                      .kubectl(
                          "label", "node", n.name(), "topology.kubernetes.io/zone=zone-" + n.name())
                      .text());
      boolean passed = true;
      for (Asked asked : suites) {
        progress.accept(
            "Suite %s; what it says: %s"
                .formatted(asked.suite().word(), runner.log(asked.suite())));
        SuiteResult result = runner.run(asked.suite(), asked.choice(), /* few= */ false);
        tell(result);
        if (asked.choice().isEmpty()) {
          write(result);
        }
        passed &= result.passed();
      }
      if (!passed) {
        new Evidence(cluster).writeTo(runner.work().resolve("evidence"));
      }
      return passed;
    }
  }

  private void tell(SuiteResult result) {
    result
        .with(Outcome.FAILED)
        .forEach(c -> progress.accept("Failed: %s: %s".formatted(c.name(), c.reason())));
    progress.accept(
        "Suite %s: %d passed, %d failed, %d skipped"
            .formatted(
                result.suite().word(),
                result.with(Outcome.PASSED).size(),
                result.with(Outcome.FAILED).size(),
                result.with(Outcome.SKIPPED).size()));
  }

  private void write(SuiteResult result) {
    Path document = settings.chart().resolveSibling("docs").resolve("conformance.md");
    try {
      Files.writeString(document, ConformanceRenderer.replace(SuiteRunner.read(document), result));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
