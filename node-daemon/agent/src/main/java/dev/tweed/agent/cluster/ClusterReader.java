package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiChannel;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ObjectReader;
import dev.tweed.agent.api.RetryPauses;
import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.policy.Program;
import java.io.IOException;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads once what the daemon of a node watches; for commands. */
public final class ClusterReader {

  private ClusterReader() {}

  /**
   * What was read.
   *
   * @param server where from
   * @param endpoints where API servers themselves answer; empty if that may not be read
   */
  public record Read(ClusterView view, URI server, List<ServerEndpoint> endpoints) {}

  /**
   * Reads what network policies are compiled to for this node.
   *
   * @throws IllegalArgumentException naming what is missing and what to give instead
   * @throws IllegalStateException saying why the API server cannot be read
   */
  public static PolicyView readPolicies(
      ApiAccess access, Map<String, String> environment, String version, String nodeName) {
    return ask(access, environment, version, (client, channel) -> policies(channel, nodeName));
  }

  private interface Reading<T> {
    T by(ApiClient client, ApiChannel channel) throws IOException;
  }

  private static <T> T ask(
      ApiAccess access, Map<String, String> environment, String version, Reading<T> reading) {
    try (ApiClient client = ApiClient.open(access, environment, version);
        ApiChannel channel = client.channel()) {
      try {
        return reading.by(client, channel);
      } catch (ApiRefusedException e) {
        throw new IllegalStateException(
            "the API server at %s refuses: %s".formatted(client.server(), e.getMessage()), e);
      } catch (IOException e) {
        throw new IllegalStateException(
            "the API server at %s cannot be reached: %s".formatted(client.server(), oneLine(e)), e);
      }
    }
  }

  private static PolicyView policies(ApiChannel channel, String nodeName) throws IOException {
    Optional<NodePolicyRecord> node =
        list(channel, WatchedKinds.nodePolicy(nodeName), new NodePolicyObjectReader()).stream()
            .findFirst();
    Set<String> names = node.map(NodePolicyRecord::programNames).orElse(Set.of());
    Map<String, Optional<Program>> programs =
        names.isEmpty()
            ? Map.of()
            : store(channel, WatchedKinds.programs(names), new PolicyProgramObjectReader())
                .byName();
    Set<String> sets = new HashSet<>(Set.of(PeerSliceName.NAMESPACES));
    sets.addAll(PolicyView.setNames(programs.values().stream().flatMap(Optional::stream).toList()));
    return PolicyView.of(
        ClusterView.Listing.RECEIVED,
        node,
        programs,
        store(channel, WatchedKinds.slices(sets), new PeerSliceObjectReader()).byName());
  }

  /**
   * Reads it.
   *
   * @param environment where the pod's API server is looked up
   * @param version for the User-Agent header
   * @throws IllegalArgumentException naming what is missing and what to give instead
   * @throws IllegalStateException saying why the API server cannot be read
   */
  public static Read read(
      ApiAccess access, Map<String, String> environment, String version, String nodeName) {
    return ask(
        access,
        environment,
        version,
        (client, channel) -> {
          List<NetworkRecord> networks = list(channel, WatchedKinds.NETWORKS, new NetworkReader());
          ClusterView view =
              new ClusterView(
                  true,
                  networks.stream().filter(n -> n.unreadable().isEmpty()).toList(),
                  list(channel, WatchedKinds.SUBNETS, new SubnetReader(nodeName)),
                  list(channel, WatchedKinds.POLICIES, new PolicyReader()),
                  list(channel, WatchedKinds.node(nodeName), new NodeReader()).stream().findFirst(),
                  new ClusterView.Gaps(
                      networks.stream().filter(n -> n.unreadable().isPresent()).toList(),
                      ClusterView.Listing.RECEIVED,
                      ClusterView.Listing.RECEIVED));
          return new Read(view, client.server(), endpoints(channel, networks));
        });
  }

  private static List<ServerEndpoint> endpoints(ApiChannel channel, List<NetworkRecord> networks)
      throws IOException {
    try {
      return EndpointRules.usable(
          list(channel, WatchedKinds.ENDPOINTS, new EndpointReader()), networks);
    } catch (ApiRefusedException e) {
      return List.of();
    }
  }

  private static <R> List<R> list(
      ApiChannel channel, ListWatch.Source source, ObjectReader<R> reader) throws IOException {
    return store(channel, source, reader).records();
  }

  private static <R> RecordStore<R> store(
      ApiChannel channel, ListWatch.Source source, ObjectReader<R> reader) throws IOException {
    RecordStore<R> store = new RecordStore<>(() -> {}, () -> {});
    new ListWatch<>(
            source,
            reader,
            channel,
            store,
            new RetryPauses(() -> {}, System::nanoTime),
            ListWatch.RENEWAL,
            System::nanoTime,
            () -> 0)
        .list();
    return store;
  }

  private static String oneLine(IOException e) {
    return String.valueOf(e.getMessage()).replaceAll("[^ -~]+", " ").strip();
  }
}
