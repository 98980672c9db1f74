package dev.tweed.agent.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * Lists and watches of an API server that keeps no history: a watch of a version before {@link
 * #forget} is answered as kube-apiserver does it, by an event ERROR with the status 410. There are
 * NodeSubnets only; the other kinds are served and empty.
 */
final class StubWatchServer implements AutoCloseable {

  private static final String EXPIRED =
      """
      {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
      "message":"too old resource version: 1 (2)","reason":"Expired","code":410}}
      """;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Integer, String> subnets = new TreeMap<>();
  private int version = 1;
  private int oldest = 1;
  private boolean closed;

  StubWatchServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The block 10.244.number.0/24 of a node of its own; watches are not told. */
  synchronized void add(int number) {
    subnets.put(number, "10-244-" + number + "-0-24");
    version++;
  }

  synchronized void remove(int number) {
    subnets.remove(number);
    version++;
  }

  /** Ends every watch as too old. */
  synchronized void forget() {
    oldest = version;
    notifyAll();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      if (query.contains("watch=true")) {
        watch(exchange, Integer.parseInt(query.replaceAll(".*resourceVersion=(\\d+).*", "$1")));
      } else {
        byte[] list = list(exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, list.length);
        exchange.getResponseBody().write(list);
      }
    }
  }

  private void watch(HttpExchange exchange, int from) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    OutputStream body = exchange.getResponseBody();
    body.flush();
    try {
      synchronized (this) {
        while (from >= oldest && !closed) {
          wait();
        }
      }
      body.write(EXPIRED.getBytes(StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized String list(String path) {
    String items =
        path.endsWith("/nodesubnets")
            ? subnets.entrySet().stream()
                .map(s -> subnet(s.getKey(), s.getValue()))
                .collect(Collectors.joining(","))
            : "";
    return "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[%s]}"
        .formatted(version, items);
  }

  private static String subnet(int number, String name) {
    return """
        {"apiVersion":"tweed.dev/v1alpha1","kind":"NodeSubnet",
         "metadata":{"name":"%2$s","uid":"%1$d","resourceVersion":"1","generation":1,
           "creationTimestamp":"2026-01-01T00:00:00Z"},
         "spec":{"podNetwork":"default","nodeName":"n%1$d","nodeUID":"u","cidr":"10.244.%1$d.0/24",
           "nodeIPs":["192.0.2.%1$d"],"vtepMAC":"02:00:00:00:00:0%1$d"}}"""
        .formatted(number, name);
  }
}
