package dev.tweed.e2e.conformance;

import dev.tweed.e2e.bed.BedException;
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
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Runs suites of others against a cluster with Tweed that exists for that only, and writes what
 * became of them into {@code docs/conformance.md}.
 */
public final class ConformanceRun {
  private static final Duration LIMIT = Duration.ofHours(4);
  private static final int PROCESSES = 4;

  private final BedSettings settings;
  private final Clock clock;
  private final Consumer<String> progress;
  private final Path programs;
  private final String commit;

  private ConformanceRun(BedSettings settings, Clock clock, Consumer<String> progress) {
    this.settings = settings;
    this.clock = clock;
    this.progress = progress;
    this.programs =
        settings
            .conformance()
            .orElseThrow(() -> new BedException("tweed.conformance is not set; run this by ./dev"));
    this.commit = System.getProperty("tweed.commit", "unknown");
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
      Installation tweed = new Installation(cluster);
      tweed.helmInstall("");
      tweed.apply(Installation.podNetwork("default", "10.244.0.0/16"));
      tweed.awaitReady(Duration.ofSeconds(120));
      ClusterDns.start(cluster);
      cluster.nodes().forEach(n -> n.exec("bed-import", TestCluster.SUITES_IMAGE).text());
      // Cases of topology want three zones.
      cluster
          .nodes()
          .forEach(
              n ->
                  cluster
                      .kubectl(
                          "label", "node", n.name(), "topology.kubernetes.io/zone=zone-" + n.name())
                      .text());
      // Its suite does not bring the kind.
      tweed.apply(read(programs.resolve("cnp-crd.yaml")), "--server-side", "--force-conflicts");
      boolean passed = true;
      for (Asked asked : suites) {
        SuiteResult result = run(cluster, asked.suite(), asked.choice());
        tell(result);
        if (asked.choice().isEmpty()) {
          write(result);
        }
        passed &= result.passed();
      }
      if (!passed) {
        new Evidence(cluster).writeTo(work().resolve("evidence"));
      }
      return passed;
    }
  }

  private SuiteResult run(TestCluster cluster, Suite suite, Optional<String> choice) {
    progress.accept("Suite %s; what it says: %s".formatted(suite.word(), log(suite)));
    Place place =
        new Place(
            programs,
            work(),
            cluster.kubeconfig(),
            settings.kubectl(),
            commit,
            choice,
            cluster.nodes().size(),
            PROCESSES,
            read(Path.of("/proc/net/protocols")).contains("SCTP"));
    Instant began = clock.instant();
    try {
      Files.createDirectories(work());
      Files.deleteIfExists(place.junit(suite));
      ProcessBuilder builder =
          new ProcessBuilder(suite.command(place))
              .directory(work().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log(suite).toFile());
      builder.environment().putAll(Map.of("KUBECONFIG", cluster.kubeconfig().toString()));
      Process process = builder.start();
      if (!process.waitFor(LIMIT.toMinutes(), TimeUnit.MINUTES)) {
        process.destroy();
        throw new BedException(suite.word() + ": not finished after " + LIMIT);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BedException(suite.word() + ": interrupted", e);
    }
    Optional<String> junit =
        Optional.of(place.junit(suite)).filter(Files::exists).map(ConformanceRun::read);
    List<CaseResult> cases = suite.read(read(log(suite)), junit);
    if (cases.isEmpty()) {
      throw new BedException(suite.word() + ": no case has run; see " + log(suite));
    }
    return new SuiteResult(
        suite, LocalDate.now(clock), commit, Duration.between(began, clock.instant()), cases);
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
      Files.writeString(document, ConformanceRenderer.replace(read(document), result));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path work() {
    return settings.workDirectory().resolve("conformance");
  }

  private Path log(Suite suite) {
    return work().resolve(suite.word() + ".log");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
