package dev.tweed.agent.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Opens the Kubernetes client, tuned for memory. */
public final class ApiClient {

  private static final int TIMEOUT_MS = 10_000;

  /** Doubles up to 32 times this: the longest wait after the API server is back. */
  private static final int RECONNECT_MS = 300;

  private ApiClient() {}

  /**
   * Opens a client; does not talk to the server yet.
   *
   * @param environment where KUBERNETES_SERVICE_HOST and _PORT are looked up
   * @param version for the User-Agent header
   * @throws IllegalArgumentException naming what is missing and what to give instead
   */
  public static KubernetesClient open(
      ApiAccess access, Map<String, String> environment, String version) {
    return open(access, environment, version, () -> {});
  }

  /**
   * Opens a client as above.
   *
   * @param onRead called whenever something was read from the server, an event of a watch or the
   *     answer to a request; must return quickly
   */
  public static KubernetesClient open(
      ApiAccess access, Map<String, String> environment, String version, Runnable onRead) {
    Config config =
        access
            .kubeconfig()
            .map(ApiClient::fromKubeconfig)
            .orElseGet(() -> inCluster(access.serviceAccount()));
    String server =
        access
            .server()
            .orElseGet(
                () ->
                    access.kubeconfig().isPresent() ? config.getMasterUrl() : service(environment));
    config.setMasterUrl(server.endsWith("/") ? server : server + "/");
    config.setUserAgent("tweed-node/" + version);
    // Chunked responses: WebSockets would be 180 classes more for the same events.
    config.setOnlyHttpWatches(true);
    config.setConnectionTimeout(TIMEOUT_MS);
    config.setRequestTimeout(TIMEOUT_MS);
    config.setWatchReconnectInterval(RECONNECT_MS);
    // The informers and the status writer have their own back-off.
    config.setRequestRetryBackoffLimit(1);
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientFactory(new JdkHttpClientFactory())
        .withHttpClientBuilderConsumer(
            http -> http.addOrReplaceInterceptor("reads", telling(onRead)))
        .withKubernetesSerialization(serialization())
        .build();
  }

  private static Interceptor telling(Runnable onRead) {
    return new Interceptor() {
      @Override
      public void after(
          HttpRequest request,
          HttpResponse<?> response,
          AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        onRead.run();
      }

      @Override
      public AsyncBody.Consumer<List<ByteBuffer>> consumer(
          AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
        return (bytes, body) -> {
          onRead.run();
          consumer.consume(bytes, body);
        };
      }
    };
  }

  private static KubernetesSerialization serialization() {
    // No search for model classes: the kinds watched are named in code.
    KubernetesSerialization json = new KubernetesSerialization(new ObjectMapper(), false);
    // Events of the type ERROR hold one. Where it is not known, the client takes a version that has
    // expired (410) for a passing fault, and watches from there again and again.
    json.registerKubernetesResource(Status.class);
    return json;
  }

  private static Config fromKubeconfig(Path file) {
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException(
          "--kubeconfig " + file + " cannot be read; create it or correct the path");
    }
    return Config.fromKubeconfig(file.toFile());
  }

  private static Config inCluster(Path serviceAccount) {
    // Empty: neither ~/.kube nor system properties of whoever started the process count.
    Config config = Config.empty();
    Path token = serviceAccount.resolve("token");
    if (Files.exists(token)) {
      config.setCaCertFile(serviceAccount.resolve("ca.crt").toString());
      // Read each time: the kubelet rotates it.
      config.setOauthTokenProvider(() -> read(token));
    }
    return config;
  }

  private static String service(Map<String, String> environment) {
    String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    if (host.isEmpty()) {
      throw new IllegalArgumentException(
          "no API server known: not in a pod, so give --kubeconfig FILE or --api-server URL");
    }
    String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    return "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  private static String read(Path token) {
    try {
      return Files.readString(token).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("service account token " + token, e);
    }
  }
}
