package dev.tweed.e2e.bed;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the test bed finds what {@code ./dev} has built: system properties, listed in {@code
 * e2e/bed/README.md}. All paths are absolute.
 *
 * @param cache root of everything built once
 * @param bedImage image every machine of a cluster runs
 * @param operatorImageTar archive of the operator's image; empty while there is none
 * @param nodeImageTar archive of the daemon's image; empty while there is none
 * @param coreDns directory with image and manifest of the cluster's DNS server; empty while there
 *     is none
 * @param conformance directory with the suites of others and the image of their test pods; empty
 *     while there is none
 * @param helm the helm binary
 * @param kubectl the kubectl binary for this machine
 * @param chart the chart's directory
 * @param pkiScript makes certificates and kubeconfig files
 * @param workDirectory certificates of test clusters and evidence of failures go here
 */
public record BedSettings(
    Path cache,
    String bedImage,
    Optional<Path> operatorImageTar,
    Optional<Path> nodeImageTar,
    Optional<Path> coreDns,
    Optional<Path> conformance,
    Path helm,
    Path kubectl,
    Path chart,
    Path pkiScript,
    Path workDirectory) {

  /** The property whose absence means that nobody prepared a test bed. */
  public static final String BED_IMAGE = "tweed.bedImage";

  /**
   * Reads the properties.
   *
   * @throws BedException when a required one is not set
   */
  public static BedSettings fromSystemProperties() {
    return new BedSettings(
        path("tweed.cache"),
        required(BED_IMAGE),
        optionalPath("tweed.operatorImageTar"),
        optionalPath("tweed.nodeImageTar"),
        optionalPath("tweed.coreDns"),
        optionalPath("tweed.conformance"),
        path("tweed.helm"),
        path("tweed.kubectl"),
        path("tweed.chart"),
        path("tweed.pkiScript"),
        Path.of(System.getProperty("tweed.workDirectory", "target")).toAbsolutePath());
  }

  private static Path path(String property) {
    return Path.of(required(property)).toAbsolutePath();
  }

  private static Optional<Path> optionalPath(String property) {
    return Optional.ofNullable(System.getProperty(property))
        .filter(value -> !value.isBlank())
        .map(value -> Path.of(value).toAbsolutePath());
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null || value.isBlank()) {
      throw new BedException(
          property + " is not set; run this by ./dev, which builds the test bed and passes it on");
    }
    return value;
  }
}
