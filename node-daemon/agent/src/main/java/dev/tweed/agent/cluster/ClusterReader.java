package dev.tweed.agent.cluster;

import dev.tweed.crds.PodNetwork;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reads once what the daemon of a node watches; for commands. */
public final class ClusterReader {

  private ClusterReader() {}

  /**
   * What was read.
   *
   * @param server where from
   */
  public record Read(ClusterView view, URI server) {}

  /**
   * Reads it.
   *
   * @param environment where the pod's API server is looked up
   * @param version for the User-Agent header
   * @param patience how long to wait for complete lists
   * @throws IllegalArgumentException naming what is missing and what to give instead
   * @throws IllegalStateException saying why the API server cannot be read
   */
  public static Read read(
      ApiAccess access,
      Map<String, String> environment,
      String version,
      String nodeName,
      Duration patience) {
    try (KubernetesClient client = ApiClient.open(access, environment, version);
        InformerClusterWatch watch = new InformerClusterWatch(client, nodeName)) {
      URI server = URI.create(client.getMasterUrl().toString());
      probe(client, server);
      CountDownLatch complete = new CountDownLatch(1);
      watch.start(complete::countDown);
      if (!complete.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            "the API server at %s has not answered within %d s"
                .formatted(server, patience.toSeconds()));
      }
      return new Read(watch.view(), server);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted");
    }
  }

  /** The watches would try for ever, and not tell what is wrong. */
  private static void probe(KubernetesClient client, URI server) {
    try {
      client.resources(PodNetwork.class).list(new ListOptionsBuilder().withLimit(1L).build());
    } catch (KubernetesClientException e) {
      throw new IllegalStateException(
          e.getCode() > 0
              ? "the API server at %s refuses (%d): %s"
                  .formatted(server, e.getCode(), oneLine(e.getMessage()))
              : "the API server at %s cannot be reached: %s".formatted(server, oneLine(root(e))),
          e);
    }
  }

  private static String root(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private static String oneLine(String text) {
    return String.valueOf(text).replaceAll("[^ -~]+", " ").strip();
  }
}
