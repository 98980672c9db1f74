package dev.tweed.operator.cluster;

import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.SubnetFacts;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes NodeSubnets whose blocks are to be released, each only if that is still true. */
final class ReleaseWriter {
  private static final Logger LOG = LoggerFactory.getLogger(ReleaseWriter.class);

  private final KubernetesClient client;
  private final SubnetWriter subnets;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final OperatorSettings settings;
  private final Clock clock;

  ReleaseWriter(
      KubernetesClient client,
      SubnetWriter subnets,
      OperatorEvents events,
      OperatorMeters meters,
      OperatorSettings settings,
      Clock clock) {
    this.client = client;
    this.subnets = subnets;
    this.events = events;
    this.meters = meters;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * @param basis the NodeSubnets that the releases were planned from
   * @return what went wrong; the rest was done nevertheless
   */
  List<String> release(List<Release> releases, List<SubnetFacts> basis) {
    List<String> failures = new ArrayList<>();
    for (Release release : releases) {
      release(release, basis, failures);
    }
    return failures;
  }

  private void release(Release release, List<SubnetFacts> basis, List<String> failures) {
    SubnetFacts subnet = release.subnet();
    try {
      if (stillTrue(release, basis) && subnets.delete(subnet)) {
        LOG.info(
            "released {} of node {}: {}",
            subnet.spec().cidr(),
            subnet.spec().nodeName(),
            release.message());
        events.released(release);
        meters.released();
      }
    } catch (KubernetesClientException e) {
      failures.add("NodeSubnet " + release.subnet().name() + ": " + ApiFailure.message(e));
    }
  }

  // The watches may be behind, and a Node may have come back while other blocks were released; a
  // wrong deletion would take pods' addresses away.
  private boolean stillTrue(Release release, List<SubnetFacts> basis) {
    return switch (release.reason()) {
      case NodeGone ->
          AllocationPlanner.plan(live(release.subnet().spec().nodeName(), basis))
              .releases()
              .stream()
              .anyMatch(r -> r.subnet().equals(release.subnet()));
      case PodNetworkGone ->
          client.resources(PodNetwork.class).withName(release.subnet().spec().podNetwork()).get()
              == null;
      case Overlap, SecondBlock, OutsidePools, PodCIDRChanged -> true;
    };
  }

  // One node with its blocks, and all networks, as the API server has them now: enough to tell
  // whether the node is there and which network it belongs to.
  private AllocationInput live(String node, List<SubnetFacts> basis) {
    ClusterView view =
        new ClusterView(
            client.resources(PodNetwork.class).list().getItems().stream().map(Facts::of).toList(),
            Optional.ofNullable(client.nodes().withName(node).get()).stream()
                .map(Facts::of)
                .toList(),
            Set.of(),
            basis.stream().filter(s -> s.spec().nodeName().equals(node)).toList(),
            List.of(),
            Map.of(),
            List.of(),
            Map.of());
    return Facts.input(view, view.subnets(), Map.of(), settings, clock.instant());
  }
}
