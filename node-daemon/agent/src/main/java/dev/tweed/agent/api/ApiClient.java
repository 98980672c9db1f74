package dev.tweed.agent.api;

import dev.tweed.agent.api.KubeconfigReader.Kubeconfig;
import dev.tweed.agent.loop.ScheduledTask;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's way to the API server: where it is, as whom, and the connections to it. Every
 * request has a time by which its answer has to be read; then its connection is closed, whatever it
 * waits for.
 */
public final class ApiClient implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ApiClient.class);

  /** For the configured host, while another way is used. */
  private static final Duration TRY = Duration.ofSeconds(10);

  private final ServerLocation server;
  private final LearnedAddresses addresses;
  private final ConnectionFactory connections;
  private final ConnectionFactory configured;
  private final CredentialStore credentials;
  private final String userAgent;
  private final List<ApiChannel> channels = new CopyOnWriteArrayList<>();
  private final ScheduledThreadPoolExecutor timer;
  private final SideTask trying = new SideTask("api-try", this::askConfigured);

  private ApiClient(
      ServerLocation server,
      String name,
      ServerAddresses host,
      CredentialStore credentials,
      String userAgent) {
    this.server = server;
    this.addresses =
        new LearnedAddresses(
            server, host, System::nanoTime, bound -> ThreadLocalRandom.current().nextInt(bound));
    this.connections = new ConnectionFactory(server.tls(), name, addresses);
    this.configured = new ConnectionFactory(server.tls(), name, host);
    this.credentials = credentials;
    this.userAgent = userAgent;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("api-timer").daemon().factory());
    // Or each request would be kept until its time is over.
    timer.setRemoveOnCancelPolicy(true);
  }

  /**
   * Opens a client; does not talk to the server yet.
   *
   * @param environment where KUBERNETES_SERVICE_HOST and _PORT are looked up
   * @param version for the User-Agent header
   * @throws IllegalArgumentException naming what is missing and what to give instead
   */
  public static ApiClient open(ApiAccess access, Map<String, String> environment, String version) {
    return open(access, environment, version, ServerAddresses::of);
  }

  /**
   * Opens a client as above.
   *
   * @param host where the configured host is; what is found there is believed if it has the
   *     certificate of that host, whatever the address
   */
  public static ApiClient open(
      ApiAccess access,
      Map<String, String> environment,
      String version,
      Function<ServerLocation, ServerAddresses> host) {
    Optional<Kubeconfig> kubeconfig = access.kubeconfig().map(KubeconfigReader::read);
    ServerLocation server = location(access, kubeconfig, environment);
    Optional<Path> file = access.kubeconfig();
    CredentialStore credentials =
        new CredentialStore(file, () -> credentials(access, file.map(KubeconfigReader::read)));
    return new ApiClient(
        server,
        verifiedName(kubeconfig, server),
        host.apply(server),
        credentials,
        "tweed-node/" + version);
  }

  static ServerLocation location(
      ApiAccess access, Optional<Kubeconfig> kubeconfig, Map<String, String> environment) {
    return ServerLocation.of(
        access
            .server()
            .or(() -> kubeconfig.flatMap(Kubeconfig::server))
            .orElseGet(() -> service(environment)));
  }

  /** Where the daemon's own credentials are, and what it knows the API server by. */
  static CredentialFiles credentials(ApiAccess access, Optional<Kubeconfig> kubeconfig) {
    return kubeconfig
        .map(Kubeconfig::credentials)
        .orElseGet(() -> CredentialFiles.of(access.serviceAccount()));
  }

  static String verifiedName(Optional<Kubeconfig> kubeconfig, ServerLocation server) {
    return kubeconfig.flatMap(Kubeconfig::verifiedName).orElse(server.host());
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

  /** The API server. */
  public URI server() {
    return server.uri();
  }

  /** Where the API server is looked for; endpoints that are learned go there. */
  public LearnedAddresses addresses() {
    return addresses;
  }

  /**
   * Where connections are by learned addresses, tries whether the configured host answers as the
   * API server, in a thread of its own.
   */
  public void tryConfigured() {
    if (addresses.detour().isPresent()) {
      trying.start();
    }
  }

  private void askConfigured() {
    if (addresses.detour().isEmpty()) {
      return; // by the answer to the try before
    }
    ApiChannel channel = channel(configured);
    try (channel;
        HttpAnswer answer = channel.send(ApiRequest.get("/version"), TRY)) {
      // A proxy that has no server to ask says so by a status of its own (502 to 504).
      if (answer.status() < HttpURLConnection.HTTP_INTERNAL_ERROR) {
        addresses.configuredAnswers();
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} does not answer: {}", server.authority(), e.getMessage());
    } finally {
      channels.remove(channel);
    }
  }

  /** The daemon's own certificate as it was last read, if it has one. */
  public Optional<X509Certificate> certificate() {
    return credentials.certificate();
  }

  /** Closes a connection for good. */
  public void release(ApiChannel channel) {
    channel.close();
    channels.remove(channel);
  }

  /** A connection of its own, opened with the first request. */
  public ApiChannel channel() {
    return channel(connections);
  }

  private ApiChannel channel(ConnectionFactory by) {
    ApiChannel channel = new ApiChannel(server, by, credentials, userAgent, timer);
    channels.add(channel);
    return channel;
  }

  /**
   * Closes every connection there is; what waits for an answer on one fails at once. Requests that
   * come later make new ones.
   */
  public void reconnect() {
    channels.forEach(ApiChannel::drop);
  }

  /** Between which addresses connections are. */
  public Set<ApiChannel.Ends> ends() {
    return channels.stream()
        .flatMap(channel -> channel.ends().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The same as {@link #reconnect} for these connections only. */
  public void reconnect(Set<ApiChannel.Ends> these) {
    channels.stream()
        .filter(channel -> channel.ends().filter(these::contains).isPresent())
        .forEach(ApiChannel::drop);
  }

  /** Does something now and then, as long as the client is open; it must be quick. */
  public void every(Duration interval, Runnable task) {
    timer.scheduleWithFixedDelay(
        new ScheduledTask(task), interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
    channels.forEach(ApiChannel::close);
  }
}
