package dev.tweed.e2e.conformance;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs suites of others against a cluster with Tweed. Logs and reports are in {@link #work}. */
public final class SuiteRunner {
  private static final Duration LIMIT = Duration.ofHours(4);
  private static final int PROCESSES = 4;

  private final TestCluster cluster;
  private final Clock clock;
  private final String commit;
  private final Path programs;

  /**
   * @throws BedException where the bed was prepared without suites
   */
  public SuiteRunner(TestCluster cluster, Clock clock) {
    this.cluster = cluster;
    this.clock = clock;
    this.commit = System.getProperty("tweed.commit", "unknown");
    this.programs =
        cluster
            .settings()
            .conformance()
            .orElseThrow(() -> new BedException("tweed.conformance is not set; run this by ./dev"));
  }

  /** Brings the image of test pods to the nodes. */
  public void importImage() {
    cluster.nodes().forEach(n -> n.exec("bed-import", TestCluster.SUITES_IMAGE).text());
  }

  /** Brings the kind ClusterNetworkPolicy, which its suite does not. */
  void installKind(Installation tweed) {
    tweed.apply(read(programs.resolve("cnp-crd.yaml")), "--server-side", "--force-conflicts");
  }

  /**
   * The selections of the suites, all at once: most of what they do is to wait.
   *
   * @return a line for each case, which begins with its outcome
   */
  public List<String> selections() {
    List<CompletableFuture<SuiteResult>> running =
        Arrays.stream(Suite.values())
            .filter(suite -> suite.selection().isPresent())
            .map(
                suite ->
                    CompletableFuture.supplyAsync(
                        () -> run(suite, suite.selection(), /* few= */ true),
                        Thread.ofVirtual()::start))
            .toList();
    return running.stream()
        .map(CompletableFuture::join)
        .flatMap(
            result ->
                result.cases().stream()
                    .map(
                        c ->
                            "%s: %s: %s %s"
                                .formatted(
                                    c.outcome(), result.suite().word(), c.name(), c.reason())))
        .toList();
  }

  /**
   * Runs one.
   *
   * @param choice of its cases; empty for all
   */
  SuiteResult run(Suite suite, Optional<String> choice, boolean few) {
    Place place =
        new Place(
            programs,
            work(),
            cluster.kubeconfig(),
            cluster.settings().kubectl(),
            commit,
            choice,
            cluster.nodes().size(),
            few ? 1 : PROCESSES,
            read(Path.of("/proc/net/protocols")).contains("SCTP"),
            few);
    Instant began = clock.instant();
    try {
      Files.createDirectories(work());
      Files.deleteIfExists(place.junit(suite));
      ProcessBuilder builder =
          new ProcessBuilder(suite.command(place))
              .directory(work().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log(suite).toFile());
      builder.environment().put("KUBECONFIG", cluster.kubeconfig().toString());
      if (!place.sctp()) {
        builder.environment().put("WITHOUT_SCTP", "yes");
      }
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
        Optional.of(place.junit(suite)).filter(Files::exists).map(SuiteRunner::read);
    List<CaseResult> cases = suite.read(read(log(suite)), junit);
    if (cases.isEmpty()) {
      throw new BedException(suite.word() + ": no case has run; see " + log(suite));
    }
    return new SuiteResult(
        suite, LocalDate.now(clock), commit, Duration.between(began, clock.instant()), cases);
  }

  /** What a suite says while it runs. */
  Path log(Suite suite) {
    return work().resolve(suite.word() + ".log");
  }

  /** Where logs and reports are. */
  public Path work() {
    return cluster.settings().workDirectory().resolve("conformance");
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
