package dev.tweed.operator.cluster;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.allocation.SubnetFacts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * One watch and one cache of each kind for the whole operator. Tells when something changed that
 * matters; the heartbeats of Nodes do not.
 */
public final class ClusterCaches implements AutoCloseable {
  // A list of 5,000 Nodes in one piece is 88 MB.
  private static final long PAGE = 500L;
  // A NodeReport about 200 policies is 15 kB, and one about as many failures 100 kB.
  private static final long REPORTS_PAGE = 100L;

  private final KubernetesClient client;
  private final Runnable onChange;
  private final Runnable onPolicyChange;
  private final ConcurrentMap<String, SubnetFacts> unseen = new ConcurrentHashMap<>();
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private SharedIndexInformer<PodNetwork> networks;
  private SharedIndexInformer<Node> nodes;
  private SharedIndexInformer<NodeSubnet> subnets;
  private final SubnetStore subnetStore = new SubnetStore();
  private final ReportStore reports;
  private SharedIndexInformer<FirewallPolicy> policies;
  private Optional<SharedIndexInformer<ServiceCIDR>> serviceCIDRs = Optional.empty();

  /**
   * @param onChange called from informer threads; must return at once
   * @param onPolicyChange the same for what matters to FirewallPolicies alone
   */
  public ClusterCaches(KubernetesClient client, Runnable onChange, Runnable onPolicyChange) {
    this.client = client;
    this.onChange = onChange;
    this.onPolicyChange = onPolicyChange;
    this.reports = new ReportStore(onPolicyChange);
  }

  /** Lists and watches; returns when every cache is filled. */
  public void start() {
    networks =
        watched(
            informer(PodNetwork.class, PAGE, new PrunedStore<>(n -> n)),
            ClusterCaches::specOrMetadata,
            onChange);
    nodes = nodeInformer();
    subnets = watched(informer(NodeSubnet.class, PAGE, subnetStore), (old, now) -> true, onChange);
    // Whether a report is there matters to the Node's chores; what it says, the store tells.
    watched(informer(NodeReport.class, REPORTS_PAGE, reports), (old, now) -> false, onChange);
    policies =
        watched(
            informer(FirewallPolicy.class, PAGE, new PrunedStore<>(p -> p)),
            ClusterCaches::specOrMetadata,
            onPolicyChange);
    // Since Kubernetes 1.33. Before, nothing in the API says which range Services have.
    if (client.supports(ServiceCIDR.class)) {
      serviceCIDRs =
          Optional.of(
              watched(
                  informer(ServiceCIDR.class, PAGE, new PrunedStore<>(s -> s)),
                  ClusterCaches::specOrMetadata,
                  onChange));
    }
    informers.parallelStream().forEach(SharedIndexInformer::run);
  }

  /** Whether every watch is filled and alive. */
  public boolean healthy() {
    return informers.stream().allMatch(i -> i.hasSynced() && i.isRunning());
  }

  private <T extends HasMetadata> SharedIndexInformer<T> informer(
      Class<T> kind, long page, ItemStore<T> store) {
    return client.resources(kind).withLimit(page).runnableInformer(0).itemStore(store);
  }

  private SharedIndexInformer<Node> nodeInformer() {
    SharedIndexInformer<Node> informer =
        client
            .nodes()
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(new PrunedStore<>(NodePruner::prune));
    return watched(
        informer,
        (old, now) ->
            !Facts.of(old).equals(Facts.of(NodePruner.prune(now)))
                || !NodeNetwork.of(old).equals(NodeNetwork.of(now)),
        onChange);
  }

  private <T extends HasMetadata> SharedIndexInformer<T> watched(
      SharedIndexInformer<T> informer, BiPredicate<T, T> matters, Runnable changed) {
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(T object) {
            changed.run();
          }

          @Override
          public void onUpdate(T old, T now) {
            if (matters.test(old, now)) {
              changed.run();
            }
          }

          @Override
          public void onDelete(T object, boolean unknownState) {
            changed.run();
          }
        });
    informers.add(informer);
    return informer;
  }

  // Status is written by this operator itself.
  private static boolean specOrMetadata(HasMetadata old, HasMetadata now) {
    return !Objects.equals(old.getMetadata().getGeneration(), now.getMetadata().getGeneration())
        || !Objects.equals(
            old.getMetadata().getDeletionTimestamp(), now.getMetadata().getDeletionTimestamp());
  }

  /** Notes NodeSubnets that exist although the watch may not have delivered them yet. */
  public void remember(List<SubnetFacts> created) {
    created.forEach(subnet -> unseen.put(subnet.name(), subnet));
  }

  /** What is known now. */
  public ClusterView view() {
    // Asked before the store, which is at least as new. What is older and not there was deleted.
    String synced = subnets.lastSyncResourceVersion();
    unseen.values().removeIf(s -> !isNewer(s.version(), synced));
    Map<String, SubnetFacts> known = new HashMap<>();
    subnets.getStore().list().stream()
        .filter(s -> s.getSpec() != null)
        .forEach(s -> known.put(s.getMetadata().getName(), Facts.of(s)));
    known.putAll(unseen);
    List<Node> present = List.copyOf(nodes.getStore().list());
    Set<String> names =
        present.stream().map(n -> n.getMetadata().getName()).collect(Collectors.toSet());
    return new ClusterView(
        networks.getStore().list().stream()
            .filter(n -> n.getSpec() != null)
            .map(Facts::of)
            .toList(),
        present.stream().map(Facts::of).toList(),
        present.stream()
            .filter(n -> NodeNetwork.of(n) == NodeNetwork.NOT_YET)
            .map(n -> n.getMetadata().getName())
            .collect(Collectors.toSet()),
        List.copyOf(known.values()),
        subnetStore.gone(names),
        reports.digests(),
        policies.getStore().list().stream()
            .filter(p -> p.getSpec() != null)
            .map(Facts::of)
            .toList(),
        Facts.serviceCIDRs(serviceCIDRs.map(s -> s.getStore().list()).orElse(List.of())));
  }

  // Versions of one kind are numbers that grow.
  private static boolean isNewer(String version, String than) {
    return than == null || new BigInteger(version).compareTo(new BigInteger(than)) > 0;
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
  }
}
