package dev.tweed.e2e.bed;

import java.nio.file.Path;

/** The DNS server of a cluster: CoreDNS behind the Service {@code kube-dns}, as an ordinary pod. */
public final class ClusterDns implements AutoCloseable {
  /** Cluster IP of the Service, the usual one. */
  public static final String ADDRESS = "10.96.0.10";

  /** Where a node finds the image: imported by those clusters only that have the server. */
  static final String IMAGE = "/bed-images/coredns.tar";

  private final TestCluster cluster;
  private final Path manifest;

  private ClusterDns(TestCluster cluster, Path manifest) {
    this.cluster = cluster;
    this.manifest = manifest;
  }

  /**
   * Starts it and waits until it answers.
   *
   * @throws BedException where the bed was prepared without it
   */
  public static ClusterDns start(TestCluster cluster) {
    Path coreDns =
        cluster
            .settings()
            .coreDns()
            .orElseThrow(() -> new BedException("tweed.coreDns is not set; run this by ./dev"));
    ClusterDns dns = new ClusterDns(cluster, coreDns.resolve("coredns.yaml"));
    cluster.nodes().forEach(node -> node.exec("bed-import", IMAGE).text());
    cluster.kubectl("apply", "-f", dns.manifest.toString()).text();
    cluster
        .kubectl("rollout", "status", "-n", "kube-system", "deployment/coredns", "--timeout=90s")
        .text();
    return dns;
  }

  /** Deletes it. */
  @Override
  public void close() {
    cluster.kubectl("delete", "-f", manifest.toString(), "--ignore-not-found", "--wait=false");
  }
}
