package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tweed.dataplane.HostPort;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads which ports of the node lead to its pods. A runtime keeps what it asked of the plugins, and
 * what it got, in a file for each pod (libcni's cache, {@code cachedInfo} of libcni/api.go). What a
 * file says counts while its pod has the address: host-local says whose that is, and nobody else
 * gets one until then. Used by one thread, but for {@link #mayMatter}.
 */
public final class HostPortReader {

  private static final Logger LOG = LoggerFactory.getLogger(HostPortReader.class);

  /** One is some 3 kB. */
  private static final long MAX_BYTES = 1 << 18;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path results;
  private final Path leases;

  /** What is asked for by each pod; a runtime writes a file once. */
  private volatile Map<String, List<Claim>> known = Map.of();

  /** A port of a pod's, and the container the address has to be of. */
  private record Claim(String container, HostPort port) {}

  /**
   * @param results directory of the runtime's files
   * @param dataDir of host-local as in the CNI configuration
   */
  public HostPortReader(Path results, Path dataDir) {
    this.results = results;
    this.leases = dataDir.resolve(CniChain.NETWORK);
  }

  /** The ports, in an order that does not depend on that of the files; none if none can be read. */
  public List<HostPort> read() {
    Map<String, List<Claim>> claims = new HashMap<>();
    for (String name : names()) {
      Optional.ofNullable(known.get(name))
          .or(() -> claims(name))
          .ifPresent(read -> claims.put(name, read));
    }
    known = Map.copyOf(claims);
    return claims.values().stream()
        .flatMap(List::stream)
        .filter(claim -> hasAddress(claim.container(), claim.port().pod()))
        .map(Claim::port)
        .distinct()
        .sorted(
            Comparator.comparing(HostPort::port)
                .thenComparing(HostPort::protocol)
                .thenComparing(HostPort::pod)
                .thenComparing(HostPort::toString))
        .toList();
  }

  /** Whether a file that has come or gone is of a pod that has such ports; from any thread. */
  public boolean mayMatter(String name) {
    List<Claim> before = known.get(name);
    if (before != null) {
      return !before.isEmpty() && !Files.exists(results.resolve(name));
    }
    return isOurs(name) && claims(name).filter(claims -> !claims.isEmpty()).isPresent();
  }

  private static boolean isOurs(String name) {
    return name.startsWith(CniChain.NETWORK + "-");
  }

  /** Those known where it cannot be said: a disk that fails must not cut off running pods. */
  private List<String> names() {
    try (Stream<Path> files = Files.list(results)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(HostPortReader::isOurs)
          .toList();
    } catch (NoSuchFileException e) {
      return List.of(); // no pod has been started yet, or the runtime keeps them elsewhere
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("ports of pods are not read: {}", e.toString());
      return List.copyOf(known.keySet());
    }
  }

  /** Empty if it cannot be read, as while it is being written. */
  private Optional<List<Claim>> claims(String name) {
    try {
      Path file = results.resolve(name);
      if (Files.size(file) > MAX_BYTES) {
        return Optional.of(List.of());
      }
      JsonNode cached = JSON.readTree(Files.readAllBytes(file));
      return cached.isObject() ? Optional.of(claims(cached)) : Optional.empty();
    } catch (IOException e) {
      LOG.debug("ports of {} are not read: {}", name, e.toString());
      return Optional.empty();
    }
  }

  private static List<Claim> claims(JsonNode cached) {
    List<Claim> claims = new ArrayList<>();
    String container = cached.path("containerId").asText();
    for (JsonNode mapping : cached.path("capabilityArgs").path("portMappings")) {
      for (JsonNode ip : cached.path("result").path("ips")) {
        IpPrefix.tryParse(ip.path("address").asText())
            .flatMap(address -> port(mapping, address.address()))
            .ifPresent(port -> claims.add(new Claim(container, port)));
      }
    }
    return List.copyOf(claims);
  }

  /** As the plugin portmap: an address of the node of the other family is for the pod's other. */
  private static Optional<HostPort> port(JsonNode mapping, IpAddress pod) {
    String of = mapping.path("hostIP").asText("");
    Optional<IpAddress> own = IpAddress.tryParse(of);
    Optional<HostPort.Protocol> protocol =
        Arrays.stream(HostPort.Protocol.values())
            .filter(
                p -> p.name().equals(mapping.path("protocol").asText().toUpperCase(Locale.ROOT)))
            .findFirst();
    int port = mapping.path("hostPort").asInt();
    int podPort = mapping.path("containerPort").asInt();
    if (protocol.isEmpty()
        || !isPort(port)
        || !isPort(podPort)
        || own.isEmpty() && !of.isEmpty()
        || own.filter(address -> address.family() != pod.family()).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new HostPort(
            pod, podPort, protocol.get(), port, own.filter(address -> !isUnspecified(address))));
  }

  private static boolean isPort(int number) {
    return number > 0 && number < 1 << 16;
  }

  private static boolean isUnspecified(IpAddress address) {
    byte[] bytes = address.toBytes();
    return Arrays.equals(bytes, new byte[bytes.length]);
  }

  /** By the file of host-local, whose first line is the container's name. */
  private boolean hasAddress(String container, IpAddress address) {
    try (Stream<String> lines =
        Files.lines(leases.resolve(address.toString()), StandardCharsets.UTF_8)) {
      return lines.findFirst().map(String::strip).equals(Optional.of(container));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }
}
