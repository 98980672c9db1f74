package dev.tweed.agent.training;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.tweed.agent.training.StubCluster.Scene;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Just enough of an API server for one daemon to become ready: lists, one watch event, status
 * writes. On a free loopback port.
 */
final class StubApiServer implements AutoCloseable {

  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final String TWEED = "/apis/tweed.dev/v1alpha1/";
  private static final Pattern SECONDS = Pattern.compile("timeoutSeconds=(\\d+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Scene scene;
  private final boolean tls;

  /**
   * Listens and answers.
   *
   * @param keystore PKCS 12 with a key and certificate for 127.0.0.1; without one, plain HTTP
   */
  StubApiServer(Scene scene, Optional<Path> keystore, String password)
      throws IOException, GeneralSecurityException {
    this.scene = scene;
    this.tls = keystore.isPresent();
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
    if (tls) {
      HttpsServer https = HttpsServer.create(address, 0);
      https.setHttpsConfigurator(new HttpsConfigurator(context(keystore.get(), password)));
      server = https;
    } else {
      server = HttpServer.create(address, 0);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return (tls ? "https" : "http") + "://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String path = exchange.getRequestURI().getPath();
      String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      if (query.contains("watch=true")) {
        watch(exchange, path, query);
      } else if (exchange.getRequestMethod().equals("GET")) {
        send(exchange, path.contains("nodereports/") ? NOT_FOUND : OK, list(path));
      } else {
        send(exchange, OK, body.startsWith("{") ? body : "{}");
      }
    }
  }

  /** The last subnet as an event, so that the code for events is exercised; then it stays open. */
  private void watch(HttpExchange exchange, String path, String query) throws IOException {
    exchange.sendResponseHeaders(OK, 0);
    if (path.equals(TWEED + "nodesubnets")) {
      String event = "{\"type\":\"ADDED\",\"object\":" + subnet(scene.nodes()) + "}\n";
      exchange.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
    }
    exchange.getResponseBody().flush();
    try {
      Matcher asked = SECONDS.matcher(query);
      closed.await(asked.find() ? Long.parseLong(asked.group(1)) : 60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String list(String path) {
    String items =
        switch (path) {
          case TWEED + "podnetworks" ->
              """
              {"apiVersion":"tweed.dev/v1alpha1","kind":"PodNetwork",
               "metadata":{"name":"default","resourceVersion":"1","generation":1,
                 "creationTimestamp":"2026-01-01T00:00:00Z"},
               "spec":{"pools":[{"cidr":"10.224.0.0/11","nodePrefixLength":24}],
                 "fastPath":"%s","masquerade":{"exceptCIDRs":["192.0.2.0/24"]}},
               "status":{"conditions":[{"type":"Ready","status":"True","reason":"Ready",
                 "lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"""
                  .formatted(scene.fastPath());
          case TWEED + "firewallpolicies" ->
              """
              {"apiVersion":"tweed.dev/v1alpha1","kind":"FirewallPolicy",
               "metadata":{"name":"api","resourceVersion":"1","generation":1,
                 "creationTimestamp":"2026-01-01T00:00:00Z"},
               "spec":{"nodeSelector":{"matchLabels":{"a":"b"}},"priority":100,"rules":[
                 {"name":"from-pods","direction":"In","action":"Allow","protocol":"TCP",
                   "ports":[{"port":6443},{"port":2379,"endPort":2380}],"comment":"training","from":[
                     {"type":"PodNetwork","podNetwork":"default"},
                     {"type":"CIDR","cidr":"192.0.2.0/24"},
                     {"type":"Nodes","nodes":{"selector":{
                       "matchExpressions":[{"key":"topology.kubernetes.io/zone",
                         "operator":"DoesNotExist"}]}}}]}]}}""";
          case TWEED + "nodesubnets" ->
              IntStream.range(1, scene.nodes())
                  .mapToObj(StubApiServer::subnet)
                  .collect(Collectors.joining(","));
          case "/api/v1/nodes" ->
              "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\""
                  + scene.node()
                  + "\",\"resourceVersion\":\"1\",\"labels\":{\"a\":\"b\"}}}";
          case "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices" ->
              """
              {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
               "metadata":{"name":"kubernetes","namespace":"default","resourceVersion":"1"},
               "endpoints":[{"addresses":["192.0.2.10"],"conditions":{"ready":true}}],
               "ports":[{"name":"https","port":6443,"protocol":"TCP"}]}""";
          default -> "";
        };
    return "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
        + items
        + "]}";
  }

  private static String subnet(int number) {
    int host = number + 10;
    return """
        {"apiVersion":"tweed.dev/v1alpha1","kind":"NodeSubnet",
         "metadata":{"name":"10-%2$d-%3$d-0-24","uid":"%1$d","resourceVersion":"%1$d","generation":1,
           "creationTimestamp":"2026-01-01T00:00:00Z",
           "managedFields":[{"manager":"tweed-operator","operation":"Apply"}]},
         "spec":{"podNetwork":"default","nodeName":"n%1$d","nodeUID":"u%1$d","cidr":"10.%2$d.%3$d.0/24",
           "nodeIPs":["198.18.%4$d.%5$d"],"vtepMAC":"02:00:00:00:%6$02x:%7$02x"}}"""
        .formatted(
            number,
            224 + number / 256,
            number % 256,
            host / 256,
            host % 256,
            number / 256,
            number % 256)
        // A watch is one event per line.
        .replace("\n", "");
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static SSLContext context(Path keystore, String password)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keystore)) {
      keys.load(in, password.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
