package dev.tweed.e2e.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Where the programs are that these tests need: the system properties that {@code ./dev} passes
 * (see {@code e2e/bed/README.md}), else what {@code ./dev setup} left in the cache.
 */
final class ChartTools {
  private ChartTools() {}

  /** The module's directory is the working directory of its tests. */
  static Path repository() {
    return Path.of("..").toAbsolutePath().normalize();
  }

  static Path chart() {
    return property("tweed.chart").orElse(repository().resolve("helm"));
  }

  static Path pkiScript() {
    return property("tweed.pkiScript").orElse(repository().resolve("e2e/bed/pki.sh"));
  }

  static Path helm() {
    return property("tweed.helm")
        .or(() -> newest(cache().resolve("helm"), "helm"))
        .orElseGet(() -> missing("no helm binary; run ./dev setup or give -Dtweed.helm=FILE"));
  }

  /** The directory with Argo CD's components. */
  static Path argocd() {
    return property("tweed.argocd")
        .or(() -> newest(cache().resolve("argocd"), "argocd").map(Path::getParent))
        .orElseGet(() -> missing("no Argo CD; run ./dev setup or give -Dtweed.argocd=DIRECTORY"));
  }

  /** A component of Kubernetes, such as kubectl. */
  static Path kubernetes(String component) {
    Path versions = kubeApiTestDir().resolve("k8s");
    return newest(versions, component)
        .orElseGet(() -> missing("no %s in %s; run ./dev setup".formatted(component, versions)));
  }

  static Path kubeApiTestDir() {
    Path directory =
        property("tweed.kubeApiTestDir")
            .or(() -> environment("TWEED_KUBE_API_TEST_DIR"))
            .orElse(cache().resolve("kube-api-test"));
    return Files.isDirectory(directory.resolve("k8s"))
        ? directory
        : missing("no kube-apiserver in " + directory + "; run ./dev setup");
  }

  /** Skips the test, except in CI, where nothing may be missing. */
  private static Path missing(String message) {
    String ci = System.getenv("CI");
    if (ci != null && !ci.isBlank() && !ci.equals("false")) {
      throw new IllegalStateException(message);
    }
    return Assumptions.abort(message);
  }

  private static Path cache() {
    return property("tweed.cache")
        .or(() -> environment("TWEED_CACHE"))
        .or(() -> environment("XDG_CACHE_HOME").map(home -> home.resolve("tweed")))
        .orElse(Path.of(System.getProperty("user.home"), ".cache", "tweed"));
  }

  private static Optional<Path> newest(Path versions, String file) {
    if (!Files.isDirectory(versions)) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(versions)) {
      return entries
          .map(entry -> entry.resolve(file))
          .filter(Files::isExecutable)
          .max((a, b) -> Long.compare(a.toFile().lastModified(), b.toFile().lastModified()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Path> property(String name) {
    return path(System.getProperty(name));
  }

  private static Optional<Path> environment(String name) {
    return path(System.getenv(name));
  }

  private static Optional<Path> path(String value) {
    return Optional.ofNullable(value).filter(v -> !v.isBlank()).map(Path::of);
  }
}
