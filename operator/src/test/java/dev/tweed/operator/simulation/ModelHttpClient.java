package dev.tweed.operator.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.operator.cluster.UnknownValueModule;
import dev.tweed.operator.simulation.ModelApiServer.Response;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.http.StandardHttpHeaders;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The transport below the real Kubernetes client: each request is a call of a function in the
 * thread that makes it, each watch a listener that somebody else tells what happened.
 */
final class ModelHttpClient implements HttpClient {
  // What it finds out about classes takes longer than most simulations.
  private static final KubernetesSerialization SERIALIZATION =
      new KubernetesSerialization(
          new ObjectMapper().registerModule(new UnknownValueModule()), true);

  private final Door door;

  /** Where requests go. */
  interface Door {
    Response send(String method, String path, String contentType, String body) throws IOException;

    void watch(String path, long since, Consumer<String> listener);
  }

  private ModelHttpClient(Door door) {
    this.door = door;
  }

  /** A client whose requests go through the door. */
  static KubernetesClient through(Door door) {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://model/")
            .withRequestRetryBackoffLimit(0)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(SERIALIZATION)
        .withTaskExecutor(Runnable::run)
        .withHttpClientFactory(() -> new Builder(new ModelHttpClient(door)))
        .build();
  }

  private static final class Builder
      extends StandardHttpClientBuilder<ModelHttpClient, HttpClient.Factory, Builder> {
    private final ModelHttpClient built;

    Builder(ModelHttpClient built) {
      super(null);
      this.built = built;
    }

    @Override
    public ModelHttpClient build() {
      return built;
    }

    @Override
    protected Builder newInstance(HttpClient.Factory factory) {
      return new Builder(built);
    }
  }

  private record Answer<T>(HttpRequest request, int code, T body, StandardHttpHeaders none)
      implements HttpResponse<T> {
    @Override
    public Optional<HttpResponse<?>> previousResponse() {
      return Optional.empty();
    }

    @Override
    public List<String> headers(String key) {
      return none.headers(key);
    }

    @Override
    public Map<String, List<String>> headers() {
      return none.headers();
    }
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, Class<T> type) {
    try {
      Response response =
          door.send(
              request.method(),
              request.uri().getPath(),
              Optional.ofNullable(request.header("Content-Type"))
                  .or(() -> Optional.ofNullable(((StandardHttpRequest) request).getContentType()))
                  .orElse(""),
              body((StandardHttpRequest) request));
      byte[] bytes = response.body().getBytes(StandardCharsets.UTF_8);
      Object body =
          type == byte[].class
              ? bytes
              : type == String.class ? response.body() : new ByteArrayInputStream(bytes);
      return CompletableFuture.completedFuture(
          new Answer<>(request, response.code(), type.cast(body), new StandardHttpHeaders()));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static String body(StandardHttpRequest request) throws IOException {
    return switch (request.body()) {
      case null -> "";
      case StandardHttpRequest.StringBodyContent text -> text.getContent();
      case StandardHttpRequest.ByteArrayBodyContent bytes ->
          new String(bytes.getContent(), StandardCharsets.UTF_8);
      case StandardHttpRequest.InputStreamBodyContent stream -> {
        try (InputStream in = stream.getContent()) {
          yield new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
      }
      default -> throw new IllegalArgumentException("not modelled: " + request.body());
    };
  }

  @Override
  public CompletableFuture<HttpResponse<AsyncBody>> consumeBytes(
      HttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
    throw new UnsupportedOperationException("streams are not modelled: " + request.uri());
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    return new Opening();
  }

  private final class Opening implements WebSocket.Builder {
    private URI uri;

    @Override
    public CompletableFuture<WebSocket> buildAsync(WebSocket.Listener listener) {
      WebSocket socket = new Silent();
      long since = 0;
      for (String parameter : uri.getQuery().split("&")) {
        if (parameter.startsWith("resourceVersion=")) {
          since = Long.parseLong(parameter.substring(parameter.indexOf('=') + 1));
        }
      }
      door.watch(uri.getPath(), since, text -> listener.onMessage(socket, text));
      listener.onOpen(socket);
      return CompletableFuture.completedFuture(socket);
    }

    @Override
    public WebSocket.Builder subprotocol(String protocol) {
      return this;
    }

    @Override
    public WebSocket.Builder header(String name, String value) {
      return this;
    }

    @Override
    public WebSocket.Builder setHeader(String name, String value) {
      return this;
    }

    @Override
    public WebSocket.Builder uri(URI to) {
      uri = to;
      return this;
    }

    @Override
    public WebSocket.Builder connectTimeout(long timeout, TimeUnit unit) {
      return this;
    }
  }

  /** Events come by the listener; the client sends nothing but its close. */
  private static final class Silent implements WebSocket {
    @Override
    public boolean send(ByteBuffer buffer) {
      return true;
    }

    @Override
    public boolean sendClose(int code, String reason) {
      return true;
    }

    @Override
    public long queueSize() {
      return 0;
    }

    @Override
    public void request() {}
  }

  @Override
  public HttpRequest.Builder newHttpRequestBuilder() {
    return new StandardHttpRequest.Builder();
  }

  @Override
  public HttpClient.DerivedClientBuilder newBuilder() {
    return new Builder(this);
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public void close() {}
}
