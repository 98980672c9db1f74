package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.allocation.AllocationHistory;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlan.ReleaseReason;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.DaemonFacts;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.cluster.BoundedCalls.Written;
import dev.tweed.operator.ledger.Allocator;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes NodeSubnets whose blocks are to be released. Each only if the API server confirms, just
 * before, the very reason it was planned for, and that a person still agrees where one has to: the
 * watches may be behind, a Node may have come back while others were released, and a wrong deletion
 * takes pods' addresses away.
 */
final class ReleaseWriter {
  private static final Logger LOG = LoggerFactory.getLogger(ReleaseWriter.class);

  /** Releases of one run; the deletions bring the next, which allocates first. */
  static final int AT_ONCE = 500;

  /** Releases for which PodNetworks are listed once. */
  private static final int SLICE = 100;

  private final KubernetesClient client;
  private final Allocator allocator;
  private final SubnetWriter subnets;
  private final BoundedCalls calls;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final OperatorSettings settings;
  private final Clock clock;

  ReleaseWriter(
      KubernetesClient client,
      Allocator allocator,
      SubnetWriter subnets,
      BoundedCalls calls,
      OperatorEvents events,
      OperatorMeters meters,
      OperatorSettings settings,
      Clock clock) {
    this.client = client;
    this.allocator = allocator;
    this.subnets = subnets;
    this.calls = calls;
    this.events = events;
    this.meters = meters;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * What came of releases.
   *
   * @param written what went wrong kept the rest from nothing
   * @param released what was done
   */
  record Outcome(Written written, List<Release> released) {
    private static Outcome failed(String message) {
      return new Outcome(Written.failed(message), List.of());
    }
  }

  /**
   * Deletes NodeSubnets.
   *
   * @param releases of such as the {@link Allocator} says may be deleted
   * @param basis the NodeSubnets that the releases were planned from
   */
  Outcome release(List<Release> releases, List<SubnetFacts> basis) {
    List<Release> now = releases.subList(0, Math.min(releases.size(), AT_ONCE));
    Map<String, String> holders = new LinkedHashMap<>();
    now.stream()
        .filter(r -> r.reason() != ReleaseReason.Overlap && r.reason() != ReleaseReason.SecondBlock)
        .forEach(r -> holders.put(r.subnet().spec().cidr(), r.subnet().spec().nodeName()));
    try {
      if (!allocator.noteHolders(holders)) {
        return Outcome.failed("another operator has written the ledger; blocks are released later");
      }
    } catch (KubernetesClientException e) {
      return Outcome.failed("the ledger, before blocks are released: " + ApiFailure.message(e));
    }
    return noted(now, basis.stream().collect(Collectors.groupingBy(s -> s.spec().nodeName())));
  }

  private Outcome noted(List<Release> releases, Map<String, List<SubnetFacts>> byNode) {
    List<String> failures = new ArrayList<>();
    List<Release> done = new ArrayList<>();
    Map<String, String> uids = new TreeMap<>();
    BooleanSupplier mayBegin = calls.budget();
    int begun = 0;
    for (int from = 0; from < releases.size() && begun == from; from += SLICE) {
      List<NetworkFacts> networks;
      try {
        networks = networks();
      } catch (KubernetesClientException e) {
        failures.add("PodNetworks, before blocks are released: " + ApiFailure.message(e));
        break;
      }
      networks.forEach(n -> uids.put(n.name(), n.uid()));
      List<Release> slice = releases.subList(from, Math.min(from + SLICE, releases.size()));
      List<Result> results =
          calls.all(slice, mayBegin, r -> release(r, networks, byNode), ReleaseWriter::failed);
      begun += results.size();
      for (int i = 0; i < results.size(); i++) {
        results.get(i).failure().ifPresent(failures::add);
        if (results.get(i).deleted()) {
          done.add(slice.get(i));
        }
      }
    }
    done.stream()
        .collect(
            Collectors.groupingBy(
                r -> r.subnet().spec().podNetwork(), TreeMap::new, Collectors.toList()))
        .forEach(
            (network, released) ->
                events.released(network, Optional.ofNullable(uids.get(network)), released));
    return new Outcome(new Written(failures, begun < releases.size()), done);
  }

  private List<NetworkFacts> networks() {
    return client.resources(PodNetwork.class).list().getItems().stream()
        .map(Facts::of)
        .filter(n -> n.spec() != null)
        .toList();
  }

  private record Result(boolean deleted, Optional<String> failure) {}

  private Result release(
      Release release, List<NetworkFacts> networks, Map<String, List<SubnetFacts>> byNode) {
    SubnetFacts subnet = release.subnet();
    // The version that was judged is one of this very object, whatever its name.
    boolean deleted = isConfirmed(release, networks, byNode) && subnets.delete(subnet);
    if (deleted) {
      LOG.info(
          "released {} of node {}: {}",
          subnet.spec().cidr(),
          subnet.spec().nodeName(),
          release.message());
      meters.released();
    }
    return new Result(deleted, Optional.empty());
  }

  private static Result failed(Release release, RuntimeException e) {
    return new Result(
        false, Optional.of("NodeSubnet " + release.subnet().name() + ": " + Duties.message(e)));
  }

  // All networks, the node with its blocks, and what the block gives way to, as the API server has
  // them now, are enough to judge one block; a GET of a Node that is gone is small.
  private boolean isConfirmed(
      Release release, List<NetworkFacts> networks, Map<String, List<SubnetFacts>> byNode) {
    if (release.agreed() && networks.stream().noneMatch(n -> agrees(n, release))) {
      return false;
    }
    String node = release.subnet().spec().nodeName();
    boolean toNode = release.reason() == ReleaseReason.PodCIDRReused;
    List<SubnetFacts> other =
        release.other().filter(name -> !toNode).stream().flatMap(this::live).toList();
    AllocationInput now =
        new AllocationInput(
            networks,
            Stream.of(
                    Stream.of(node),
                    release.other().filter(name -> toNode).stream(),
                    other.stream().map(s -> s.spec().nodeName()))
                .flatMap(Function.identity())
                .distinct()
                .flatMap(name -> Optional.ofNullable(client.nodes().withName(name).get()).stream())
                .map(Facts::of)
                .toList(),
            Stream.concat(
                    byNode.get(node).stream()
                        .filter(s -> release.other().filter(s.name()::equals).isEmpty()),
                    other.stream())
                .toList(),
            Map.of(),
            DaemonFacts.none(),
            AllocationHistory.none(),
            settings.releaseAfter(),
            settings.mirroredLabels(),
            clock.instant());
    return AllocationPlanner.plan(now).releases().stream()
        .anyMatch(r -> r.subnet().equals(release.subnet()) && r.reason() == release.reason());
  }

  private static boolean agrees(NetworkFacts network, Release release) {
    return network.releaseAgreed() && network.name().equals(release.subnet().spec().podNetwork());
  }

  // A list, since the operator needs no right to get single ones.
  private Stream<SubnetFacts> live(String name) {
    return client
        .resources(NodeSubnet.class)
        .withField("metadata.name", name)
        .list()
        .getItems()
        .stream()
        .map(Facts::of);
  }
}
